import { beforeEach, describe, expect, it } from "vitest";
import { terminalStateSchema } from "../../src/contract/terminal-state.ts";
import type { Exposure, ExposureMeasure } from "../../src/domain/exposure.ts";
import { terminalId, type TerminalView } from "../../src/domain/terminal.ts";
import { transactionId } from "../../src/domain/transaction.ts";
import { type Lately, lately } from "../../src/terminals/lately.ts";
import { type Usage, usage } from "../../src/terminals/usage/usage.ts";
import { TerminalReport } from "../../src/terminal-report.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { Told } from "./terminals/ledger-of-terminals.ts";

const TILL = terminalId("till-1");
const SEEN = { terminal: TILL, listed: true, connections: 0, unresolved: 0 };
const DRIVEN: TerminalView = {
  ...SEEN,
  family: "zvt",
  state: "ready",
  since: "2026-03-02T07:00:00.000Z",
  firmware: "3.1",
  serial: "00012345",
};

const NONE: ExposureMeasure = { count: 0, sums: [] };
const EXPOSURE: Exposure = {
  inDoubt: NONE,
  reversalAbandoned: NONE,
  unsettled: NONE,
  notUploaded: NONE,
  unbalanced: NONE,
  parked: NONE,
  unreported: {
    records: 9,
    count: 4,
    sums: [
      { terminal: "till-1", currency: "EUR", count: 2, debit: 1_500, credit: 0, hold: 0 },
      { terminal: "till-1", currency: "CHF", count: 1, debit: 0, credit: 300, hold: 0 },
      { terminal: "till-2", currency: "EUR", count: 1, debit: 900, credit: 0, hold: 0 },
    ],
  },
};

let clock: VirtualClock;
let view: TerminalView | undefined;
let asked: number;
let told: { readonly usage: Usage; readonly lately: Lately } | undefined;
let exposure: { readonly now: Exposure } | { readonly unknownBecause: string };

beforeEach(() => {
  clock = new VirtualClock();
  view = DRIVEN;
  asked = 0;
  told = undefined;
  exposure = { unknownBecause: "the ledger is still being read" };
});

function stateOf(paused?: string) {
  const report = new TerminalReport({
    terminals: [{ id: TILL, ...(paused === undefined ? {} : { paused }) }],
    views: () => {
      asked += 1;
      return view === undefined ? [] : [view];
    },
    usage: () => told?.usage,
    lately: () => told?.lately,
    exposure: () => exposure,
    clock,
  });
  const [state] = report.retained();
  if (state === undefined) throw new Error("the config names one terminal");
  return state;
}

function message(paused?: string) {
  return terminalStateSchema.parse(JSON.parse(stateOf(paused).current() ?? ""));
}

function print(): string {
  return stateOf().fingerprint();
}

describe("what headquarters finds of a terminal", () => {
  it("has a topic of its own, and a time after which it says nothing any more", () => {
    expect(stateOf().topic).toBe("terminals/till-1");
    const { asOf, expiresAt, ...rest } = message();
    expect(Date.parse(expiresAt) - Date.parse(asOf)).toBe(180_000);
    expect(rest).toMatchObject({ terminal: "till-1", family: "zvt", state: "ready", firmware: "3.1", unresolved: 0 });
  });

  it("leaves out what the ledger has not told yet, and invents no zero", () => {
    for (const unknown of ["lastTransaction", "failureRate", "utilisation", "settlement", "unsent"]) {
      expect(message()).not.toHaveProperty(unknown);
    }
  });

  it("tells its last transaction, failure rate, utilisation, settlement age and what was not confirmed", () => {
    const events = [new Told(usage), new Told(lately)] as const;
    for (const one of events) {
      one.transaction("requested", { id: transactionId("a"), outcome: "inDoubt" });
      one.after(36_000).transaction("answered", { id: transactionId("a"), outcome: "failed" });
      one.transaction("requested", { id: transactionId("b"), outcome: "inDoubt" });
      one.transaction("answered", { id: transactionId("b"), outcome: "approved" });
      one.add("settlement", { event: "batchClosed", terminal: TILL, stan: "", at: "2026-03-02T08:00:00.000Z" });
    }
    told = { usage: events[0].state, lately: events[1].state };
    exposure = { now: EXPOSURE };
    clock = new VirtualClock(events[1].moment.at + 90_000);
    const now = message();
    expect(now.lastTransaction).toMatchObject({ kind: "sale", outcome: "approved" });
    expect(now.lastTransaction).not.toHaveProperty("id");
    expect([now.failureRate, now.failureRateOver]).toEqual([0.5, 2]);
    expect(now.utilisation?.lastHour).toBeGreaterThan(0);
    expect(now.settlement).toEqual({ at: "2026-03-02T08:00:36.000Z", ageS: 90 });
    expect(now.unsent).toEqual({
      count: 3,
      sums: [
        { currency: "EUR", count: 2, debit: 1_500, credit: 0, hold: 0 },
        { currency: "CHF", count: 1, debit: 0, credit: 300, hold: 0 },
      ],
    });
  });

  it("never calls a relayed terminal ready: nobody asks it", () => {
    view = SEEN;
    expect(message()).toMatchObject({ family: "relay", state: "unknown", reason: "notSeen" });
    view = { ...SEEN, connections: 1, lastSeenAt: "2026-03-02T08:00:00.000Z" };
    expect(message()).toMatchObject({ state: "idle", reason: "notAsked", lastSeenAt: "2026-03-02T08:00:00.000Z" });
    expect(message("keypad broken")).toMatchObject({ state: "paused" });
  });

  it("is news when state, doubt or device change, and not when time passes", () => {
    const before = print();
    view = { ...DRIVEN, lastSeenAt: "2026-03-02T09:00:00.000Z", since: "2026-03-02T09:00:00.000Z" };
    expect(print()).toBe(before);
    for (const change of [
      { state: "offline" },
      { unresolved: 1 },
      { firmware: "3.2" },
      { reason: "silent" },
    ] as const) {
      view = { ...DRIVEN, ...change };
      expect(print()).not.toBe(before);
    }
  });

  it("is news when the batch was closed, and when a driven terminal's sale ended; not with every relayed one", () => {
    const sale = new Told(lately);
    told = { usage: usage.begin(), lately: sale.state };
    const none = print();
    view = SEEN;
    const relayedNone = print();
    sale.transaction("requested", { id: transactionId("a"), outcome: "inDoubt" });
    const relayed = print();
    view = DRIVEN;
    const underWay = print();
    sale.transaction("answered", { id: transactionId("a"), outcome: "approved" });
    const ended = print();
    expect(relayed).toBe(relayedNone);
    expect(new Set([none, underWay, ended]).size).toBe(3);
    view = SEEN;
    sale.add("settlement", { event: "batchClosed", terminal: TILL, stan: "", at: "2026-03-02T08:00:00.000Z" });
    expect(print()).not.toBe(relayed);
  });

  it("looks all terminals up once for one look of the publisher", () => {
    const state = stateOf();
    for (let n = 0; n < 5; n += 1) state.fingerprint();
    state.current();
    expect(asked).toBe(1);
  });

  it("says nothing while nobody knows the terminal", () => {
    view = undefined;
    expect(stateOf().current()).toBeUndefined();
    expect(stateOf().fingerprint()).toBe("");
  });
});
