import type { TerminalState } from "../../domain/terminal.ts";

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

interface Texts {
  readonly heads: readonly string[];
  readonly states: Readonly<Record<TerminalState, string>>;
  /** Of a terminal that talks to its acquirer by itself. */
  readonly relayed: string;
  readonly noTerminals: string;
  readonly unreachable: (url: string, reason: string) => string;
  readonly unreachableRemedy: string;
  readonly noToken: (path: string, reason: string) => string;
  readonly noTokenRemedy: string;
  readonly notTillgate: string;
  readonly stillRunning: string;
  readonly forgotten: string;
  readonly outcomes: Readonly<Record<string, string>>;
  readonly ledgerAgrees: string;
  readonly ledgerDisagrees: string;
  readonly answerHint: string;
  readonly results: Readonly<Record<"passed" | "failed" | "open", string>>;
}

export const TEXTS: Readonly<Record<Language, Texts>> = {
  en: {
    heads: ["TERMINAL", "STATE", "SINCE", "FAMILY", "GROUP", "LAST HOUR", "SALES", "WHY"],
    states: {
      connecting: "connecting",
      ready: "ready",
      busy: "busy",
      degraded: "degraded",
      idle: "idle",
      unknown: "unknown",
      offline: "offline",
      paused: "paused",
      disabled: "disabled",
    },
    relayed: "relayed",
    noTerminals: "No terminal is known.",
    unreachable: (url, reason) => `No gateway answers at ${url}: ${reason}`,
    unreachableRemedy: "Is it running (systemctl status tillgate)? Is http.listen in its config another address?",
    noToken: (path, reason) => `${path} cannot be read: ${reason}`,
    noTokenRemedy: "Act as the gateway's own user, or with sudo, while it runs.",
    notTillgate: "What answers there is not a tillgate of this version.",
    forgotten:
      "The gateway was started again meanwhile and no longer knows what came of it: see `tillgate journal list`, and look at the terminal.",
    stillRunning: "It takes long; it is still running.",
    outcomes: {
      paused: "Paused.",
      resumed: "Resumed.",
      replaced: "Replaced: orders for the old terminal go to the new one.",
      settled: "Its batch is closed.",
      refused: "The terminal refused.",
      failed: "Failed.",
      passed: "Passed.",
      incomplete: "Not complete: a person has to look at the open points.",
      unknown: "Nobody knows whether the terminal closed its batch: look at its last slip, or ask the acquirer.",
    },
    ledgerAgrees: "The terminal's totals are those of the ledger.",
    ledgerDisagrees: "The terminal's totals are NOT those of the ledger: see exposure, unbalanced.",
    answerHint: "Look at each open point and run it again with --answer POINT=yes or --answer POINT=no for every one.",
    results: { passed: "passed", failed: "FAILED", open: "open" },
  },
  "zh-CN": {
    heads: ["终端", "状态", "开始时间", "类型", "分组", "近一小时", "交易数", "原因"],
    states: {
      connecting: "连接中",
      ready: "就绪",
      busy: "使用中",
      degraded: "异常",
      idle: "空闲",
      unknown: "未知",
      offline: "离线",
      paused: "已暂停",
      disabled: "已禁用",
    },
    relayed: "透传",
    noTerminals: "没有已知的终端。",
    unreachable: (url, reason) => `${url} 没有网关应答：${reason}`,
    unreachableRemedy: "网关是否在运行（systemctl status tillgate）？配置中的 http.listen 是否为其他地址？",
    noToken: (path, reason) => `无法读取 ${path}：${reason}`,
    noTokenRemedy: "请在网关运行时，以网关自己的用户或 sudo 执行。",
    notTillgate: "应答方不是此版本的 tillgate。",
    forgotten: "网关在此期间重新启动，已不知道结果：请查看 `tillgate journal list` 并检查终端。",
    stillRunning: "耗时较长，仍在执行。",
    outcomes: {
      paused: "已暂停。",
      resumed: "已恢复。",
      replaced: "已更换：发往旧终端的订单将由新终端处理。",
      settled: "批次已结算。",
      refused: "终端拒绝。",
      failed: "失败。",
      passed: "通过。",
      incomplete: "未完成：需要人工检查未决项目。",
      unknown: "无法确定终端是否已结算：请查看最后一张单据或询问收单机构。",
    },
    ledgerAgrees: "终端合计与台账一致。",
    ledgerDisagrees: "终端合计与台账不一致：请查看风险敞口中的不平批次。",
    answerHint: "请逐项检查未决项目，并为每一项加上 --answer 项目=yes 或 --answer 项目=no 重新执行。",
    results: { passed: "通过", failed: "未通过", open: "待检查" },
  },
};
