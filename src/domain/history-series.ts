import type { Words } from "./words.ts";

export interface SeriesWords {
  /** `1` for a share, `count`, `ms`, `bytes`, `°C`, `dBm`, …; empty where it is not known. */
  readonly unit: string;
  readonly label: Words;
}

/** A figure by the last word of its series: unit and name. */
const FIGURES: Readonly<Record<string, readonly [unit: string, en: string, zh: string]>> = {
  rttMs: ["ms", "round trip", "往返时间"],
  loss: ["1", "share lost", "丢失率"],
  payments: ["count", "payments in a minute", "每分钟交易数"],
  failedShare: ["1", "share of payments that failed", "交易失败率"],
  commitP50Ms: ["ms", "commit, median", "写入耗时（中位数）"],
  commitP99Ms: ["ms", "commit, 99th percentile", "写入耗时（99 分位）"],
  unconfirmed: ["count", "records that headquarters has not confirmed", "总部尚未确认的记录"],
  held: ["count", "records held in memory", "暂存在内存中的记录"],
  bytes: ["bytes", "size of the store", "存储占用"],
  freeBytes: ["bytes", "free space", "剩余空间"],
  writtenBytesPerDay: ["bytes", "written in a day", "每日写入量"],
  supply: ["1", "share of time with under-voltage", "欠压时间占比"],
  temperature: ["°C", "temperature", "温度"],
  memory: ["1", "memory free", "可用内存占比"],
  load: ["1", "load of each core", "每核负载"],
  responsiveness: ["ms", "lateness of the event loop", "事件循环延迟"],
  fileSystem: ["count", "errors of the file system", "文件系统错误数"],
  cardWear: ["1", "life of the storage used", "存储寿命已用"],
  damagedPerMillion: ["perMillion", "damaged frames", "损坏帧"],
  speedMbps: ["Mbit/s", "speed", "速率"],
  frameErrorRate: ["1", "spoilt frames", "出错帧占比"],
  garbageShare: ["1", "share of garbage", "乱码占比"],
  snrDb: ["dB", "signal to noise", "信噪比"],
  rsrpDbm: ["dBm", "received power", "接收功率"],
  rsrqDb: ["dB", "received quality", "接收质量"],
  noiseDbm: ["dBm", "noise", "噪声"],
  signalDbm: ["dBm", "signal", "信号强度"],
  retryRatio: ["1", "share of retries", "重传率"],
};

const PARTS: Readonly<Record<string, readonly [en: string, zh: string]>> = {
  link: ["line", "线路"],
  terminal: ["terminal", "终端"],
  store: ["store", "存储"],
  machine: ["machine", "机器"],
  interference: ["interference", "干扰"],
};

/** What people are told of a series, made from its name: `part.place.figure`. A part that is not known keeps its own word. */
export function seriesWords(series: string): SeriesWords {
  const [part = "", ...rest] = series.split(".");
  const figure = rest.at(-1) ?? "";
  const place = rest.slice(0, -1).join(".");
  const [unit, en, zh] = FIGURES[figure] ?? ["", figure, figure];
  const [partEn, partZh] = PARTS[part] ?? [part, part];
  const at = place === "" ? "" : ` ${place}`;
  return { unit, label: { en: `${partEn}${at}: ${en}`, zh: `${partZh}${at}：${zh}` } };
}
