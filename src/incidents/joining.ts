import { assertNever } from "../domain/assert-never.ts";
import type { DiagnosisCause, DiagnosisRecord } from "../domain/diagnosis.ts";
import { type IncidentPlace, SEVERITIES, type Severity } from "../domain/incident.ts";
import type { RecordInput } from "../domain/reducer.ts";
import { acquirerId, terminalId } from "../domain/terminal.ts";
import { transactionId } from "../domain/transaction.ts";
import { BY_RULE, close, say } from "./change.ts";
import { type Incident, isOpen, placeKey } from "./incident.ts";
import { APPROVED_AFTER_REVERSAL, type IncidentRule, RULE_OF } from "./rules.ts";
import type { IncidentsState, Payment } from "./state.ts";

/** What comes back within this time was never over. ms. */
const REOPENED_MS = 24 * 3_600_000;
/** Ids that stay with it; the payments themselves are in the ledger. */
const TRANSACTIONS_MOST = 50;
/** At these numbers of payments it is told again. */
const TOLD_AT: ReadonlySet<number> = new Set([5, 10, 25, 50, 100, 250, 500, 1_000]);
/** So many payments, or terminals, and it is graver than it began. */
const ESCALATED_AT = 10;

/** A payment's cause is found, or another one than before. */
export function foundCause(state: IncidentsState, { transaction, diagnosis }: DiagnosisRecord, at: number): void {
  const known = state.payments.get(transaction);
  if (known === undefined) return;
  const { cause } = diagnosis;
  const rule = RULE_OF[cause];
  const { n: before, ...rest } = known;
  const here = rule === undefined ? undefined : openAt(state, rule, placeIn(state, rule, known));
  const payment: Payment = before !== undefined && here?.n === before ? { ...known, cause } : { ...rest, cause };
  state.replace(payment);
  if (before !== undefined && here?.n !== before) leave(state, before, payment, at);
  if (rule === undefined) return;
  if (here !== undefined) {
    join(state, here, [payment], at);
    return;
  }
  const alike = alikeTo(state, rule, payment);
  if (alike.length >= rule.from) open(state, rule, alike, cause, at);
}

/** The host approved what the terminal had taken back: the customer has paid for nothing. */
export function lateApproval(state: IncidentsState, { body, terminal }: RecordInput, at: number): void {
  const id = transactionOf(body);
  const payment = id === undefined ? undefined : state.payments.get(id);
  if (terminal === undefined || payment === undefined) return;
  open(state, APPROVED_AFTER_REVERSAL, [payment], "reversal.abandoned", at);
}

function transactionOf(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null || !("detail" in body)) return undefined;
  const { detail } = body;
  if (typeof detail !== "object" || detail === null || !("transaction" in detail)) return undefined;
  return typeof detail.transaction === "string" ? detail.transaction : undefined;
}

function openAt(state: IncidentsState, { kind }: IncidentRule, place: IncidentPlace): Incident | undefined {
  const key = placeKey(kind, place);
  return state.open().find((one) => placeKey(one.kind, one.place) === key);
}

/** Those that would open the same incident, the newest last. */
function alikeTo(state: IncidentsState, rule: IncidentRule, payment: Payment): readonly Payment[] {
  const key = placeKey(rule.kind, placeIn(state, rule, payment));
  return [...state.payments.values()].filter((one) => {
    const its = one.cause === undefined ? undefined : RULE_OF[one.cause];
    if (its?.kind !== rule.kind || one.n !== undefined || payment.at - one.at > rule.withinMs) return false;
    return placeKey(its.kind, placeIn(state, its, one)) === key;
  });
}

/** So many single payments with one kind of trouble, and it is one trouble of the terminal. */
const SINGLES_MOST = 20;

function placeIn(state: IncidentsState, rule: IncidentRule, payment: Payment): IncidentPlace {
  const place = placeOf(rule, payment);
  if (place.transaction === undefined || openAt(state, rule, place) !== undefined) return place;
  const singles = state.open().filter(({ kind, place: its }) => kind === rule.kind && its.transaction !== undefined);
  return singles.length < SINGLES_MOST ? place : { terminal: terminalId(payment.terminal) };
}

