import { failureTrends } from "./failure-trend.ts";
import { forecast } from "./forecast.ts";
import { ledgerTrends } from "./ledger-trends.ts";
import { loadWarning } from "./load-warning.ts";
import type { OutlookInput, OutlookWarning } from "./outlook-warning.ts";
import type { OutlookState } from "./state.ts";

export interface Outlook {
  /** Of history, up to four: before that nothing is forecast. */
  readonly weeks: number;
  /** Payments that the next hour is expected to bring. */
  readonly nextHour?: number;
  readonly warnings: readonly OutlookWarning[];
}

/** risk-signals.md 2: each hour of the week four times. */
export const WARM_UP_WEEKS = 4;
const WEEK_MS = 7 * 86_400_000;

/** What the history says of the next hours and weeks. */
export function outlookAt(state: OutlookState, input: OutlookInput): Outlook {
  const { now, zone } = input;
  const age = state.first === undefined ? 0 : Math.floor((now - state.first) / WEEK_MS);
  const weeks = Math.min(WARM_UP_WEEKS, Math.max(0, age));
  const hours = weeks < WARM_UP_WEEKS ? [] : forecast(state, input);
  const next = hours.find(({ from }) => from > now);
  const load = loadWarning(state, hours, input);
  return {
    weeks,
    ...(next === undefined ? {} : { nextHour: next.expected }),
    warnings: [
      ...(load === undefined ? [] : [load]),
      ...failureTrends(state, now, zone),
      ...ledgerTrends(state, now, zone),
    ],
  };
}
