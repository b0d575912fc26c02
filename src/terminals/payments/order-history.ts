import { type AlternativeRecord, alternativeRecordOf } from "../../domain/alternative.ts";
import { recordWithin } from "../../domain/carried.ts";
import { type ClockStamp, momentOf } from "../../domain/clock.ts";
import type { Seq } from "../../domain/record.ts";
import { orderKey, paymentKey } from "../../domain/record-keys.ts";
import type { Transaction, TransactionKind, TransactionRecord } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";

/** The ledger, as far as finding a record again goes. */
export interface FindsRecords {
  /** @returns the newest record under the key; `freed` when there was one that is not here any more. */
  find(key: string): Promise<{ readonly seq: Seq; readonly envelope: Uint8Array } | "freed" | undefined>;
}

/** A record of ours, found again. */
export type FoundRecord =
  | ({
      readonly type: "transaction";
      readonly seq: Seq;
      /** When it was written, where the record says it. */
      readonly clock?: ClockStamp;
    } & TransactionRecord)
  | { readonly type: "alternative"; readonly seq: Seq; readonly alternative: AlternativeRecord };

/** @throws what the ledger does when it cannot be read. */
export async function findRecord(ledger: FindsRecords, key: string): Promise<FoundRecord | "freed" | undefined> {
  const found = await ledger.find(key);
  if (found === undefined || found === "freed") return found;
  const parsed: unknown = JSON.parse(Buffer.from(found.envelope).toString("utf8"));
  if (typeof parsed !== "object" || parsed === null) return "freed";
  const within = recordWithin({ ...parsed });
  const told = transactionRecordOf(within);
  const moment = momentOf(within);
  if (told !== undefined) {
    return { type: "transaction", seq: found.seq, ...(moment === undefined ? {} : { clock: moment.clock }), ...told };
  }
  const alternative = alternativeRecordOf(within);
  // A record that this version cannot read is there all the same: nothing is carried out again under its key.
  return alternative === undefined ? "freed" : { type: "alternative", seq: found.seq, alternative };
}

/** What takes the same money: an order that was completed is not sold as well. */
const SAME_MONEY: Partial<Readonly<Record<TransactionKind, readonly TransactionKind[]>>> = {
  sale: ["sale", "completion"],
  completion: ["completion", "sale"],
};
const UNDONE_BY: Partial<Readonly<Record<TransactionKind, readonly TransactionKind[]>>> = {
  sale: ["saleVoid", "refund"],
  completion: ["saleVoid", "refund"],
  preAuth: ["preAuthVoid"],
};
/** Overrides of one order that are followed back. */
const MAX_OVERRIDES = 20;

/** Payments of this kind by which the till's order was paid, and that were not undone since. */
export async function paidBefore(
  ledger: FindsRecords,
  till: string,
  kind: TransactionKind,
  orderId: string,
): Promise<readonly Attempt[]> {
  const paid: Attempt[] = [];
  for (const same of SAME_MONEY[kind] ?? [kind]) {
    for (const one of await attempts(ledger, orderKey(till, same, orderId))) {
      if (isDone(one.transaction) && !(await isUndone(ledger, till, one))) paid.push(one);
    }
  }
  return paid;
}

/** One payment of an order, as its newest record has it. */
export interface Attempt {
  readonly seq: Seq;
  readonly clock?: ClockStamp;
  readonly transaction: Transaction;
}

/** The newest attempt, and those that it was made in spite of. */
async function attempts(ledger: FindsRecords, key: string): Promise<readonly Attempt[]> {
  const found = new Map<string, Attempt>();
  const keys = [key];
  for (let next = keys.shift(); next !== undefined && found.size < MAX_OVERRIDES; next = keys.shift()) {
    const record = await findRecord(ledger, next);
    if (record === undefined || record === "freed" || record.type !== "transaction") continue;
    const { seq, clock, transaction } = record;
    if (found.has(transaction.id)) continue;
    found.set(transaction.id, { seq, transaction, ...(clock === undefined ? {} : { clock }) });
    keys.push(...(transaction.payment?.override?.payments ?? []).map(paymentKey));
  }
  return [...found.values()];
}

async function isUndone(ledger: FindsRecords, till: string, { seq, transaction }: Attempt): Promise<boolean> {
  const { orderId = "" } = transaction.payment ?? {};
  for (const kind of UNDONE_BY[transaction.kind] ?? []) {
    const record = await findRecord(ledger, orderKey(till, kind, orderId));
    if (record === undefined || record === "freed" || record.type !== "transaction" || record.seq < seq) continue;
    if (isDone(record.transaction) && isWhole(record.transaction, transaction)) return true;
  }
  return false;
}

function isWhole(undone: Transaction, original: Transaction): boolean {
  const { amount, approvedAmount = amount } = original;
  return undone.amount === undefined || approvedAmount === undefined || undone.amount >= approvedAmount;
}

function isDone({ outcome }: Transaction): boolean {
  return outcome === "approved" || outcome === "approvedPartly";
}
