import { z } from "zod";
import { assertNever } from "../../domain/assert-never.ts";
import { clockRecordOf } from "../../domain/clock-record.ts";
import { type Instant, instantOf } from "../../domain/clock.ts";
import { IS_INTERFERENCE, type InterferenceCause } from "../../domain/interference.ts";
import type { RecordInput, Reducer, ReducerInput } from "../../domain/reducer.ts";
import { STAGE_FAULTS, STAGES } from "../../domain/stage.ts";
import type { TransactionRecord } from "../../domain/transaction.ts";
import { transactionRecordOf } from "../../domain/transaction-history.ts";
import { type Cell, ImpactState } from "./state.ts";

/** An answer that took longer makes the customer ask what is going on. A starting value, not a standard's. ms. */
const SLOW_MS = 10_000;

const verdictChanged = z.object({
  event: z.literal("verdictChanged"),
  stage: z.enum(STAGES).exactOptional(),
  fault: z.enum(STAGE_FAULTS).exactOptional(),
  subject: z.string().exactOptional(),
});
const interference = z.object({
  event: z.enum(["interferenceBegan", "interferenceChanged", "interferenceEnded"]),
  channel: z.string(),
  verdict: z.object({
    cause: z.custom<InterferenceCause>((cause) => typeof cause === "string" && Object.hasOwn(IS_INTERFERENCE, cause)),
    evidence: z.array(z.object({ figure: z.string(), value: z.number(), unit: z.string() })),
  }),
});

/** Joins what was wrong with line and channels to the payments of the same minutes; `impactsAt` reads it. */
export const impact: Reducer<ImpactState> = {
  name: "impact",
  version: 1,
  kinds: new Set(["transaction", "link", "clock"]),
  begin: () => new ImpactState(),
  step,
  pack: (state) => state.pack(),
  unpack: (text) => ImpactState.unpack(text),
};

function step(state: ImpactState, input: ReducerInput): ImpactState {
  if (input.type === "tick" || input.seq <= state.upTo) return state;
  state.upTo = input.seq;
  // What a damaged stream left behind has its place in time, but its episodes may be missing: it says nothing here.
  if (input.carried !== undefined) return state;
  const told = transactionRecordOf(input);
  if (told !== undefined) takePayment(state, told, input.moment.at);
  else if (input.kind === "link") takeLink(state, input);
  // Whatever the last run saw, nobody looked at its end.
  else if (clockRecordOf(input)?.event === "started") state.end(() => true, input.moment.at);
  state.forget(input.moment.at);
  return state;
}

function takePayment(state: ImpactState, { event, transaction }: TransactionRecord, at: Instant): void {
  const add = endOf(event, transaction.hostMs);
  if (add !== undefined) state.count(instantOf(transaction.requestedAt) ?? at, transaction.terminal, add);
}

/** `undefined` for what is no end of a payment. A decline is an answer: the line did its work. */
function endOf(event: TransactionRecord["event"], hostMs = 0): Cell | undefined {
  switch (event) {
    case "answered":
      return { payments: 1, unanswered: 0, slow: hostMs > SLOW_MS ? 1 : 0 };
    case "unanswered":
    case "notSent":
      return { payments: 1, unanswered: 1, slow: 0 };
    case "requested":
    case "answeredLate":
    case "refused":
    case "reversalRequested":
    case "reversalAnswered":
    case "reversalAbandoned":
    case "confirmedByBatch":
    case "answeredAgain":
    case "resolved":
      return undefined;
    default:
      return assertNever(event);
  }
}

function takeLink(state: ImpactState, { body, moment }: RecordInput): void {
  const verdict = verdictChanged.safeParse(body);
  if (verdict.success) {
    const { fault, stage, subject } = verdict.data;
    state.end(({ of }) => of === "link", moment.at);
    if (fault === undefined) return;
    const where = { ...(stage === undefined ? {} : { stage }), ...(subject === undefined ? {} : { subject }) };
    state.begin({ of: "link", fault, ...where }, moment.at);
    return;
  }
  const found = interference.safeParse(body);
  if (!found.success) return;
  const { event, channel, verdict: said } = found.data;
  state.end((one) => one.of === "interference" && one.channel === channel, moment.at);
  if (event === "interferenceEnded") return;
  const [loudest] = said.evidence;
  const figure =
    loudest === undefined ? {} : { figure: { name: loudest.figure, value: loudest.value, unit: loudest.unit } };
  state.begin({ of: "interference", channel, cause: said.cause, ...figure }, moment.at);
}