function placeOf({ bound }: IncidentRule, payment: Payment): IncidentPlace {
  const { id, terminal, acquirer, bin, operator, original } = payment;
  const at = acquirer === undefined ? {} : { acquirer: acquirerId(acquirer) };
  switch (bound) {
    case "acquirer":
      return at;
    case "terminal":
      return { terminal: terminalId(terminal) };
    case "bin":
      return { ...at, ...(bin === undefined ? {} : { bin }) };
    case "operator":
      return operator === undefined ? { terminal: terminalId(terminal) } : { operator };
    case "transaction":
      return { transaction: transactionId(original ?? id) };
    case "shop":
      return {};
    default:
      return assertNever(bound);
  }
}

function open(
  state: IncidentsState,
  rule: IncidentRule,
  payments: readonly Payment[],
  cause: DiagnosisCause,
  at: number,
): void {
  const newest = payments.at(-1);
  if (newest === undefined) return;
  const place = placeIn(state, rule, newest);
  const back = [...state.incidents.values()].findLast(
    (one) => placeKey(one.kind, one.place) === placeKey(rule.kind, place) && at - (one.closedAt ?? 0) <= REOPENED_MS,
  );
  if (back !== undefined) {
    const { closedAt: _closed, ...rest } = back;
    state.put({ ...rest, state: "open", reopened: back.reopened + 1, changedAt: at, cause });
    say(
      state,
      { event: "reopened", n: back.n, kind: back.kind, cause, transaction: transactionId(newest.id) },
      place.terminal,
    );
    addTo(state, back.n, payments, at);
    return;
  }
  const n = state.next;
  const incident: Incident = {
    n,
    kind: rule.kind,
    situation: rule.situation,
    place,
    severity: rule.severity,
    endedBy: rule.endedBy,
    state: "open",
    openedAt: at,
    changedAt: at,
    reopened: 0,
    cause,
    ...(rule.endedBy === "sameKindApproval" ? { transactionKind: newest.kind } : {}),
    payments: 0,
    transactions: [],
    terminals: [],
    notes: [],
  };
  state.next += 1;
  state.put(incident);
  addTo(state, n, payments, at);
  const { kind, severity } = incident;
  const count = payments.length;
  const transaction = transactionId(newest.id);
  say(state, { event: "opened", n, kind, place, severity, cause, transaction, payments: count }, place.terminal);
}

function join(state: IncidentsState, incident: Incident, payments: readonly Payment[], at: number): void {
  const after = addTo(state, incident.n, payments, at);
  const newest = payments.at(-1);
  if (after === undefined || newest === undefined) return;
  const { n, kind, place } = after;
  const isNews = after.terminals.length > incident.terminals.length || TOLD_AT.has(after.payments);
  const transaction = transactionId(newest.id);
  if (isNews && after.payments > incident.payments)
    say(state, { event: "joined", n, kind, transaction, payments: after.payments }, place.terminal);
  const severity = graver(after.severity);
  if (after.payments < ESCALATED_AT || incident.payments >= ESCALATED_AT || severity === undefined) return;
  state.put({
    ...after,
    severity,
    notes: [...after.notes, { at, event: "escalated", who: BY_RULE, why: "manyPayments" }],
  });
  say(state, { event: "escalated", n, kind, severity, why: "manyPayments", payments: after.payments }, place.terminal);
}

function graver(severity: Severity): Severity | undefined {
  return SEVERITIES[SEVERITIES.indexOf(severity) + 1];
}

function addTo(state: IncidentsState, n: number, payments: readonly Payment[], at: number): Incident | undefined {
  const incident = state.incidents.get(n);
  if (incident === undefined) return undefined;
  const news = payments.filter((one) => one.n !== n);
  const after: Incident = {
    ...incident,
    changedAt: at,
    cause: payments.at(-1)?.cause ?? incident.cause,
    payments: incident.payments + news.length,
    transactions: [...incident.transactions, ...news.map(({ id }) => id)].slice(-TRANSACTIONS_MOST),
    terminals: [...new Set([...incident.terminals, ...payments.map(({ terminal }) => terminal)])],
  };
  state.put(after);
  for (const payment of payments) state.replace({ ...payment, n });
  return after;
}

/** It turned out to be something else. Nobody's incident any more, it is closed. */
function leave(state: IncidentsState, n: number, { id }: Payment, at: number): void {
  const incident = state.incidents.get(n);
  if (incident === undefined || !isOpen(incident)) return;
  const transactions = incident.transactions.filter((one) => one !== id);
  const after = { ...incident, transactions, payments: Math.max(incident.payments - 1, 0), changedAt: at };
  state.put(after);
  if (after.payments === 0) close(state, after, "anotherCause", at);
}
