import type { Words } from "../../domain/words.ts";
import type { MachineFigures } from "./machine-figures.ts";

/** From where on a figure is a trouble, and below where it is none any more: between the two it stays what it was. */
export interface MachineLimit {
  /** Of the node below `machine`. */
  readonly node: string;
  readonly figure: (figures: MachineFigures) => number | undefined;
  readonly unit: string;
  readonly on: number;
  readonly off: number;
  /** `low`: it is a trouble to have less than that. */
  readonly side: "high" | "low";
  readonly reason: Words;
  readonly advice: Words;
}

/**
 * Starting values; those that a technician may set stand in section `health` of the config. Some program waiting for the card
 * over 20 % of a minute is a card that stalls (link-health.md 4). A Raspberry Pi slows itself down from 80 °C on, and hard at 85 (link-health.md 4). An eMMC that has used
 * 80 % of its life has a year or two in a till, time enough to plan its end.
 */
export const MACHINE_LIMITS: readonly MachineLimit[] = [
  {
    node: "supply",
    figure: ({ underVoltage }) => (underVoltage === undefined ? undefined : Number(underVoltage)),
    unit: "1",
    on: 1,
    off: 0,
    side: "high",
    reason: { en: "the supply voltage is too low", zh: "供电电压过低" },
    advice: {
      en: "Use the power supply that belongs to this machine and a short cable; take other devices off its USB ports.",
      zh: "使用本机原装电源和短电源线；拔掉其 USB 口上的其他设备。",
    },
  },
  {
    node: "temperature",
    figure: ({ temperatureC }) => temperatureC,
    unit: "Cel",
    on: 75,
    off: 70,
    side: "high",
    reason: { en: "the processor is hot; soon it slows itself down", zh: "处理器过热，很快会降速" },
    advice: {
      en: "Give the box air: off the heater, out of the drawer, dust out of its openings.",
      zh: "改善通风：远离热源，不要放在抽屉里，清除通风口灰尘。",
    },
  },
  {
    node: "memory",
    figure: ({ memoryFree }) => memoryFree,
    unit: "1",
    on: 0.05,
    off: 0.1,
    side: "low",
    reason: { en: "memory runs out", zh: "内存即将用尽" },
    advice: {
      en: "Stop what else runs on this machine; restart it when no sale is under way.",
      zh: "停止本机上的其他程序；在没有交易进行时重启。",
    },
  },
  {
    node: "load",
    figure: ({ loadPerCore }) => loadPerCore,
    unit: "1",
    on: 8,
    off: 4,
    side: "high",
    reason: { en: "far more programs want the processor than it can serve", zh: "处理器负载远超其能力" },
    advice: {
      en: "Look with top what else runs on this machine, and stop it.",
      zh: "用 top 查看本机还在运行什么，并停止它。",
    },
  },
  {
    node: "responsiveness",
    figure: ({ lateMs }) => lateMs,
    unit: "ms",
    on: 1_000,
    off: 500,
    side: "high",
    reason: {
      en: "tillgate answers late: it does not get the processor in time",
      zh: "tillgate 响应迟缓：未能及时获得处理器",
    },
    advice: {
      en: "Look at load, memory and temperature; if these are well, report it with the log.",
      zh: "查看负载、内存和温度；若都正常，请连同日志上报。",
    },
  },
  {
    node: "cpuPressure",
    figure: ({ cpuPressure }) => cpuPressure,
    unit: "1",
    on: 0.8,
    off: 0.5,
    side: "high",
    reason: { en: "programs wait for the processor most of the time", zh: "程序大部分时间在等待处理器" },
    advice: {
      en: "Look with top what else runs on this machine, and stop it; look at temperature and supply, which slow it down.",
      zh: "用 top 查看本机还在运行什么并停止它；检查会导致降速的温度和供电。",
    },
  },
  {
    node: "ioPressure",
    figure: ({ ioPressure }) => ioPressure,
    unit: "1",
    on: 0.2,
    off: 0.1,
    side: "high",
    reason: { en: "programs wait for the card or disk: it is slow", zh: "程序在等待存储卡或磁盘：其速度慢" },
    advice: {
      en: "Look with iotop what writes so much and stop it; if it is nobody, make a backup and replace the card.",
      zh: "用 iotop 查看谁在大量写入并停止它；若没有，请备份并更换存储卡。",
    },
  },
  {
    node: "memoryPressure",
    figure: ({ memoryPressure }) => memoryPressure,
    unit: "1",
    on: 0.1,
    off: 0.05,
    side: "high",
    reason: { en: "programs wait for memory", zh: "程序在等待内存" },
    advice: {
      en: "Stop what else runs on this machine; restart it when no sale is under way.",
      zh: "停止本机上的其他程序；在没有交易进行时重启。",
    },
  },
  {
    node: "fileSystem",
    figure: ({ ext4Errors }) => ext4Errors,
    unit: "errors",
    on: 1,
    off: 0,
    side: "high",
    reason: {
      en: "the file system has counted errors: the card or disk is failing",
      zh: "文件系统记录到错误：存储卡或磁盘正在损坏",
    },
    advice: {
      en: "Make a backup now (tillgate backup), replace the card, restore. After a repair with fsck the count begins anew.",
      zh: "立即备份（tillgate backup），更换存储卡并恢复。用 fsck 修复后计数重新开始。",
    },
  },
  {
    node: "cardWear",
    figure: ({ cardUsed }) => cardUsed,
    unit: "1",
    on: 0.8,
    off: 0.7,
    side: "high",
    reason: { en: "most of the storage's life is used up", zh: "存储芯片寿命大部分已用完" },
    advice: { en: "Order a spare and plan the change.", zh: "请备好替换件并安排更换。" },
  },
  {
    node: "cardReserve",
    figure: ({ cardUsed, cardReserve }) =>
      cardReserve === undefined ? (cardUsed === undefined ? undefined : 0) : cardReserve === "low" ? 1 : 2,
    unit: "level",
    on: 1,
    off: 0,
    side: "high",
    reason: { en: "the storage's reserve blocks are nearly used up", zh: "存储芯片的备用块即将用尽" },
    advice: { en: "Replace it this week; make a backup first.", zh: "请在本周内更换；先做备份。" },
  },
];

/** Limits that the config sets, by node. */
export type LimitsSet = Readonly<Record<string, Pick<MachineLimit, "on" | "off">>>;

/** The table with what the config sets in it. */
export function machineLimits(set: LimitsSet): readonly MachineLimit[] {
  return MACHINE_LIMITS.map((limit) => ({ ...limit, ...set[limit.node] }));
}
