import type { HourForecast } from "./forecast.ts";
import type { OutlookInput, OutlookWarning } from "./outlook-warning.ts";
import { HOUR_MS, type OutlookState, SHOP } from "./state.ts";

/** So much above what went well before is no news. Times. */
const MARGIN = 1.1;
/** Terminals that took a payment since then are in use. ms. */
const IN_USE_MS = 7 * 24 * HOUR_MS;
const EN = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const ZH = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"];

/**
 * The first stretch of hours that may bring more payments than ever went well. It says nothing of fraud: a full shop is
 * what everybody hopes for.
 */
export function loadWarning(
  state: OutlookState,
  hours: readonly HourForecast[],
  { now, zone, terminals }: OutlookInput,
): OutlookWarning | undefined {
  const shop = state.carried(SHOP);
  if (shop === undefined) return undefined;
  const [first, ...later] = hours.filter(({ high }) => high > shop.perHour * MARGIN);
  if (first === undefined) return undefined;
  const stretch = later.reduce(
    (all, hour) => (hour.from === first.from + all.length * HOUR_MS ? [...all, hour] : all),
    [first],
  );
  const to = first.from + stretch.length * HOUR_MS;
  const low = Math.round(Math.max(...stretch.map((hour) => hour.low)));
  const high = Math.round(Math.max(...stretch.map((hour) => hour.high)));
  const used = state.terminals(now - IN_USE_MS);
  const each = used.map((name) => `${name} ${state.carried(name)?.perHour ?? 0}`).join(", ");
  const idle = terminals.filter((name) => !used.includes(name));
  const day = zone.at(first.from).weekday;
  const when = `${zone.clock(first.from)} – ${zone.clock(to)}`;
  const open = idle.join(", ");
  return {
    node: "load",
    value: high,
    unit: "payments/h",
    reason: {
      en: `${EN[day] ?? ""} ${when}: ${low} to ${high} payments an hour are expected; at most ${shop.perHour} went well before (${shop.perTenMinutes} within ten minutes; ${each})`,
      zh: `${ZH[day] ?? ""} ${when}：预计每小时 ${low} 至 ${high} 笔付款；此前顺利处理的最多为每小时 ${shop.perHour} 笔（十分钟内 ${shop.perTenMinutes} 笔；${each}）`,
    },
    advice:
      idle.length === 0
        ? {
            en: "Have another terminal and a second line ready, and a till for cash. Nobody knows yet whether terminals and line carry this.",
            zh: "请准备备用终端、备用线路和现金收款。终端和线路能否承受这一负载尚未得到证明。",
          }
        : {
            en: `Open ${open} before, and try it with a small payment.`,
            zh: `请提前启用 ${open}，并用一笔小额付款试用。`,
          },
  };
}
