import type { DeliveryRules } from "./delivery-state.ts";

type Room = Pick<DeliveryRules, "window" | "unreceiptedMax">;

/** With room for one the oldest record would wait for what went ahead of it, and that for the oldest. */
const LEAST_UNRECEIPTED = 2;

/**
 * The rules as they can be kept. Suspects (suspicion.ts) go ahead of older records, as many as were in flight at once: where
 * those could fill the room for unconfirmed records, the oldest could not go any more and all would stand still. So at most
 * half of that room is in flight.
 */
export function rulesThatFit<Rules extends Room>(rules: Rules): Rules {
  const unreceiptedMax = Math.max(rules.unreceiptedMax, LEAST_UNRECEIPTED);
  return { ...rules, unreceiptedMax, window: Math.min(rules.window, Math.floor(unreceiptedMax / 2)) };
}
