import { currency, minorUnits } from "../../src/domain/money.ts";
import { type RecordKind, type Seq, seq } from "../../src/domain/record.ts";
import { acquirerId, terminalId } from "../../src/domain/terminal.ts";
import { type Transaction, type TransactionEvent, transactionId } from "../../src/domain/transaction.ts";

/** A sale that was approved; say what differs. */
export function aTransaction(differs: Partial<Transaction> = {}): Transaction {
  return {
    id: transactionId("t-1"),
    terminal: terminalId("till-1"),
    acquirer: acquirerId("union"),
    kind: "sale",
    outcome: "approved",
    amount: minorUnits(12_345),
    currency: currency("CNY"),
    card: { bin6: "621234", last4: "0001", length: 16, scheme: "unionpay", luhnOk: true },
    stan: "000001",
    batch: "000001",
    responseCode: "00",
    requestedAt: "2026-01-31T10:00:00.000Z",
    ...differs,
  };
}

/** A ledger as its readers see it. */
export class LedgerInMemory {
  readonly #records: { readonly seq: Seq; readonly kind: RecordKind; readonly envelope: Buffer }[] = [];
  #first = seq(1);
  /** Records handed out. */
  read = 0;

  tell(transaction: Transaction, event: TransactionEvent = "answered", synced = true): Seq {
    return this.add("transaction", { event, transaction }, transaction.answeredAt ?? transaction.requestedAt, synced);
  }

  add(kind: RecordKind, body: object, at = "2026-01-31T10:00:00.000Z", synced = true): Seq {
    const next = seq(this.#records.length + 1);
    const clock = { bootId: "boot", monotonicMs: next, synced };
    this.#records.push({
      seq: next,
      kind,
      envelope: Buffer.from(JSON.stringify({ seq: next, kind, at, clock, body })),
    });
    return next;
  }

  head(): Promise<Seq> {
    return Promise.resolve(seq(this.#records.length));
  }

  /** Retention frees everything before this. */
  freeBefore(oldest: Seq): void {
    this.#first = oldest;
  }

  first(): Seq {
    return this.#first;
  }

  page(from: Seq, limit: number): Promise<readonly { seq: Seq; kind: RecordKind; envelope: Buffer }[]> {
    if (limit < 1 || limit > 500) throw new RangeError(`a page has 1 to 500 records, not ${limit}`);
    if (from < this.#first) return Promise.resolve([]);
    // A page of large records ends before its limit.
    const page = this.#records.slice(from - 1, from - 1 + Math.min(limit, 200));
    this.read += page.length;
    return Promise.resolve(page);
  }
}
