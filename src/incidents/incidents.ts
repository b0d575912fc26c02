import { diagnosisRecordOf } from "../domain/diagnosis.ts";
import { incidentRecordOf } from "../domain/incident.ts";
import type { RecordInput, Reducer, ReducerInput } from "../domain/reducer.ts";
import type { Transaction } from "../domain/transaction.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { lineIsWell, paymentEnded } from "./ending.ts";
import { foundCause, lateApproval } from "./joining.ts";
import { personsWord } from "./persons-word.ts";
import { IncidentsState, type Payment } from "./state.ts";

const DAY_MS = 86_400_000;
/** A cause may be named again within minutes; whoever joins later brings its own payment. */
const PAYMENTS_MOST = 400;
/** Closed ones are looked at again after 30 days, and kept that long. ms. */
const CLOSED_MS = 45 * DAY_MS;
const INCIDENTS_MOST = 500;

/** One incident for one cause, however many payments meet it: opened, joined and closed by what the ledger tells. */
export const incidents: Reducer<IncidentsState> = {
  name: "incidents",
  version: 1,
  kinds: new Set(["transaction", "diagnosis", "incident", "link", "terminal"]),
  begin: () => new IncidentsState(),
  step,
  derives: ({ wanted }) => wanted,
  pack: (state) => state.pack(),
  unpack: (text) => IncidentsState.unpack(text),
};

function step(state: IncidentsState, input: ReducerInput): IncidentsState {
  if (input.type === "tick" || input.seq <= state.now.upTo) return state;
  state.wanted = [];
  if (input.carried !== undefined) return state;
  state.now = { ...state.now, upTo: input.seq };
  take(state, input);
  forget(state, input.moment.at);
  return state;
}

function take(state: IncidentsState, input: RecordInput): void {
  const at: number = input.moment.at;
  const diagnosed = diagnosisRecordOf(input);
  if (diagnosed !== undefined) {
    foundCause(state, diagnosed, at);
    return;
  }
  const told = transactionRecordOf(input);
  if (told !== undefined) {
    const { transaction } = told;
    const payment = paymentOf(
      transaction,
      state.now.payments.find(({ id }) => id === transaction.id),
      at,
    );
    const others = state.now.payments.filter(({ id }) => id !== payment.id);
    state.now = { ...state.now, payments: [...others, payment].slice(-PAYMENTS_MOST) };
    if (told.event !== "requested") paymentEnded(state, told, payment, at);
    return;
  }
  const said = incidentRecordOf(input);
  if (said !== undefined) {
    // What it said itself is in its state since it said it.
    if (said.derived === undefined) personsWord(state, said, at);
    return;
  }
  const event = eventOf(input.body);
  if (input.kind === "link" && event === "verdictChanged") lineIsWell(state, input.body, at);
  if (input.kind === "terminal" && event === "lateApprovalAfterReversal") lateApproval(state, input, at);
}

function paymentOf(transaction: Transaction, known: Payment | undefined, at: number): Payment {
  const { id, terminal, kind, acquirer, card, originalTransaction: original } = transaction;
  const operator = transaction.operator ?? transaction.payment?.cashier;
  return {
    id,
    terminal,
    kind,
    at,
    ...(acquirer === undefined ? {} : { acquirer }),
    ...(card?.bin6 === undefined ? {} : { bin: card.bin6 }),
    ...(operator === undefined ? {} : { operator }),
    ...(original === undefined ? {} : { original }),
    ...(known?.cause === undefined ? {} : { cause: known.cause }),
    ...(known?.n === undefined ? {} : { n: known.n }),
  };
}

function eventOf(body: unknown): unknown {
  return typeof body === "object" && body !== null && "event" in body ? body.event : undefined;
}

function forget(state: IncidentsState, now: number): void {
  const isKept = ({ closedAt }: { readonly closedAt?: number }): boolean =>
    closedAt === undefined || closedAt >= now - CLOSED_MS;
  if (state.now.incidents.every(isKept) && state.now.incidents.length <= INCIDENTS_MOST) return;
  const kept = state.now.incidents.filter(isKept);
  // The oldest closed ones make room; an open one never does.
  const surplus = kept.length - INCIDENTS_MOST;
  const gone = new Set(kept.filter(({ closedAt }) => closedAt !== undefined).slice(0, Math.max(surplus, 0)));
  state.now = { ...state.now, incidents: kept.filter((one) => !gone.has(one)) };
}
