import type { PaymentAnswer, PaymentOrder } from "../../domain/payment.ts";
import { isUnresolved, type Transaction } from "../../domain/transaction.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import type { TerminalClaim } from "../claim.ts";
import type { PaymentRun } from "./payment-run.ts";
import { type DeskDeps, draftOf } from "./ports.ts";
import type { Standing } from "./standing.ts";
import { answered, eventOf } from "./transaction-of.ts";

/** Has a terminal carry out what is in the ledger already, and puts what came of it there before anybody hears it. */
export async function carryOut(
  deps: DeskDeps,
  standing: Standing,
  claim: TerminalClaim,
  order: PaymentOrder,
  run: PaymentRun,
): Promise<Transaction> {
  using held = claim;
  const answer = await answerTo(deps, held, order, run);
  const end = answered(run.begun, answer, rfc3339(deps.clock.now()));
  const isKept = await recordEnd(deps, end, answer);
  // What neither disk nor memory took is in doubt for the next start, and so it is now.
  standing.take(isKept || isUnresolved(end.outcome) ? end : run.begun);
  return end;
}

async function answerTo(
  { log }: DeskDeps,
  { session }: TerminalClaim,
  order: PaymentOrder,
  run: PaymentRun,
): Promise<PaymentAnswer> {
  try {
    return await session.pay(order, (progress) => run.tell(progress), run.cancelled);
  } catch (error) {
    // No driver may do that; when one does, nobody knows what its terminal did.
    log.error("payment.driverFailed", { payment: order.payment, terminal: run.begun.terminal, error });
    return { outcome: "inDoubt", reason: "driverFailed", transaction: {} };
  }
}

/** @returns whether it is in the ledger, or is held until the disk takes it. */
async function recordEnd({ recorder, log }: DeskDeps, end: Transaction, answer: PaymentAnswer): Promise<boolean> {
  const event = eventOf(answer);
  try {
    await recorder.record(draftOf(event, end, answer.cardToken));
    return true;
  } catch (error) {
    log.error("payment.endNotRecorded", { payment: end.id, isHeld: recorder.isHolding, error });
    if (recorder.isHolding) return true;
  }
  // The record itself could not be kept: its receipts are the only part that can be large.
  const { receipts: _left, ...rest } = end;
  try {
    await recorder.record(draftOf(event, rest));
    return true;
  } catch {
    return recorder.isHolding;
  }
}
