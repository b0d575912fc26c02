import type { PaymentAnswer, PaymentOrder, PaymentProgress } from "../../domain/payment.ts";
import type { Message } from "./codec/messages.ts";
import type { Ended } from "./conversation.ts";
import {
  approvalOf,
  doubtOf,
  isNewer,
  paymentAnswer,
  refused,
  type SaidVerdict,
  verdictOf,
} from "./machine/outcome.ts";
import { Told } from "./machine/told.ts";
import { needsOriginal, orderCommand } from "./orders.ts";
import { repeatReceiptPlan } from "./recoveries.ts";
import { remember, type SessionParts } from "./session-parts.ts";
import { passwordOf } from "./setup.ts";

/** Carries one order out. Never rejects, and never sends an order twice. */
export async function carryOut(
  parts: SessionParts,
  order: PaymentOrder,
  progress: (news: PaymentProgress) => void,
  cancel: AbortSignal,
): Promise<PaymentAnswer> {
  const { conversation, counters, setup, clock, memory } = parts;
  const { paymentType, hostCodes } = setup.options;
  const apdu = orderCommand(order, { password: passwordOf(setup), paymentType: Number.parseInt(paymentType, 16) });
  if (typeof apdu === "string") return notSent(apdu);
  if (cancel.aborted) return notSent("cancelled");
  if (conversation.busy) return notSent("busy");
  const told = new Told("customer");
  const take = (message: Message): void => {
    const news = told.take(message, clock.monotonicMs());
    if (news !== undefined) progress(news);
  };
  const running = conversation.run({ apdu, repeatable: false, completes: true }, { told: take, cancel });
  progress({ step: "sent" });
  const end = await running;
  told.end(clock.monotonicMs());
  if (end.type === "lost" && !end.sent) return notSent(doubtOf(end.error));
  counters.orders++;
  const verdict = await verdictAfter(parts, end, told, order);
  const isNewest = verdict.outcome === "approved" && !needsOriginal(order.kind);
  remember(memory, told.status, isNewest ? "newest" : "any");
  return paymentAnswer(verdict, told, order, hostCodes);
}

async function verdictAfter(parts: SessionParts, end: Ended, told: Told, order: PaymentOrder): Promise<SaidVerdict> {
  switch (end.type) {
    case "lost":
      return { outcome: "inDoubt", reason: doubtOf(end.error) };
    case "silent":
      return { outcome: "inDoubt", reason: end.timer === "T3" ? "noAnswer" : "noCompletion" };
    case "taken":
      return { outcome: "inDoubt", reason: "noResult" };
    default: {
      const verdict = verdictOf(end, told, parts.setup.options.hostCodes);
      return verdict.outcome === "unsaid" ? askWhatBecame(parts, order, told) : verdict;
    }
  }
}

/** The terminal's last receipt counts only if it is newer than any that was known before the order. */
async function askWhatBecame(
  { conversation, memory, setup, clock }: SessionParts,
  order: PaymentOrder,
  told: Told,
): Promise<SaidVerdict> {
  const asked = new Told("customer");
  const end = await conversation.run(repeatReceiptPlan(setup), {
    told: (message) => void asked.take(message, clock.monotonicMs()),
  });
  const { status } = asked;
  const doubt = { outcome: "inDoubt", reason: "noResult" } as const;
  if (end.type !== "completed" || status?.result === undefined) return doubt;
  const known = memory.newest;
  // Also what is no evidence for this order: it must not become one for the next.
  remember(memory, status, "newest");
  if (!isNewer({ receiptNumber: status.receiptNumber, stan: status.trace }, known)) return doubt;
  if (order.amount !== undefined && status.amount !== order.amount) return doubt;
  told.status = status;
  return status.result === 0 ? approvalOf(status) : refused(status.result, setup.options.hostCodes);
}

function notSent(reason: string): PaymentAnswer {
  return { outcome: "failed", notSent: true, reason, transaction: {} };
}
