import { betaBinomialTail } from "./beta-binomial-tail.ts";
import { type Cell, NOTHING } from "./cell.ts";
import type { OutlookWarning } from "./outlook-warning.ts";
import type { ShopZone } from "./shop-time.ts";
import { HOUR_MS, type OutlookState, SHOP } from "./state.ts";

/** Lately, against all that is known from before. ms. */
const LATELY_MS = 3 * 24 * HOUR_MS;
/** Payments lately, failures lately, and payments before: with fewer nobody can tell. */
const LATELY_LEAST = 30;
const FAILED_LEAST = 5;
const BEFORE_LEAST = 200;
/**
 * A terminal's share differs from day to day more than by chance alone: what was before counts as so many payments at
 * most, which makes the share uncertain by about a third at 3 %. A starting value.
 */
const COUNTS_AS = 300;
/** Ten terminals are judged all day long. */
const BY_CHANCE = 0.001;

interface Rising {
  readonly name: string;
  readonly lately: Cell;
  readonly before: Cell;
}

/** Terminals that fail more often than they did. Where several do, it is not the terminals: the shop is told, once. */
export function failureTrends(state: OutlookState, now: number, zone: ShopZone): readonly OutlookWarning[] {
  const since = now - LATELY_MS;
  const rising = [SHOP, ...state.terminals(since)].flatMap((name) => risingOf(state, name, since, zone));
  const [shop] = rising.filter(({ name }) => name === SHOP);
  const terminals = rising.filter(({ name }) => name !== SHOP);
  return (shop !== undefined && terminals.length !== 1 ? [shop] : terminals).map(warningOf);
}

function risingOf(state: OutlookState, name: string, since: number, zone: ShopZone): readonly Rising[] {
  const hours = [...state.hours].flatMap(([hour, cells]) => {
    const cell = cells.get(name);
    return hour >= since && cell !== undefined && cell.failed > 0 ? [{ hour, cell }] : [];
  });
  const lately = state.usual(name, (hour) => hour >= since);
  const before = state.usual(name, (hour) => hour < since);
  // One bad hour is an outage, and is over: what is left without it has to speak for itself, and on more than one day.
  const worst = hours.reduce((most, { cell }) => (cell.failed > most.failed ? cell : most), NOTHING);
  const failed = lately.failed - worst.failed;
  const days = new Set(hours.map(({ hour }) => zone.at(hour).day));
  const payments = lately.payments - worst.payments;
  if (payments < LATELY_LEAST || failed < FAILED_LEAST || before.payments < BEFORE_LEAST || days.size < 2) return [];
  const weight = Math.min(COUNTS_AS, before.payments) / before.payments;
  const alpha = 0.5 + before.failed * weight;
  const beta = 0.5 + (before.payments - before.failed) * weight;
  return betaBinomialTail(failed, payments, alpha, beta) > BY_CHANCE ? [] : [{ name, lately, before }];
}

function warningOf({ name, lately, before }: Rising): OutlookWarning {
  const isShop = name === SHOP;
  const now = percent(lately);
  const then = percent(before);
  const counts = `${lately.failed}/${lately.payments}`;
  return {
    node: isShop ? "failures" : `failures:${name}`,
    value: lately.failed / lately.payments,
    unit: "1",
    reason: {
      en: `${isShop ? "" : `${name}: `}${now} of payments failed in the last three days (${counts}), ${then} before; chance does not explain it`,
      zh: `${isShop ? "" : `${name}：`}最近三天 ${now} 的付款失败（${counts}），此前为 ${then}；并非偶然`,
    },
    advice: isShop
      ? {
          en: "Several terminals or none in particular: look at the line and at the acquirer in this list.",
          zh: "并非某一台终端的问题：请查看本列表中的线路和收单机构。",
        }
      : {
          en: "The others do not fail more often: look at this terminal's cable, supply and software, and plan its exchange.",
          zh: "其他终端没有变差：请检查这台终端的线缆、供电和软件，并安排更换。",
        },
  };
}

function percent({ failed, payments }: Cell): string {
  return `${Math.round((failed / payments) * 1_000) / 10} %`;
}
