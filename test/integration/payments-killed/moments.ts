import type { TransactionEvent } from "../../../src/domain/transaction.ts";
import { ZVT_STEPS, type ZvtStep } from "../../../src/sim/zvt/conduct.ts";

/** A moment in the daemon's own work: one record of a payment, before it is given to the ledger or when it is on disk. */
export interface Death {
  readonly event: TransactionEvent;
  readonly when: "before" | "after";
}

/** Moments that only the daemon itself can hit, by their names. */
export const DEATHS: ReadonlyMap<string, Death> = new Map([
  ["before the order is durable", { event: "requested", when: "before" }],
  ["between durable and the first byte", { event: "requested", when: "after" }],
  ["before the result is durable", { event: "answered", when: "before" }],
  ["between the result and the till's answer", { event: "answered", when: "after" }],
  ["at start-up, before what it found is recorded", { event: "unanswered", when: "before" }],
  ["at start-up, when that is recorded", { event: "unanswered", when: "after" }],
  ["before the evidence is recorded", { event: "resolved", when: "before" }],
  ["when the evidence is recorded", { event: "resolved", when: "after" }],
]);

/** What goes wrong in the course of one payment. */
export type Moment =
  /** The daemon is killed, the link is cut, or the terminal's power fails, when the terminal has come to this step. */
  | { readonly name: string; readonly type: "kill" | "cut" | "power"; readonly step: ZvtStep }
  /** The daemon dies by itself, in the payment. */
  | { readonly name: string; readonly type: "dies" }
  /** It is killed while the host is asked, and dies by itself in the life after that. */
  | { readonly name: string; readonly type: "diesAfterwards" }
  /** It is killed while the host is asked, and some time in the start after that. */
  | { readonly name: string; readonly type: "twice" };

/** Events of the life after the one in which the order was given. */
const AFTERWARDS: ReadonlySet<TransactionEvent> = new Set(["unanswered", "resolved"]);

function atEachStep(type: "kill" | "cut" | "power"): readonly Moment[] {
  return ZVT_STEPS.map((step) => ({ name: `${step}: ${type}`, type, step }));
}

/** In each of them one daemon dies, or two. */
export const KILLS: readonly Moment[] = [
  ...atEachStep("kill"),
  ...[...DEATHS].map(([name, { event }]): Moment => ({
    name,
    type: AFTERWARDS.has(event) ? "diesAfterwards" : "dies",
  })),
  { name: "twice in a row", type: "twice" },
];

/** The daemon lives on. */
export const LINE_FAULTS: readonly Moment[] = [...atEachStep("cut"), ...atEachStep("power")];

/** One payment in the course of which something goes wrong. */
export interface Strike {
  readonly moment: Moment;
  readonly isDeclined: boolean;
  /** That the host takes. Default 5. */
  readonly hostMs?: number;
}

/** Every one for approvals, then for declines, each time in an order of chance, over and over without end. */
export function* strikes(moments: readonly Moment[], random: () => number): Generator<Strike, never> {
  for (let isDeclined = false; ; isDeclined = !isDeclined)
    for (const moment of shuffled(moments, random)) yield { moment, isDeclined };
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
