import { displayCard } from "../../domain/card.ts";
import type { Transaction } from "../../domain/transaction.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { Output } from "../output.ts";
import { columns, displayAmount, localTime, printable } from "../text.ts";
import { Dating, type ShownTime } from "./dating.ts";
import { isSelected, newestStates, type Selection, type Told } from "./selection.ts";

const HEADS = ["SEQ", "TIME", "TERMINAL", "KIND", "OUTCOME", "AMOUNT", "CARD", "CODE", "STAN"];

/** `journal list`: the newest transactions that fit, each as it stands now, the newest at the bottom. */
export function list(ledger: OfflineLedger, selection: Selection, limit: number, output: Output): number {
  const found: Told[] = [];
  const dating = new Dating(ledger);
  let isMore = false;
  for (const told of newestStates(ledger.backward())) {
    if (!isSelected(told, selection, () => dating.requestedAt(told).time)) continue;
    isMore = found.length >= limit;
    if (isMore) break;
    found.push(told);
  }
  const { lines, notes } = transactionTable(found.toReversed(), dating);
  for (const line of lines) output.print(line);
  if (found.length === 0) output.complain("No transaction fits.");
  if (isMore) output.complain(`Only the newest ${limit} are shown; --limit shows more.`);
  for (const note of notes) output.complain(note);
  return 0;
}

/** What stands behind a time that is not what the ledger says, or may be wrong. */
const MARKS = { synchronised: "", redated: " ~", unknown: " ?" } as const;
const NOTES = {
  redated: "~ Re-dated: the clock was not set then, and was later.",
  unknown: "? The clock was not set in all that time: it may have been another.",
} as const;

export interface Table {
  readonly lines: readonly string[];
  /** What its marks mean. */
  readonly notes: readonly string[];
}

export function transactionTable(told: readonly Told[], dating: Dating): Table {
  const rows = told.map((one) => ({ one, shown: dating.requestedAt(one) }));
  const lines = columns(
    HEADS,
    rows.map(({ one: { seq, carried, transaction }, shown }) =>
      [carried === undefined ? String(seq) : `${seq} (was ${carried.seq})`, ...cells(transaction, shown)].map(
        printable,
      ),
    ),
  );
  const bases = new Set(rows.map(({ shown }) => shown.basis));
  return { lines, notes: (["redated", "unknown"] as const).filter((basis) => bases.has(basis)).map((b) => NOTES[b]) };
}

function cells(transaction: Transaction, { time, basis }: ShownTime): readonly string[] {
  const { terminal, kind, outcome, hostApproved, amount, currency, card, responseCode, stan } = transaction;
  return [
    `${localTime(time)}${MARKS[basis]}`,
    terminal,
    kind,
    hostApproved === true ? `${outcome} (host approved)` : outcome,
    amount === undefined ? "" : displayAmount(amount, currency),
    card === undefined ? "" : displayCard(card),
    responseCode ?? "",
    stan,
  ];
}
