import type { z } from "zod";
import { linkSchema } from "../contract/link.ts";
import { type Stage, STAGES, type StageState } from "../domain/stage.ts";
import type { Language } from "./terminals/words.ts";
import { localTime, printable } from "./text.ts";

export type LinkMessage = z.output<typeof linkSchema>;
type StageMessage = LinkMessage["stages"][number];

interface LineWords {
  readonly head: string;
  readonly channel: string;
  readonly interference: string;
  readonly noInterference: string;
  readonly certainty: string;
  readonly since: string;
  readonly payments: string;
  /** What people call each stage. */
  readonly stages: Readonly<Record<Stage, string>>;
  readonly marks: Readonly<Record<StageState, string>>;
}

const WORDS: Readonly<Record<Language, LineWords>> = {
  en: {
    head: "THE LINE",
    channel: "CHANNEL ",
    interference: "interference",
    noInterference: "no interference",
    certainty: "certainty",
    since: "since",
    payments: "PAYMENTS  that went wrong while something else was wrong",
    stages: {
      box: "this box",
      interface: "network cable",
      terminals: "terminals",
      router: "router",
      provider: "internet",
      dns: "names",
      portal: "portal",
      hqTcp: "headquarters",
      hqTls: "its certificate",
      hqMqtt: "its broker",
      acquirer: "acquirer",
    },
    marks: { up: "ok", idle: "idle", degraded: "WEAK", down: "DOWN", unknown: "?" },
  },
  "zh-CN": {
    head: "线路    ",
    channel: "信道    ",
    interference: "干扰",
    noInterference: "非干扰",
    certainty: "把握",
    since: "开始于",
    payments: "付款      以下付款在其他故障期间出错",
    stages: {
      box: "本机",
      interface: "网线",
      terminals: "终端",
      router: "路由器",
      provider: "互联网",
      dns: "域名",
      portal: "登录页面",
      hqTcp: "总部",
      hqTls: "总部证书",
      hqMqtt: "总部消息服务",
      acquirer: "收单机构",
    },
    marks: { up: "正常", idle: "空闲", degraded: "较差", down: "中断", unknown: "未知" },
  },
};
/** Impacts; the API has all of the last day. */
const SHOWN = 5;
/** Of several, e.g. two acquirers, the one that is worst off stands for all. */
const WORST_FIRST: readonly StageState[] = ["down", "degraded", "unknown", "up", "idle"];

/** The way of a payment in one line; where it is broken, since when, why and what to do; then what disturbs its channels. */
export function linkLines(message: LinkMessage, lang: Language): readonly string[] {
  return [
    ...wayLines(message, lang),
    ...message.channels.flatMap((channel) => channelLines(channel, lang)),
    ...impactLines(message.impacts, lang),
  ];
}

/** What disturbs a channel, or what to measure next. */
function channelLines({ channel, verdict }: LinkMessage["channels"][number], lang: Language): readonly string[] {
  if (verdict === undefined) return [];
  const words = WORDS[lang];
  const { cause, isInterference, confidence, since, advice, next = advice } = verdict;
  const kind = isInterference ? words.interference : words.noInterference;
  const certainty = next === advice ? `${kind}, ${words.certainty} ${Math.round(confidence * 100)} %, ` : "";
  return [
    "",
    printable(`${words.channel}  ${channel}: ${cause} (${certainty}${words.since} ${localTime(since)})`),
    printable(`          -> ${lang === "en" ? next.en : next.zh}`),
  ];
}

/** What line and channels cost the shop; the newest few. */
function impactLines(impacts: LinkMessage["impacts"], lang: Language): readonly string[] {
  if (impacts.length === 0) return [];
  const texts = impacts.slice(0, SHOWN).map(({ text }) => (lang === "en" ? text.en : text.zh));
  return ["", WORDS[lang].payments, ...texts.map((text) => printable(`          ${text}`))];
}

function wayLines({ verdict, stages }: LinkMessage, lang: Language): readonly string[] {
  if (stages.length === 0) return [];
  const words = WORDS[lang];
  const path = STAGES.flatMap((name) => {
    const worst = worstOf(stages.filter(({ stage }) => stage === name));
    return worst === undefined ? [] : [`${words.stages[name]} ${words.marks[worst.state]}${roundTrip(worst)}`];
  });
  const lines = ["", `${words.head}  ${path.join(" > ")}`];
  if (verdict.fault === undefined) return lines;
  const { subject, since, reason, advice, fault } = verdict;
  const where = subject === undefined ? "" : `${subject}: `;
  const [why, what] = lang === "en" ? [reason.en, advice.en] : [reason.zh, advice.zh];
  return [
    ...lines,
    printable(`          ${where}${why} (${fault}, ${words.since} ${localTime(since)})`),
    printable(`          -> ${what}`),
  ];
}

/** `undefined` when what came is not a tillgate of this version. */
export function readLink(body: unknown): LinkMessage | undefined {
  const parsed = linkSchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

function worstOf(same: readonly StageMessage[]): StageMessage | undefined {
  return WORST_FIRST.flatMap((state) => same.filter((one) => one.state === state))[0];
}

function roundTrip({ state, p50Ms }: StageMessage): string {
  return p50Ms === undefined || state === "down" ? "" : ` ${Math.round(p50Ms)} ms`;
}
