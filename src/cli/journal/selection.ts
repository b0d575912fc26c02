import { type Moment, momentOf } from "../../domain/clock.ts";
import { keyOf, type RecordKey, recordWithin } from "../../domain/carried.ts";
import type { Seq } from "../../domain/record.ts";
import type { Transaction, TransactionId } from "../../domain/transaction.ts";
import { fits, type TransactionFilter, transactionRecordOf } from "../../domain/transaction-history.ts";
import { LedgerError } from "../../queue/ledger-error.ts";
import type { StoredRecord } from "../../queue/page.ts";
import { decimalAmount } from "../text.ts";

/** What `list` and `export` are asked for. */
export interface Selection extends Omit<TransactionFilter, "amount"> {
  /** As people write it, in the currency's main unit: `123.45`. */
  readonly amount?: string;
}

/** A transaction as one record has it. */
export interface Told {
  readonly seq: Seq;
  /** Where the record counts, when this one only carries it. */
  readonly carried?: RecordKey;
  readonly transaction: Transaction;
  /** When the record was written, by both clocks. */
  readonly moment: Moment | undefined;
}

/** @throws LedgerError `store.damaged` when it is not a JSON object. */
export function envelopeOf({ seq, envelope }: StoredRecord): object {
  try {
    const parsed: unknown = JSON.parse(envelope.toString("utf8"));
    if (typeof parsed === "object" && parsed !== null) return parsed;
  } catch (cause) {
    throw new LedgerError({ code: "store.damaged", detail: `record ${seq} is not JSON` }, { cause });
  }
  throw new LedgerError({ code: "store.damaged", detail: `record ${seq} is not an envelope` });
}

/** @throws LedgerError `store.damaged` when its envelope cannot be read. */
export function toldBy(record: StoredRecord): Told | undefined {
  if (record.kind !== "transaction" && record.kind !== "carried") return undefined;
  const outermost = envelopeOf(record);
  const envelope: object = recordWithin(outermost);
  const told = transactionRecordOf(envelope);
  if (told === undefined) return undefined;
  const carried = envelope === outermost ? undefined : keyOf(envelope);
  return {
    seq: record.seq,
    transaction: told.transaction,
    moment: momentOf(envelope),
    ...(carried === undefined ? {} : { carried }),
  };
}

/** Each transaction once, as its newest record has it. @param records  Newest first. */
export function* newestStates(records: Iterable<StoredRecord>): Generator<Told> {
  const seen = new Set<TransactionId>();
  for (const record of records) {
    const told = toldBy(record);
    if (told === undefined || seen.has(told.transaction.id)) continue;
    seen.add(told.transaction.id);
    yield told;
  }
}

/** @param requestedAt  When it really was requested; asked for only where times are looked for. */
export function isSelected(
  { transaction }: Told,
  { amount, ...filter }: Selection,
  requestedAt: () => string,
): boolean {
  const asksForTimes = filter.from !== undefined || filter.to !== undefined;
  if (!fits(transaction, filter, asksForTimes ? requestedAt() : transaction.requestedAt)) return false;
  if (amount === undefined) return true;
  if (transaction.amount === undefined) return false;
  return Number(decimalAmount(transaction.amount, transaction.currency)) === Number(amount);
}

/** Whether it asks for anything that only a transaction has. */
export function selectsTransactions({ outcome, code, last4, amount }: Selection): boolean {
  return [outcome, code, last4, amount].some((wanted) => wanted !== undefined);
}
