import { displayCard } from "../../domain/card.ts";
import type { Envelope } from "../../domain/record.ts";
import type { Transaction } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import { TERMINAL_STATES } from "../../domain/terminal.ts";
import { terminalRecordOf, textOf } from "../../terminals/terminal-record.ts";
import type { Words } from "./words.ts";

/** Requests, repeats and the like come before an end; only the ends are worth a line. */
const TELLING = new Set([
  "answered",
  "answeredLate",
  "unanswered",
  "notSent",
  "resolved",
  "reversalAnswered",
  "reversalAbandoned",
]);

/** One line for what headquarters has just stored; `undefined` where that is not worth one. */
export function told(envelope: Envelope, words: Words): string | undefined {
  const what = sale(envelope, words) ?? state(envelope, words);
  return what === undefined ? undefined : `   HQ <- ${envelope.at.slice(11, 19)} #${envelope.seq} ${what}`;
}

function sale(envelope: Envelope, words: Words): string | undefined {
  const record = transactionRecordOf(envelope);
  return record === undefined || !TELLING.has(record.event) ? undefined : describe(record.transaction, words);
}

function describe(transaction: Transaction, words: Words): string {
  const { terminal, kind, stan, amount, currency = "", card, outcome, responseCode, resolution } = transaction;
  const number = stan === "" ? "" : ` ${stan}`;
  const sum = amount === undefined ? "" : ` ${(amount / 100).toFixed(2)} ${currency}`;
  const shown = card === undefined ? "" : ` ${displayCard(card)}`;
  const code = responseCode === undefined || responseCode === "00" ? "" : ` (${responseCode})`;
  return `${terminal} ${kind}${number}${sum}${shown}: ${words.ended(outcome, resolution?.by)}${code}`;
}

/** How a terminal that tillgate drives has become. */
function state(envelope: Envelope, words: Words): string | undefined {
  const record = terminalRecordOf(envelope);
  if (record?.event !== "stateChanged") return undefined;
  const to = TERMINAL_STATES.find((known) => known === textOf(record, "to"));
  return to === undefined ? undefined : `${envelope.terminal ?? ""}: ${words.states[to]}`;
}
