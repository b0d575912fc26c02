import { assertNever } from "../domain/assert-never.ts";
import type { Moment } from "../domain/clock.ts";
import type { SettlementRecord, SettlementTotals } from "../domain/settlement.ts";
import type { Batch, Shelf } from "./shelf.ts";
import { currencyKey } from "./standing.ts";

const ACCEPTED = "00";
/** DE39: reconcile error; a host may say it without the flags of DE48. */
const RECONCILE_ERROR = "95";

/** What came of a 0500 or 0320, for the terminal's batches and what stands in them. */
export function takeSettlement(shelf: Shelf, record: SettlementRecord, moment: Moment): void {
  switch (record.event) {
    case "requested":
      requested(shelf, record, moment);
      return;
    case "answered":
      answered(shelf, record, moment);
      return;
    case "detailUploaded":
      note(shelf, record, moment, {
        refusedDetails: record.responseCode === ACCEPTED ? 0 : (record.details ?? 0),
      });
      return;
    case "uploadEnded":
      // The host has every detail now, whatever the totals were.
      if (record.responseCode !== ACCEPTED) return;
      shelf.batches.delete(record.batch ?? "");
      shelf.settle(record.batch ?? "");
      return;
    case "batchClosed":
      batchClosed(shelf, record, moment);
      return;
    case "unanswered":
    case "notSent":
      shelf.claim = undefined;
      return;
    default:
      assertNever(record.event);
  }
}

function requested(shelf: Shelf, record: SettlementRecord, moment: Moment): void {
  const { batch = "", ledgerTotals, terminalTotals, ledgerAgrees } = record;
  shelf.claim = { batch, ...larger(terminalTotals, ledgerTotals) };
  if (ledgerAgrees === false) note(shelf, record, moment, { ledgerDisagrees: true });
  if (ledgerAgrees !== true) return;
  // The ledger follows this terminal again. Where the host has balanced an earlier batch, nothing is left to look for.
  for (const [name, known] of shelf.batches) keep(shelf, name, { ...known, ledgerDisagrees: false });
}

function answered(shelf: Shelf, record: SettlementRecord, moment: Moment): void {
  const { hostVerdict, responseCode, batch = "" } = record;
  const isBalanced = hostVerdict?.domestic === "balanced" && hostVerdict.foreign === "balanced";
  if (responseCode === ACCEPTED && isBalanced) {
    shelf.settle(batch);
    note(shelf, record, moment, { hostDisagrees: false, refusedDetails: 0 });
  } else if ((hostVerdict !== undefined && !isBalanced) || responseCode === RECONCILE_ERROR) {
    note(shelf, record, moment, { hostDisagrees: true });
  }
  shelf.claim = undefined;
}

/** The terminal itself says that its batch has gone to the host: there is no other verdict. */
function batchClosed(shelf: Shelf, record: SettlementRecord, moment: Moment): void {
  const { batch = "", ledgerAgrees } = record;
  shelf.settle(batch);
  note(shelf, record, moment, {
    hostDisagrees: false,
    refusedDetails: 0,
    ...(ledgerAgrees === undefined ? {} : { ledgerDisagrees: !ledgerAgrees }),
  });
  shelf.claim = undefined;
}

const NOTHING_AMISS = { hostDisagrees: false, ledgerDisagrees: false, refusedDetails: 0, debit: 0, credit: 0 };

type News = Partial<Pick<Batch, "hostDisagrees" | "ledgerDisagrees" | "refusedDetails">>;

function note(shelf: Shelf, record: SettlementRecord, moment: Moment, news: News): void {
  const { batch: name = "" } = record;
  const known = shelf.batches.get(name);
  const claim = shelf.claim?.batch === name ? shelf.claim : undefined;
  keep(shelf, name, {
    ...NOTHING_AMISS,
    since: moment,
    ...known,
    ...(claim === undefined ? {} : { debit: claim.debit, credit: claim.credit }),
    currency: currencyKey(record),
    ...news,
  });
}

function keep(shelf: Shelf, name: string, batch: Batch): void {
  const isAmiss = batch.hostDisagrees || batch.ledgerDisagrees || batch.refusedDetails > 0;
  if (isAmiss) shelf.batches.set(name, batch);
  else shelf.batches.delete(name);
}

/** All that may be at stake: of each side the larger of what the terminal claims and what the ledger holds. */
function larger(
  claim: SettlementRecord["terminalTotals"],
  ledger: SettlementTotals | undefined,
): { debit: number; credit: number } {
  return {
    debit: Math.max((claim?.domestic.debitAmount ?? 0) + (claim?.foreign.debitAmount ?? 0), ledger?.debitAmount ?? 0),
    credit: Math.max(
      (claim?.domestic.creditAmount ?? 0) + (claim?.foreign.creditAmount ?? 0),
      ledger?.creditAmount ?? 0,
    ),
  };
}
