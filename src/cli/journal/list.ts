import { displayCard } from "../../domain/card.ts";
import type { Transaction } from "../../domain/transaction.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { Output } from "../output.ts";
import { columns, displayAmount, localTime, printable } from "../text.ts";
import { isSelected, newestStates, type Selection, type Told } from "./selection.ts";

const HEADS = ["SEQ", "TIME", "TERMINAL", "KIND", "OUTCOME", "AMOUNT", "CARD", "CODE", "STAN"];

/** `journal list`: the newest transactions that fit, each as it stands now, the newest at the bottom. */
export function list(ledger: OfflineLedger, selection: Selection, limit: number, output: Output): number {
  const found: Told[] = [];
  let isMore = false;
  for (const told of newestStates(ledger.backward())) {
    if (!isSelected(told.transaction, selection)) continue;
    isMore = found.length >= limit;
    if (isMore) break;
    found.push(told);
  }
  for (const line of transactionTable(found.toReversed())) output.print(line);
  if (found.length === 0) output.complain("No transaction fits.");
  if (isMore) output.complain(`Only the newest ${limit} are shown; --limit shows more.`);
  return 0;
}

export function transactionTable(told: readonly Told[]): readonly string[] {
  return columns(
    HEADS,
    told.map(({ seq, carried, transaction }) =>
      [carried === undefined ? String(seq) : `${seq} (was ${carried.seq})`, ...cells(transaction)].map(printable),
    ),
  );
}

function cells(transaction: Transaction): readonly string[] {
  const { requestedAt, terminal, kind, outcome, hostApproved, amount, currency, card, responseCode, stan } =
    transaction;
  return [
    localTime(requestedAt),
    terminal,
    kind,
    hostApproved === true ? `${outcome} (host approved)` : outcome,
    amount === undefined ? "" : displayAmount(amount, currency),
    card === undefined ? "" : displayCard(card),
    responseCode ?? "",
    stan,
  ];
}
