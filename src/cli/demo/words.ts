import type { StageFault } from "../../domain/stage.ts";
import type { TerminalState } from "../../domain/terminal.ts";
import type { Outcome, Resolution } from "../../domain/transaction.ts";
import { faultText } from "../../health/link/fault-texts.ts";
import { TEXTS } from "../terminals/words.ts";
import type { ActName } from "./acts.ts";
import type { Driven } from "./driven.ts";
import type { TillTally } from "./tally.ts";

export type Language = "en" | "zh-CN";

/** Everything that the demo says. Functions where figures stand inside a sentence. */
export interface Words {
  readonly acts: Readonly<Record<ActName, string>>;
  /** How a transaction ended, and what ended its doubt where it was in doubt. */
  readonly ended: (outcome: Outcome, doubtEndedBy?: Resolution["by"]) => string;
  /** Where the way out of the shop is broken; without a fault it is well again. */
  readonly line: (fault: StageFault | undefined, subject: string | undefined) => string;
  readonly states: Readonly<Record<TerminalState, string>>;
  readonly driven: (terminals: readonly Pick<Driven, "id" | "place">[]) => readonly string[];
  readonly noSerial: string;
  readonly tills: (figures: TillTally) => string;
  readonly charges: (terminals: readonly { readonly id: string; readonly charges: number }[]) => string;
  readonly up: (lines: { http: string; relay: number; broker: string; store: string }) => readonly string[];
  readonly actEnded: (figures: {
    approved: number;
    declined: number;
    refused: number;
    refusedMs: string;
    unanswered: number;
  }) => string;
  readonly progress: (figures: { seconds: number; made: number; held: number; unconfirmed: number }) => string;
  readonly settling: string;
  readonly doubts: (total: number) => string;
  readonly stillOpen: string;
  readonly summary: (figures: {
    made: number;
    held: number;
    lost: number;
    duplicated: number;
    wrong: number;
  }) => string;
  readonly redelivered: (count: number) => string;
  readonly behind: (missing: number) => string;
  readonly tooFew: (made: number, wanted: number) => string;
  readonly good: string;
  readonly bad: string;
  readonly ctrlC: string;
}

const OUTCOMES_EN: Readonly<Record<Outcome, string>> = {
  approved: "approved",
  approvedPartly: "approved in part",
  declined: "declined",
  failed: "failed, nothing was sent or nobody judged it",
  refused: "refused",
  inDoubt: "still in doubt",
  reversing: "reversal not acknowledged yet",
  reversed: "reversed: the customer was not charged",
  reversalAbandoned: "the terminal gave its reversal up: call the acquirer",
};

const PLACES_EN: Readonly<Record<Driven["place"], string>> = {
  zvtTcp: "ZVT on TCP",
  zvtPty: "ZVT on a serial line (a pseudo-terminal)",
  ecrTcp: "ECR17 on TCP, in euros only",
};

const EN: Words = {
  acts: {
    calm: "All lines are up",
    hqDown: "Act 1: headquarters' line is down",
    acquirerDown: "Act 2: the acquirer's line is down",
    shopDown: "Act 3: the shop's one line is down",
    cablesOut: "Act 4: the driven terminals lose their links, each in the middle of a sale",
    recovery: "The line is back",
  },
  ended: (outcome, doubtEndedBy) => {
    if (doubtEndedBy === undefined) return OUTCOMES_EN[outcome];
    const how = doubtEndedBy === "evidence" ? "the terminal remembers" : "a person has looked it up";
    return `${OUTCOMES_EN[outcome]} (it was in doubt; ${how})`;
  },
  line: (fault, subject) => {
    if (fault === undefined) return "the line: all is well again";
    const { reason, advice } = faultText(fault);
    return `the line: ${subject === undefined ? "" : `${subject}: `}${reason.en} ${advice.en}`;
  },
  states: TEXTS.en.states,
  driven: (terminals) => [
    "Terminals that tillgate drives, each with a till that pays by POST /api/v1/payments:",
    ...terminals.map(({ id, place }) => `  ${id}: ${PLACES_EN[place]}`),
  ],
  noSerial: "  socat is not installed: no terminal on a serial line.",
  tills: ({ approved, declined, failed, inDoubt, refused, secondRefused, repeated, polled, calledBack }) =>
    `   at the tills: sold ${approved}, declined ${declined}, broken off ${failed} (called back ${calledBack}), ` +
    `not begun ${refused}, in doubt ${inDoubt}; second charges refused ${secondRefused}, ` +
    `asked again with the same key ${repeated}, looked at while it ran ${polled}`,
  charges: (terminals) =>
    `Charges in the driven terminals' own books: ${terminals.map(({ id, charges }) => `${id} ${charges}`).join(", ")}.`,
  up: ({ http, relay, broker, store }) => [
    `tillgate is up. Health: http://${http}/health   Terminals connect to port ${relay}.`,
    `Broker: ${broker}. Ledger: ${store}`,
    `While this runs:  npm run tillgate -- status --url http://${http}`,
    `                  npm run tillgate -- journal list --store ${store}`,
  ],
  actEnded: ({ approved, declined, refused, refusedMs, unanswered }) =>
    `   sold ${approved}, declined ${declined}, refused ${refused}${refusedMs}, in doubt ${unanswered}`,
  progress: ({ seconds, made, held, unconfirmed }) =>
    `   [${seconds} s] the books of acquirer and terminals: ${made}, headquarters holds ${held} records, ${unconfirmed} not confirmed`,
  settling: "The play is over. Terminals send what they owe and settle; headquarters gets the rest.",
  doubts: (total) => `In doubt at some time: ${total}. How they ended:`,
  stillOpen: "open",
  summary: ({ made, held, lost, duplicated, wrong }) =>
    `Transactions ${made}, records at headquarters ${held}. Lost ${lost}, duplicated ${duplicated}, wrong ${wrong}.`,
  redelivered: (count) => `Delivered more than once and counted once: ${count} records.`,
  behind: (missing) => `Headquarters had not confirmed ${missing} records when the patience ended.`,
  tooFew: (made, wanted) => `Only ${made} transactions were made, ${wanted} are needed for the proof.`,
  good: "Headquarters' store equals the books of the acquirer and of the terminals.",
  bad: "Headquarters' store does NOT equal the books of the acquirer and of the terminals:",
  ctrlC: "Ctrl-C ends it.",
};

