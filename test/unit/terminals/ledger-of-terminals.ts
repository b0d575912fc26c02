import { bootId, instant, type Moment } from "../../../src/domain/clock.ts";
import { type RecordKind, seq, streamId } from "../../../src/domain/record.ts";
import type { RecordInput, Reducer } from "../../../src/domain/reducer.ts";
import type { TerminalEvent, TerminalRecord } from "../../../src/domain/terminal.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import type { Transaction, TransactionEvent } from "../../../src/domain/transaction.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";

const BEGAN = Date.parse("2026-03-02T08:00:00.000Z");
const EARLIER = streamId("00000000-0000-4000-8000-000000000001");

/** Records, and what a reducer makes of them. */
export class Told<State> {
  state: State;
  readonly reducer: Reducer<State>;
  readonly records: RecordInput[] = [];
  ms = 0;

  constructor(reducer: Reducer<State>) {
    this.reducer = reducer;
    this.state = reducer.begin();
  }

  get moment(): Moment {
    return {
      at: instant(BEGAN + this.ms),
      clock: { bootId: bootId("boot-1"), monotonicMs: this.ms, synced: true },
    };
  }

  after(ms: number): this {
    this.ms += ms;
    return this;
  }

  terminal(event: TerminalEvent, detail: NonNullable<TerminalRecord["detail"]>, name = "till-1"): this {
    return this.add("terminal", { event, detail }, name);
  }

  transaction(event: TransactionEvent, differs: Partial<Transaction> = {}): this {
    return this.add("transaction", { event, transaction: aTransaction(differs) });
  }

  add(kind: RecordKind, body: object, terminal?: string, carriedSeq?: number): this {
    const input: RecordInput = {
      type: "record",
      seq: seq(this.records.length + 1),
      kind,
      moment: this.moment,
      body: JSON.parse(JSON.stringify(body)),
      ...(terminal === undefined ? {} : { terminal: terminalId(terminal) }),
      ...(carriedSeq === undefined ? {} : { carried: { stream: EARLIER, seq: seq(carriedSeq) } }),
    };
    this.records.push(input);
    this.state = this.reducer.step(this.state, input);
    return this;
  }

  /** What a replay from the beginning makes, with a snapshot in the middle. */
  replayed(): string {
    let state = this.reducer.begin();
    const middle = Math.floor(this.records.length / 2);
    for (const [index, record] of this.records.entries()) {
      if (index === middle) {
        const unpacked = this.reducer.unpack(this.reducer.pack(state));
        if (unpacked === undefined) throw new Error("the snapshot cannot be read");
        state = unpacked;
      }
      // A record that is already folded in changes nothing.
      state = this.reducer.step(this.reducer.step(state, record), record);
    }
    return this.reducer.pack(state);
  }
}
