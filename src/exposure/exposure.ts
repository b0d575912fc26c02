import { clockRecordOf } from "../domain/clock-record.ts";
import { parkingOf } from "../domain/gap.ts";
import type { RecordInput, Reducer, ReducerInput } from "../domain/reducer.ts";
import { settlementRecordOf } from "../domain/settlement.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { ExposureState } from "./state.ts";
import { takeSettlement } from "./take-settlement.ts";
import { takeTransaction } from "./take-transaction.ts";

/** Money at risk, folded from the ledger; `exposureAt` reads it. What each measure means stands in domain/exposure.ts. */
export const exposure: Reducer<ExposureState> = {
  name: "exposure",
  version: 1,
  kinds: new Set(["transaction", "settlement", "gap", "clock"]),
  begin: () => new ExposureState(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => ExposureState.unpack(text),
};

function step(state: ExposureState, input: ReducerInput): ExposureState {
  if (input.type === "tick") {
    state.unreported.confirmed(input.mark);
  } else if (input.seq > state.upTo) {
    state.upTo = input.seq;
    takeRecord(state, input);
  }
  return state;
}

function takeRecord(state: ExposureState, input: RecordInput): void {
  const { seq, moment, carried } = input;
  const told = transactionRecordOf(input);
  if (told !== undefined) state.unreported.take(told.transaction, seq, moment);
  const clock = clockRecordOf(input);
  if (clock !== undefined) state.times.take(moment, clock);
  if (!state.isNews(carried)) return;
  if (told !== undefined) {
    const { acquirer, terminal } = told.transaction;
    state.change(acquirer, terminal, (shelf) => takeTransaction(shelf, told, moment));
  }
  const settlement = settlementRecordOf(input);
  if (settlement !== undefined) {
    state.change(settlement.acquirer, settlement.terminal, (shelf) => takeSettlement(shelf, settlement, moment));
  }
  // What an earlier stream had parked is carried over, and so goes out again under a seq of this one.
  const parking = carried === undefined ? parkingOf(input) : undefined;
  if (parking?.event === "parked") state.parked.park(parking, moment);
  if (parking?.event === "released") state.parked.release(parking.seq);
}