const OUTCOMES_ZH: Readonly<Record<Outcome, string>> = {
  approved: "已批准",
  approvedPartly: "部分批准",
  declined: "被拒绝",
  failed: "失败，未发出或无人判定",
  refused: "未受理",
  inDoubt: "仍未确定",
  reversing: "冲正尚未得到确认",
  reversed: "已冲正：持卡人未被扣款",
  reversalAbandoned: "终端已放弃冲正：请致电收单机构",
};

const PLACES_ZH: Readonly<Record<Driven["place"], string>> = {
  zvtTcp: "ZVT，TCP 连接",
  zvtPty: "ZVT，串口（伪终端）",
  ecrTcp: "ECR17，TCP 连接，只收欧元",
};

const ZH: Words = {
  acts: {
    calm: "所有线路正常",
    hqDown: "第一幕：总部线路中断",
    acquirerDown: "第二幕：收单机构线路中断",
    shopDown: "第三幕：门店唯一的线路中断",
    cablesOut: "第四幕：受驱动的终端各在一笔交易中途断线",
    recovery: "线路已恢复",
  },
  ended: (outcome, doubtEndedBy) => {
    if (doubtEndedBy === undefined) return OUTCOMES_ZH[outcome];
    return `${OUTCOMES_ZH[outcome]}（曾未确定；${doubtEndedBy === "evidence" ? "终端记忆为证" : "人工核实"}）`;
  },
  line: (fault, subject) => {
    if (fault === undefined) return "线路：已恢复正常";
    const { reason, advice } = faultText(fault);
    return `线路：${subject === undefined ? "" : `${subject}：`}${reason.zh}${advice.zh}`;
  },
  states: TEXTS["zh-CN"].states,
  driven: (terminals) => [
    "由 tillgate 驱动的终端，各有一台收银机通过 POST /api/v1/payments 收款：",
    ...terminals.map(({ id, place }) => `  ${id}：${PLACES_ZH[place]}`),
  ],
  noSerial: "  未安装 socat：没有串口终端。",
  tills: ({ approved, declined, failed, inDoubt, refused, secondRefused, repeated, polled, calledBack }) =>
    `   收银机：成交 ${approved}，被拒绝 ${declined}，中止 ${failed}（其中撤回 ${calledBack}），未开始 ${refused}，` +
    `未确定 ${inDoubt}；拦下重复扣款 ${secondRefused}，同一键重发 ${repeated}，进行中查询 ${polled}`,
  charges: (terminals) =>
    `受驱动终端自身账面的扣款：${terminals.map(({ id, charges }) => `${id} ${charges} 笔`).join("，")}。`,
  up: ({ http, relay, broker, store }) => [
    `tillgate 已启动。健康状况：http://${http}/health   终端连接端口 ${relay}。`,
    `消息代理：${broker}。账本：${store}`,
    `运行期间可以执行：npm run tillgate -- status --url http://${http}`,
    `                  npm run tillgate -- journal list --store ${store}`,
  ],
  actEnded: ({ approved, declined, refused, refusedMs, unanswered }) =>
    `   成交 ${approved}，被拒绝 ${declined}，未受理 ${refused}${refusedMs}，未确定 ${unanswered}`,
  progress: ({ seconds, made, held, unconfirmed }) =>
    `   [${seconds} 秒] 收单机构与终端账面 ${made} 笔，总部存有 ${held} 条记录，${unconfirmed} 条未确认`,
  settling: "演示结束。终端补发欠报文并结算，其余记录送达总部。",
  doubts: (total) => `曾经未确定：${total} 笔。结果如下：`,
  stillOpen: "未结",
  summary: ({ made, held, lost, duplicated, wrong }) =>
    `交易 ${made} 笔，总部存有 ${held} 条记录。丢失 ${lost}，重复 ${duplicated}，不符 ${wrong}。`,
  redelivered: (count) => `多次送达但只计一次：${count} 条记录。`,
  behind: (missing) => `等待结束时总部尚有 ${missing} 条记录未确认。`,
  tooFew: (made, wanted) => `只完成了 ${made} 笔交易，验证需要 ${wanted} 笔。`,
  good: "总部存储与收单机构及终端账面一致。",
  bad: "总部存储与收单机构及终端账面不一致：",
  ctrlC: "按 Ctrl-C 结束。",
};

export const WORDS: Readonly<Record<Language, Words>> = { en: EN, "zh-CN": ZH };
