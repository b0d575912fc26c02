/** A terminal's counters as it tells them; see `Transaction.after`. */
export interface Numbers {
  readonly receiptNumber?: string;
  readonly stan?: string;
}

/**
 * How a counter's value stands to an earlier one. `next`: the very next. `newer`: it went on by more. `unknown`: it lies
 * behind, as after a reset, which tells nothing.
 */
export type Step = "same" | "next" | "newer" | "unknown";

const DIGITS = /^[0-9]{1,12}$/;

/**
 * Counters run from 1 to as many nines as they have digits (ZVT: receipt 9999, trace 999999) and begin again at 1. What is
 * more than half a round ahead is taken for behind.
 *
 * @returns `undefined` when there are no two numbers.
 */
export function stepBetween(before: string | undefined, now: string | undefined, digits: number): Step | undefined {
  const [from, to] = [numberIn(before), numberIn(now)];
  // A counter that stands at 0 has counted nothing, or is not told.
  if (from === 0 || to === 0) return undefined;
  const round = 10 ** Math.max(digits, String(from).length, String(to).length) - 1;
  const ahead = (to - from + round) % round;
  if (ahead === 0) return "same";
  if (ahead === 1) return "next";
  return ahead <= round / 2 ? "newer" : "unknown";
}

const RECEIPT_DIGITS = 4;
const STAN_DIGITS = 6;

/**
 * From what the ledger knew to what the terminal tells now. A receipt number counts transactions alone, a trace number also
 * what is none: so the former is preferred. When the two contradict each other, nothing is known.
 */
export function stepOf(before: Numbers, now: Numbers): Step {
  const receipt = stepBetween(before.receiptNumber, now.receiptNumber, RECEIPT_DIGITS);
  const stan = stepBetween(before.stan, now.stan, STAN_DIGITS);
  if (receipt === undefined || stan === undefined) return receipt ?? stan ?? "unknown";
  if (stan === "unknown" || (receipt === "same") !== (stan === "same")) return "unknown";
  return receipt;
}

function numberIn(text: string | undefined): number {
  return text !== undefined && DIGITS.test(text) ? Number(text) : 0;
}
