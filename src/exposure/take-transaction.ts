import { instantOf, type Moment } from "../domain/clock.ts";
import type { Transaction, TransactionEvent, TransactionRecord } from "../domain/transaction.ts";
import type { Entry, Shelf } from "./shelf.ts";
import { isDoneVoid, isToldAfterwards, isVoid, measureOf, moneyOf } from "./standing.ts";

/** After these the terminal waits for the acquirer. */
const ASKS: ReadonlySet<TransactionEvent> = new Set(["requested", "reversalRequested"]);
/** These may be the first that the ledger tells of a transaction. */
const FIRST: ReadonlySet<TransactionEvent> = new Set(["requested", "refused"]);

/** What a transaction's newest state makes of its terminal's shelf. */
export function takeTransaction(shelf: Shelf, { event, transaction }: TransactionRecord, moment: Moment): void {
  // A second answer to what was answered: its batch may have been settled since.
  if (event === "answeredAgain") return;
  const { id } = transaction;
  const before = shelf.entry(id) ?? sameAdvice(shelf, transaction);
  const money = moneyOf(transaction);
  const batch = transaction.batch ?? "";
  if (before === undefined && !isFirst(event, transaction)) {
    shelf.unfold(batch, money, instantOf(transaction.requestedAt) ?? moment.at);
  }
  const measure = cancelsAnother(shelf, transaction) ? undefined : measureOf(transaction);
  if (measure === undefined) {
    shelf.remove(id);
    return;
  }
  shelf.put(id, {
    ...money,
    measure,
    batch,
    since: before?.measure === measure ? before.since : moment,
    ...(ASKS.has(event) ? { underWaySince: moment } : {}),
    ...(measure === "notUploaded" ? { advice: adviceOf(transaction) } : {}),
    ...(before?.voidedBy === undefined ? {} : { voidedBy: before.voidedBy }),
  });
}

/** An original that is not in this ledger has a reversal as its first record. */
function isFirst(event: TransactionEvent, { reason, reversal }: Transaction): boolean {
  return (
    FIRST.has(event) || (reason === "originalUnknown" && event === "reversalRequested" && reversal?.attempts === 1)
  );
}

/**
 * An approved void and its original cancel each other; when the void is undone, the original counts again.
 *
 * @returns whether this is a void that cancels something here. One whose original is not known counts for itself.
 */
function cancelsAnother(shelf: Shelf, transaction: Transaction): boolean {
  const { id, originalTransaction } = transaction;
  const original = originalTransaction === undefined ? undefined : shelf.unsettled.get(originalTransaction);
  if (!isVoid(transaction) || originalTransaction === undefined || original === undefined) return false;
  if (isDoneVoid(transaction)) {
    shelf.put(originalTransaction, { ...original, voidedBy: id });
    return true;
  }
  if (original.voidedBy === id) {
    const { voidedBy: _undone, ...counted } = original;
    shelf.put(originalTransaction, counted);
  }
  return false;
}

/**
 * A terminal repeats an advice until it is answered. One that could not be sent, or that nobody judged, has failed for
 * the ledger and its repetition is another transaction there; the goods were sold once.
 */
function sameAdvice(shelf: Shelf, transaction: Transaction): Entry | undefined {
  if (!isToldAfterwards(transaction)) return undefined;
  const advice = adviceOf(transaction);
  for (const [id, entry] of shelf.open) {
    if (entry.advice !== advice) continue;
    shelf.remove(id);
    return entry;
  }
  return undefined;
}

function adviceOf({ kind, batch = "", stan, amount }: Transaction): string {
  return `${kind} ${batch} ${stan} ${amount ?? ""}`;
}
