import type { PaymentId, PaymentOrder } from "../../domain/payment.ts";
import type { PaymentRefusal, PaymentRequest } from "../../domain/payment-request.ts";
import type { PaymentReference } from "../../domain/transaction.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import type { TerminalClaim } from "../claim.ts";
import { learnNumbers } from "./learn-numbers.ts";
import type { Original } from "./original.ts";
import { PaymentRun } from "./payment-run.ts";
import { type DeskDeps, draftOf } from "./ports.ts";
import type { Standing } from "./standing.ts";
import { requested } from "./transaction-of.ts";

/** What an order is when its terminal was taken. */
export interface DecidedOrder {
  readonly id: PaymentId;
  readonly request: PaymentRequest;
  readonly payment: PaymentReference;
  readonly original: Original;
}

/** An order that is in the ledger and may go out. */
export interface DurableOrder {
  readonly order: PaymentOrder;
  readonly run: PaymentRun;
}

/**
 * Puts an order into the ledger, with the newest that is known of its terminal. Nothing has been sent when it returns.
 *
 * @param refusal  Asked last before the ledger is: why nothing may begin any more.
 */
export async function makeDurable(
  deps: DeskDeps,
  standing: Standing,
  { terminal, abilities, session }: TerminalClaim,
  { id, request, payment, original }: DecidedOrder,
  refusal: () => PaymentRefusal | undefined,
): Promise<DurableOrder | PaymentRefusal> {
  const { clock, ledger, log } = deps;
  await learnNumbers(deps, standing, { terminal, abilities, session });
  const refused = refusal();
  if (refused !== undefined) return refused;
  const begun = requested(request, {
    id,
    terminal,
    payment,
    requestedAt: rfc3339(clock.now()),
    after: standing.newest(terminal),
    originalTransaction: original.transaction,
  });
  try {
    await ledger.append(draftOf("requested", begun));
  } catch (error) {
    log.error("payment.notRecorded", { terminal, error });
    return { refused: "notRecorded" };
  }
  return { order: orderOf(id, request, original), run: new PaymentRun(begun, abilities.cancels) };
}

function orderOf(
  id: PaymentId,
  { kind, amount, currency, cashier }: PaymentRequest,
  { original }: Original,
): PaymentOrder {
  return {
    payment: id,
    kind,
    currency,
    ...(amount === undefined ? {} : { amount }),
    ...(original === undefined ? {} : { original }),
    ...(cashier === undefined ? {} : { cashier }),
  };
}
