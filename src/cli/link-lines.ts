import type { z } from "zod";
import { linkSchema } from "../contract/link.ts";
import { STAGES, type StageState } from "../domain/stage.ts";
import { localTime, printable } from "./text.ts";

type Message = z.output<typeof linkSchema>;
type StageMessage = Message["stages"][number];

/** What people call each stage. */
const NAMES = {
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
} as const satisfies Readonly<Record<(typeof STAGES)[number], string>>;

const MARKS = { up: "ok", idle: "idle", degraded: "WEAK", down: "DOWN", unknown: "?" } as const satisfies Readonly<
  Record<StageState, string>
>;
/** Of several, e.g. two acquirers, the one that is worst off stands for all. */
const WORST_FIRST: readonly StageState[] = ["down", "degraded", "unknown", "up", "idle"];

/** The way of a payment in one line, and where it is broken with what to do, in both languages. */
export function linkLines(message: Message): readonly string[] {
  return [...wayLines(message), ...message.channels.flatMap(channelLines)];
}

/** What disturbs a channel, or what to measure next, in both languages. */
function channelLines({ channel, verdict }: Message["channels"][number]): readonly string[] {
  if (verdict === undefined) return [];
  const { cause, isInterference, confidence, since, advice, next = advice } = verdict;
  const kind = isInterference ? "interference" : "no interference";
  const certainty = next === advice ? `${kind}, certainty ${Math.round(confidence * 100)} %, ` : "";
  return [
    "",
    printable(`CHANNEL   ${channel}: ${cause} (${certainty}since ${localTime(since)})`),
    printable(`          -> ${next.en}`),
    printable(`          -> ${next.zh}`),
  ];
}

function wayLines({ verdict, stages }: Message): readonly string[] {
  if (stages.length === 0) return [];
  const path = STAGES.flatMap((name) => {
    const worst = worstOf(stages.filter(({ stage }) => stage === name));
    return worst === undefined ? [] : [`${NAMES[name]} ${MARKS[worst.state]}${roundTrip(worst)}`];
  });
  const lines = ["", `THE LINE  ${path.join(" > ")}`];
  if (verdict.fault === undefined) return lines;
  const { subject, since, reason, advice } = verdict;
  const where = subject === undefined ? "" : `${subject}: `;
  return [
    ...lines,
    printable(`          ${where}${reason.en} (${verdict.fault}, since ${localTime(since)})`),
    printable(`          -> ${advice.en}`),
    printable(`          ${where}${reason.zh}`),
    printable(`          -> ${advice.zh}`),
  ];
}

/** `undefined` when what came is not a tillgate of this version. */
export function readLink(body: unknown): Message | undefined {
  const parsed = linkSchema.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}

function worstOf(same: readonly StageMessage[]): StageMessage | undefined {
  return WORST_FIRST.flatMap((state) => same.filter((one) => one.state === state))[0];
}

function roundTrip({ state, p50Ms }: StageMessage): string {
  return p50Ms === undefined || state === "down" ? "" : ` ${Math.round(p50Ms)} ms`;
}
