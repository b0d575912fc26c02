import { displayCard } from "../../domain/card.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { decimalAmount } from "../text.ts";
import type { ShownTime } from "./dating.ts";
import type { Told } from "./selection.ts";

/** A spreadsheet takes these for the beginning of a formula, whatever stands in quotes (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n]/;

const amount = (transaction: Transaction, of: Transaction["amount"]): string =>
  of === undefined ? "" : decimalAmount(of, transaction.currency);

/** Column → what stands in it, in the order of the file. */
const COLUMNS: readonly (readonly [string, (transaction: Transaction) => string | number | undefined])[] = [
  ["id", (t) => t.id],
  ["requestedAt", (t) => t.requestedAt],
  ["answeredAt", (t) => t.answeredAt],
  ["terminal", (t) => t.terminal],
  ["acquirer", (t) => t.acquirer],
  ["kind", (t) => t.kind],
  ["outcome", (t) => t.outcome],
  ["hostApproved", (t) => (t.hostApproved === true ? "yes" : "")],
  ["amount", (t) => amount(t, t.amount)],
  ["approvedAmount", (t) => amount(t, t.approvedAmount)],
  ["currency", (t) => t.currency ?? t.currencyNumber],
  ["card", (t) => (t.card === undefined ? "" : displayCard(t.card))],
  ["entry", (t) => t.entryMode?.method],
  ["responseCode", (t) => t.responseCode],
  ["authCode", (t) => t.authCode],
  ["stan", (t) => t.stan],
  ["batch", (t) => t.batch],
  ["rrn", (t) => t.rrn],
  ["de41", (t) => t.de41],
  ["de42", (t) => t.de42],
  ["operator", (t) => t.operator],
  ["settlementDate", (t) => t.settlementDate],
  ["reason", (t) => t.reason],
];

/** `requestedAtCorrected`: when it really was, where the clock of then was wrong. `timeKnown`: whether any clock ever told. */
export const CSV_HEAD = row([
  "seq",
  ...COLUMNS.map(([name]) => name),
  "requestedAtCorrected",
  "timeKnown",
  "carriedStream",
  "carriedSeq",
]);

/** One line, with its end: RFC 4180. */
export function csvRow({ seq, carried, transaction }: Omit<Told, "moment">, { time, basis }: ShownTime): string {
  const corrected = basis === "redated" ? time : "";
  const timeKnown = basis === "unknown" ? "no" : "yes";
  return row([
    seq,
    ...COLUMNS.map(([, read]) => read(transaction)),
    corrected,
    timeKnown,
    carried?.stream,
    carried?.seq,
  ]);
}

function row(cells: readonly (string | number | undefined)[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(value: string | number | undefined): string {
  const text = String(value ?? "");
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}
