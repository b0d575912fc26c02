import { bootId, instant } from "../../src/domain/clock.ts";
import { type Clock, rfc3339, systemClock } from "../../src/runtime/clock.ts";
import { type RecordDraft, type Seq, seq } from "../../src/domain/record.ts";
import type { TransactionRecord } from "../../src/domain/transaction.ts";
import { transactionRecordOf } from "../../src/domain/transaction-history.ts";
import { type Doubts, doubts } from "../../src/terminals/payments/doubts.ts";
import type { PaymentLedger, PaymentRecorder } from "../../src/terminals/payments/ports.ts";

/** The store of a payment ledger: outlives the process that writes to it. */
export class PaymentStore {
  readonly drafts: RecordDraft[] = [];
  clock: Clock = systemClock();
  readonly #stamps: object[] = [];
  readonly #byKey = new Map<string, Seq>();

  add(draft: RecordDraft): Seq {
    this.drafts.push(draft);
    this.#stamps.push({ at: rfc3339(this.clock.now()), clock: this.clock.stamp() });
    const at = seq(this.drafts.length);
    for (const key of draft.keys ?? []) this.#byKey.set(key, at);
    return at;
  }

  find(key: string): { readonly seq: Seq; readonly envelope: Buffer } | undefined {
    const at = this.#byKey.get(key);
    const draft = at === undefined ? undefined : this.drafts[at - 1];
    if (at === undefined || draft === undefined) return undefined;
    const envelope = { ...this.#stamps[at - 1], kind: draft.kind, body: draft.body };
    return { seq: at, envelope: Buffer.from(JSON.stringify(envelope)) };
  }

  transactions(): readonly TransactionRecord[] {
    return this.drafts.flatMap((draft) => transactionRecordOf(draft) ?? []);
  }

  /** What the reducer makes of it. */
  doubts(): Doubts {
    let state = doubts.begin();
    for (const [index, { kind, body }] of this.drafts.entries()) {
      const moment = { at: instant(0), clock: { bootId: bootId("boot"), monotonicMs: 0, synced: true } };
      state = doubts.step(state, { type: "record", seq: seq(index + 1), kind, moment, body });
    }
    return state;
  }
}

/** A process's way to the store. */
export class StoreInMemory implements PaymentLedger, PaymentRecorder {
  readonly #store: PaymentStore;
  /** The process is dead: nothing of it reaches the store, and nothing answers. */
  isDead = false;
  /** The disk takes nothing. */
  isFull = false;
  /** The disk refuses, and nothing has said so before. */
  isBroken = false;
  isUnreadable = false;
  /** Retention has freed every record; their keys are known. */
  isFreed = false;
  readonly #held: RecordDraft[] = [];

  constructor(store: PaymentStore) {
    this.#store = store;
  }

  get refusesMoneyBecause(): Error | undefined {
    return this.isFull ? new Error("store.full") : undefined;
  }

  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  async append(draft: RecordDraft): Promise<Seq> {
    await this.#disk();
    if (this.isFull || this.isBroken) throw new Error("store.full");
    return this.#store.add(draft);
  }

  async record(draft: RecordDraft): Promise<Seq> {
    await this.#disk();
    if (!this.isFull && !this.isHolding) return this.#store.add(draft);
    this.#held.push(draft);
    throw new Error("store.full");
  }

  async find(key: string): Promise<{ readonly seq: Seq; readonly envelope: Buffer } | "freed" | undefined> {
    await this.#disk();
    if (this.isUnreadable) throw new Error("store.ioError");
    const found = this.#store.find(key);
    return found !== undefined && this.isFreed ? "freed" : found;
  }

  /** There is room again. */
  makeRoom(): void {
    this.isFull = false;
    for (const draft of this.#held.splice(0)) this.#store.add(draft);
  }

  async #disk(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.isDead) await new Promise(() => undefined);
  }
}
