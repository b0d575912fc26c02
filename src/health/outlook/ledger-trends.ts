import type { Words } from "../../domain/words.ts";
import { NOTHING, sum } from "./cell.ts";
import type { OutlookWarning } from "./outlook-warning.ts";
import type { ShopZone } from "./shop-time.ts";
import { HOUR_MS, hourOf, type OutlookState, SHOP } from "./state.ts";
import { crossing, type Limit, type Point } from "./trend.ts";

/** Fewer payments make a share of a day that says nothing. */
const SHARE_OF = 20;

interface Watched extends Limit {
  readonly node: string;
  readonly what: Words;
  readonly advice: Words;
  readonly unit: string;
  readonly points: (state: OutlookState, now: number, zone: ShopZone) => readonly Point[];
}

/** What the ledger itself has of eight weeks. The limits are starting values: from there on it is noticed in the shop. */
const WATCHED: readonly Watched[] = [
  {
    node: "supplyTrend",
    limit: 24,
    side: "high",
    unit: "episodes/d",
    what: {
      en: "the supply voltage falls ever more often; once an hour",
      zh: "供电电压越来越频繁地下降；达到每小时一次",
    },
    advice: { en: "Order a power supply for this machine and change it before.", zh: "请为本机订购电源并提前更换。" },
    points: (state, now, zone) =>
      state.dips.size === 0 ? [] : daily(state, now, zone, (hour) => state.dips.get(hour) ?? 0),
  },
  {
    node: "failureTrend",
    limit: 0.05,
    side: "high",
    unit: "1",
    what: { en: "ever more payments fail; one of twenty", zh: "失败的付款越来越多；达到二十分之一" },
    advice: {
      en: "Look which terminal, line or acquirer it is (tillgate status, journal) while there is time.",
      zh: "请趁早用 tillgate status 和日志查明是终端、线路还是收单机构的问题。",
    },
    points: failureShares,
  },
];

/** Series that come to their limit within 60 days, if they go on like this. */
export function ledgerTrends(state: OutlookState, now: number, zone: ShopZone): readonly OutlookWarning[] {
  return WATCHED.flatMap(({ node, unit, what, advice, points: pointsOf, ...limit }) => {
    const points = pointsOf(state, now, zone);
    const at = crossing(points, limit, now);
    if (at === undefined) return [];
    const { day } = zone.at(hourOf(at));
    return [
      {
        node,
        value: points.at(-1)?.mean ?? 0,
        unit,
        reason: { en: `${what.en} about ${day}, if it goes on like this`, zh: `${what.zh}，照此发展约在 ${day}` },
        advice,
      },
    ];
  });
}

/** Whole days only: today is not over. */
function pastDays(state: OutlookState, now: number, zone: ShopZone): ReadonlyMap<string, readonly number[]> {
  const oldest = Math.min(...state.hours.keys(), ...state.dips.keys());
  const days = new Map<string, number[]>();
  const today = zone.at(hourOf(now)).day;
  for (let hour = oldest; hour < now && Number.isFinite(oldest); hour += HOUR_MS) {
    const { day } = zone.at(hour);
    if (day !== today) days.set(day, [...(days.get(day) ?? []), hour]);
  }
  return days;
}

function daily(state: OutlookState, now: number, zone: ShopZone, count: (hour: number) => number): readonly Point[] {
  return [...pastDays(state, now, zone).values()].map((hours) => ({
    time: hours[0] ?? 0,
    mean: hours.reduce((all, hour) => all + count(hour), 0),
  }));
}

function failureShares(state: OutlookState, now: number, zone: ShopZone): readonly Point[] {
  return [...pastDays(state, now, zone).values()].flatMap((hours) => {
    const { failed, payments } = hours.map((hour) => state.hours.get(hour)?.get(SHOP) ?? NOTHING).reduce(sum, NOTHING);
    return payments < SHARE_OF ? [] : [{ time: hours[0] ?? 0, mean: failed / payments }];
  });
}
