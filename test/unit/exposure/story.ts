import { bootId, instant, type Moment } from "../../../src/domain/clock.ts";
import type { Exposure } from "../../../src/domain/exposure.ts";
import type { Parked } from "../../../src/domain/gap.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { type RecordKind, type Seq, seq, type StreamId } from "../../../src/domain/record.ts";
import type { RecordInput, ReducerInput } from "../../../src/domain/reducer.ts";
import type { SettlementRecord } from "../../../src/domain/settlement.ts";
import { acquirerId, terminalId } from "../../../src/domain/terminal.ts";
import type { Transaction, TransactionEvent } from "../../../src/domain/transaction.ts";
import { exposure } from "../../../src/exposure/exposure.ts";
import type { ExposureState } from "../../../src/exposure/state.ts";
import { exposureAt } from "../../../src/exposure/view.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";

const BEGAN = Date.parse("2026-01-31T10:00:00.000Z");

/** A ledger that is told record by record, and what exposure makes of it. */
export class Story {
  state: ExposureState = exposure.begin();
  readonly records: RecordInput[] = [];
  mark = seq(0);
  boot = bootId("boot-1");
  synced = true;
  /** Of the wall clock, apart from the monotonic one. */
  wrongByMs = 0;
  #elapsedMs = 0;
  #bootedAtMs = 0;

  /** Time passes. */
  after(seconds: number): this {
    this.#elapsedMs += seconds * 1_000;
    return this;
  }

  /** The machine was off and begins anew. */
  rebooted(name: string, synced: boolean): this {
    this.boot = bootId(name);
    this.synced = synced;
    this.#bootedAtMs = this.#elapsedMs;
    return this;
  }

  get now(): Moment {
    const at = instant(BEGAN + this.#elapsedMs + this.wrongByMs);
    return { at, clock: { bootId: this.boot, monotonicMs: this.#elapsedMs - this.#bootedAtMs, synced: this.synced } };
  }

  transaction(event: TransactionEvent, differs: Partial<Transaction> = {}): this {
    const requestedAt = new Date(this.now.at).toISOString();
    return this.add("transaction", { event, transaction: aTransaction({ requestedAt, ...differs }) });
  }

  settlement(event: SettlementRecord["event"], differs: Partial<SettlementRecord> = {}): this {
    const body: SettlementRecord = {
      event,
      terminal: terminalId("till-1"),
      acquirer: acquirerId("union"),
      batch: "000001",
      stan: "000900",
      currency: currency("CNY"),
      at: "2026-01-31T10:00:00.000Z",
      ...differs,
    };
    return this.add("settlement", body);
  }

  /** The terminal settles, and the host says so. */
  settled(verdict: "balanced" | "notBalanced" | "error" = "balanced", batch = "000001"): this {
    this.settlement("requested", { batch, ...claim(12_345) });
    return this.settlement("answered", {
      batch,
      responseCode: "00",
      hostVerdict: { domestic: verdict, foreign: "balanced" },
    });
  }

  parked(differs: Partial<Omit<Parked, "event">> = {}): this {
    const what = { seq: seq(1), hash: "0".repeat(64), kind: "transaction", reason: "tooLarge" } as const;
    return this.add("gap", { event: "parked", ...what, ...differs });
  }

  add(kind: RecordKind, body: object, carried?: { stream: StreamId; seq: Seq }): this {
    const input: RecordInput = {
      type: "record",
      seq: seq(this.records.length + 1),
      kind,
      moment: this.now,
      // As it comes back from the ledger: parsed, and nobody else's object.
      body: JSON.parse(JSON.stringify(body)),
      ...(carried === undefined ? {} : { carried }),
    };
    this.records.push(input);
    return this.feed(input);
  }

  feed(input: ReducerInput): this {
    this.state = exposure.step(this.state, input);
    return this;
  }

  view(): Exposure {
    this.feed({ type: "tick", now: this.now, mark: this.mark });
    return exposureAt(this.state, { now: this.now, head: seq(this.records.length), mark: this.mark });
  }
}

export function claim(debitAmount: number): Pick<SettlementRecord, "terminalTotals"> {
  const none = { debitAmount: minorUnits(0), debitCount: 0, creditAmount: minorUnits(0), creditCount: 0 };
  return {
    terminalTotals: { domestic: { ...none, debitAmount: minorUnits(debitAmount), debitCount: 1 }, foreign: none },
  };
}
