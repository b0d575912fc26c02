import type { GatewayConfig } from "./gateway-config.ts";
import { type Outlook, outlookAt } from "./health/outlook/outlook-at.ts";
import { outlook } from "./health/outlook/outlook.ts";
import { ShopZone } from "./health/outlook/shop-time.ts";
import type { ReducerRunner } from "./reducer-runner.ts";
import type { Clock } from "./runtime/clock.ts";

/** It looks at eight weeks, and moves with the hour. ms. */
const JUDGED_EVERY_MS = 60_000;

/** What is to be expected of load, failures and wear. @returns a reader; `undefined` until the ledger has been read. */
export function gatewayOutlook(
  { site, calendar, terminals }: Pick<GatewayConfig, "site" | "calendar" | "terminals">,
  reducers: ReducerRunner,
  clock: Clock,
): () => Outlook | undefined {
  const running = reducers.add(outlook);
  const zone = new ShopZone(site.timezone);
  const selling = terminals.filter(({ family }) => family !== "hid").map(({ id }) => id);
  let judged: { readonly at: number; readonly value: Outlook } | undefined;
  return () => {
    const at = clock.monotonicMs();
    if (judged !== undefined && at - judged.at < JUDGED_EVERY_MS) return judged.value;
    const state = running.present();
    if (state === undefined) return undefined;
    judged = { at, value: outlookAt(state, { now: clock.now(), zone, calendar, terminals: selling }) };
    return judged.value;
  };
}
