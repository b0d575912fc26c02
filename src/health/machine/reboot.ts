import type { RebootCause, Rebooted } from "../../domain/power.ts";
import type { Words } from "../../domain/words.ts";

/** What the last run of the daemon left behind. */
export interface LastRun {
  readonly bootId: string;
  /** It was asked to stop, and did. */
  readonly ended: boolean;
}

/** What the machine tells of how it came up. */
export interface BootSigns {
  /** WDIOF flags of the hardware watchdog; absent where there is none. */
  readonly watchdogStatus?: number;
  /** Files in which a dying kernel left its last words. */
  readonly lastWords: number;
}

/** The watchdog has reset the machine (linux/watchdog.h: WDIOF_CARDRESET). */
const WATCHDOG_RESET = 0x20;

/** Why the machine was started anew since the last run; `undefined` when it was not, or when this is the first run. */
export function rebootOf(last: LastRun | undefined, bootId: string, signs: BootSigns): Rebooted | undefined {
  if (last === undefined || last.bootId === bootId) return undefined;
  const { watchdogStatus = 0, lastWords } = signs;
  if ((watchdogStatus & WATCHDOG_RESET) !== 0) {
    return { event: "rebooted", cause: "watchdog", evidence: ["the hardware watchdog says that it reset the machine"] };
  }
  if (lastWords > 0) {
    return {
      event: "rebooted",
      cause: "kernel",
      evidence: [`a dying kernel left ${lastWords} files in /sys/fs/pstore`],
    };
  }
  return last.ended
    ? { event: "rebooted", cause: "restart", evidence: ["tillgate had been stopped in order"] }
    : {
        event: "rebooted",
        cause: "powerLost",
        evidence: ["tillgate had not been stopped, and no kernel left last words"],
      };
}

export const REBOOT_WORDS: Readonly<
  Record<Exclude<RebootCause, "restart">, { readonly reason: Words; readonly advice: Words }>
> = {
  powerLost: {
    reason: {
      en: "the machine started anew without having been shut down: its power was lost",
      zh: "本机未经关机就重新启动：曾断电",
    },
    advice: {
      en: "Ask who pulled the plug; look at the supply and its cable. Nothing that was recorded is lost.",
      zh: "询问是谁拔了电源；检查电源和电源线。已记录的数据不会丢失。",
    },
  },
  watchdog: {
    reason: { en: "the hardware watchdog reset the machine: it had hung", zh: "硬件看门狗重启了本机：系统曾停止响应" },
    advice: {
      en: "Look at heat, supply and card; if it comes again, replace the machine.",
      zh: "检查温度、供电和存储卡；再次出现时请更换设备。",
    },
  },
  kernel: {
    reason: { en: "the operating system crashed", zh: "操作系统崩溃" },
    advice: {
      en: "Keep the files in /sys/fs/pstore for support, update the system, check the card.",
      zh: "保留 /sys/fs/pstore 中的文件供支持人员查看，更新系统，检查存储卡。",
    },
  },
};
