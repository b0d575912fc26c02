import { clockRecordOf } from "../domain/clock-record.ts";
import { diagnosisRecordOf } from "../domain/diagnosis.ts";
import { incidentRecordOf } from "../domain/incident.ts";
import type { RecordInput, Reducer, ReducerInput } from "../domain/reducer.ts";
import type { Transaction } from "../domain/transaction.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { lineChanged, paymentEnded } from "./ending.ts";
import { foundCause, lateApproval } from "./joining.ts";
import { personsWord } from "./persons-word.ts";
import { IncidentsState, type Payment } from "./state.ts";

/** One incident for one cause, however many payments meet it: opened, joined and closed by what the ledger tells. */
export const incidents: Reducer<IncidentsState> = {
  name: "incidents",
  version: 1,
  kinds: new Set(["transaction", "diagnosis", "incident", "link", "terminal", "clock"]),
  begin: () => new IncidentsState(),
  step,
  derives: ({ wanted }) => wanted,
  pack: (state) => state.pack(),
  unpack: (text) => IncidentsState.unpack(text),
};

function step(state: IncidentsState, input: ReducerInput): IncidentsState {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  state.wanted = [];
  if (input.carried !== undefined) return state;
  take(state, input);
  if (input.kind === "incident") state.forget(input.moment.at);
  return state;
}

function take(state: IncidentsState, input: RecordInput): void {
  const at: number = input.moment.at;
  switch (input.kind) {
    case "transaction":
      takePayment(state, input, at);
      return;
    case "diagnosis": {
      const diagnosed = diagnosisRecordOf(input);
      if (diagnosed !== undefined) foundCause(state, diagnosed, at);
      return;
    }
    case "incident": {
      const said = incidentRecordOf(input);
      // What it said itself is in its state since it said it.
      if (said !== undefined && said.derived === undefined) personsWord(state, said, at);
      return;
    }
    case "link":
      lineChanged(state, input.body, at);
      return;
    // Nobody looked while the daemon was away: what was wrong before is told again if it still is.
    case "clock":
      if (clockRecordOf(input)?.event === "started") state.lineFaults.clear();
      return;
    case "terminal":
      if (eventOf(input.body) === "lateApprovalAfterReversal") lateApproval(state, input, at);
      return;
    default:
  }
}

function takePayment(state: IncidentsState, input: RecordInput, at: number): void {
  const told = transactionRecordOf(input);
  if (told === undefined) return;
  const payment = paymentOf(told.transaction, state.payments.get(told.transaction.id), at);
  state.pay(payment);
  if (told.event !== "requested") paymentEnded(state, told, payment, at);
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
