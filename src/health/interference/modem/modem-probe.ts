import type { ChannelProbe, ChannelReport } from "../../../domain/interference.ts";
import type { Words } from "../../../domain/words.ts";
import type { RunTool, ToolAnswer } from "../../../runtime/run-tool.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import { known } from "../figures.ts";
import { networkPorts } from "../network-ports.ts";
import { toolTrouble } from "../tool-trouble.ts";
import { type ModemSignal, parseQuality, parseSignal } from "./mmcli-output.ts";
import { type ModemMemory, NEW_MODEM, seeModem } from "./modem-judge.ts";

export interface ModemProbeDeps {
  readonly files: SysFiles;
  readonly run: RunTool;
  readonly monotonicMs: () => number;
}

const EVERY_MS = 60_000;
const TOOL_TAKES_MS = 10_000;
const ASK_AGAIN_MS = 3_600_000;

/** The mobile modem of this machine, through ModemManager. One: a shop has no more. */
export function modemProbe({ files, run, monotonicMs }: ModemProbeDeps): ChannelProbe {
  let memory: ModemMemory = NEW_MODEM;
  let askedToMeasureAt = Number.NEGATIVE_INFINITY;
  const mmcli = async (signal: AbortSignal, ...args: readonly string[]): Promise<ToolAnswer> =>
    run("mmcli", ["-m", "any", ...args], { timeoutMs: TOOL_TAKES_MS, signal });
  /** A modem measures only when told to, and forgets that at its next start. */
  const letMeasure = async (signal: AbortSignal): Promise<void> => {
    if (monotonicMs() - askedToMeasureAt < ASK_AGAIN_MS) return;
    askedToMeasureAt = monotonicMs();
    await mmcli(signal, "--signal-setup=30");
  };
  return {
    kind: "cellular",
    everyMs: EVERY_MS,
    look: async (signal) => {
      const port = (await networkPorts(files)).find(({ kind }) => kind === "cellular");
      if (port === undefined) return [];
      const seen = { channel: `cellular:${port.name}`, kind: "cellular" } as const;
      const answer = await mmcli(signal, "-J", "--signal-get");
      if (!answer.ok) return [unread(seen, toolTrouble("mmcli", answer))];
      const found = parseSignal(answer.stdout);
      if (found === undefined) return [unread(seen, UNREADABLE)];
      if (found.refreshS === 0) await letMeasure(signal);
      const general = await mmcli(signal, "-J");
      const { memory: next, ...report } = seeModem(memory, figuresOf(found, general), monotonicMs());
      memory = next;
      return [{ ...seen, ...report, ...(found.rsrpDbm === undefined ? { unread: NOT_MEASURED } : {}) }];
    },
  };
}

function figuresOf({ rsrpDbm, rsrqDb, snrDb, rssiDbm }: ModemSignal, general: ToolAnswer): ReturnType<typeof known> {
  return known({
    rsrpDbm,
    rsrqDb,
    snrDb,
    rssiDbm,
    qualityPercent: general.ok ? parseQuality(general.stdout) : undefined,
  });
}

function unread(seen: Pick<ChannelReport, "channel" | "kind">, words: Words): ChannelReport {
  return { ...seen, figures: {}, risen: false, unread: words };
}

const UNREADABLE: Words = {
  en: "Not read: mmcli answers in a form that is not known here; ModemManager 1.12 or newer is needed.",
  zh: "未读取：mmcli 的输出格式无法识别；需要 ModemManager 1.12 或更新版本。",
};

const NOT_MEASURED: Words = {
  en: "The modem does not measure RSRP and SNR. Run `mmcli -m any --signal-setup=30` once, as root.",
  zh: "调制解调器未测量 RSRP 和 SNR。请以 root 运行一次 `mmcli -m any --signal-setup=30`。",
};
