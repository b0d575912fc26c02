import type { Clock } from "../runtime/clock.ts";

export const DAY_MS = 24 * 60 * 60 * 1000;
/** The longest window that velocity counting needs; older tokens would only be a risk. */
export const CARDS_KEPT_MS = 8 * DAY_MS;

/**
 * Whether this clock may say how old a card token is. One that was not set yet is in another year at every boot and would
 * take all tokens for too old; when the boot itself has lasted long enough, it is right about those that are.
 */
export function datesCards(clock: Clock): boolean {
  return clock.stamp().synced || clock.monotonicMs() >= CARDS_KEPT_MS;
}
