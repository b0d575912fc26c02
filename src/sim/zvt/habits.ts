import { drawWeighted, type Weighted } from "../weighted.ts";
import { ZVT_STEPS, type ZvtConduct, type ZvtStep } from "./conduct.ts";

/** How often what happens when nothing was planned. Rates are 0..1, drawn in this order; only orders of money are meant. */
export interface ZvtHabits {
  /** By the card's bank, with results as shops see them. */
  readonly declineRate: number;
  /** The customer presses the red key. */
  readonly abortRate: number;
  /** The terminal answers 84 9C. */
  readonly busyRate: number;
  /** It carries out and falls silent at some step. */
  readonly muteRate: number;
  /** Its power fails at some step. */
  readonly dieRate: number;
  /** The completion does not come. */
  readonly lostCompletionRate: number;
  /** ms that the host takes, evenly drawn between the two. */
  readonly hostMs: readonly [least: number, most: number];
}

export const USUAL_ZVT_HABITS: ZvtHabits = {
  declineRate: 0,
  abortRate: 0,
  busyRate: 0,
  muteRate: 0,
  dieRate: 0,
  lostCompletionRate: 0,
  hostMs: [0, 0],
};

/** Decimal value is the host's code: 51 funds, 55 PIN, 05 do not honour, 61 limit, 54 expired, 91 no issuer; 9B and 73 are the terminal's own. */
const DECLINES: readonly [Weighted<number>, ...Weighted<number>[]] = [
  [51, 40],
  [55, 20],
  [5, 10],
  [61, 10],
  [54, 5],
  [91, 5],
  [0x9b, 5],
  [0x73, 5],
];

/** The same for the same `random`. */
export function habitual(habits: ZvtHabits, random: () => number): () => ZvtConduct {
  return () => {
    const [least, most] = habits.hostMs;
    const hostMs = most === 0 ? 0 : Math.round(least + random() * (most - least));
    const falls = (rate: number): boolean => rate > 0 && random() < rate;
    const someStep = (): ZvtStep => ZVT_STEPS[Math.floor(random() * ZVT_STEPS.length)] ?? "hostDecided";
    if (falls(habits.declineRate)) return { hostMs, decline: drawWeighted(DECLINES, random()) };
    if (falls(habits.abortRate)) return { hostMs, customer: "aborts" };
    if (falls(habits.busyRate)) return { refuse: 0x9c };
    if (falls(habits.muteRate)) return { hostMs, muteFrom: someStep() };
    if (falls(habits.dieRate)) return { hostMs, dieAt: someStep() };
    if (falls(habits.lostCompletionRate)) return { hostMs, completion: "lost" };
    return { hostMs };
  };
}
