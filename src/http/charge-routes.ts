import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { chargesQuery } from "../contract/http.ts";
import type { CHARGE_STATES, chargesAnswer } from "../contract/payments.ts";
import { assertNever } from "../domain/assert-never.ts";
import { isUnresolved, type Outcome, type Transaction, type TransactionKind } from "../domain/transaction.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { READERS } from "./payment-routes.ts";
import type { PaymentRoutesOptions, PaymentSource } from "./payment-source.ts";
import { problem, queryProblem, sendProblem } from "./problems.ts";
import type { LedgerPages } from "./sources.ts";
import { TransactionSearch } from "./transaction-search.ts";

type Charge = z.input<typeof chargesAnswer>["charges"][number];

const PARAMETERS = Object.keys(chargesQuery.shape);
/** Some two days of a busy shop; a customer asks about today. */
const BOUNDS = { maxRead: 20_000, maxKnown: 50_000 };
const MAX_FOUND = 200;

/** What takes a customer's money, or reserves it. */
const CHARGES: ReadonlySet<TransactionKind> = new Set([
  "sale",
  "preAuth",
  "completion",
  "completionAdvice",
  "offlineSale",
  "adjustment",
]);
const VOIDS: ReadonlySet<TransactionKind> = new Set(["saleVoid", "preAuthVoid", "completionVoid"]);

/** `GET /api/v1/charges`: was I charged? */
export function chargeRoutes(
  app: FastifyInstance,
  { source, access, hotline }: PaymentRoutesOptions,
  ledger: LedgerPages,
  clock: Clock,
): void {
  const search = new TransactionSearch(ledger, BOUNDS);
  let turn: Promise<unknown> = Promise.resolve();

  app.get("/api/v1/charges", async (request, reply) => {
    const asker = access.admit(request, reply, READERS);
    if (asker === undefined) return reply;
    const query = chargesQuery.safeParse(request.query);
    if (!query.success) return sendProblem(reply, queryProblem(query.error, PARAMETERS));
    const { last4, amount, from } = query.data;
    if (last4 === undefined && amount === undefined) {
      const errors = [{ field: "amount", remedy: "give the amount, or the card's last four digits, or both" }];
      return sendProblem(reply, problem("badQuery", { errors }));
    }
    const filter = { ...(amount === undefined ? {} : { amount }), ...(from === undefined ? {} : { from }) };
    const found = turn.then(async () => search.find({ filter, also: isUndoing, limit: MAX_FOUND }, request.signal));
    turn = found.catch(() => undefined);
    const page = await found;
    if (page === "tooFarBack") return sendProblem(reply, problem("tooFarBack"));
    const transactions = page.found.map((told) => told.transaction);
    const undoings = transactions.filter(isUndoing);
    const charges = transactions
      .filter((one) => CHARGES.has(one.kind) && couldBeOf(one, last4))
      .map((one) => chargeOf(one, undoneOf(one, undoings), source));
    const answer: z.input<typeof chargesAnswer> = {
      asOf: rfc3339(clock.now()),
      charges,
      isComplete: page.next === undefined,
      ...(hotline === undefined ? {} : { hotline }),
    };
    return answer;
  });
}

/** One in doubt often has no card yet: it could be anybody's. */
function couldBeOf({ card, outcome }: Transaction, last4: string | undefined): boolean {
  return last4 === undefined || (card === undefined ? isUnresolved(outcome) : card.last4 === last4);
}

/** What was undone may be of another amount than is asked for, or name none. */
function isUndoing({ kind, outcome, originalTransaction }: Transaction): boolean {
  return VOIDS.has(kind) && outcome === "approved" && originalTransaction !== undefined;
}

interface Undone {
  /** Of the charge, in minor units. */
  readonly left: number;
  /** RFC 3339: when the newest of it was. */
  readonly at: string;
}

/** @param undoings  Newest first. */
function undoneOf(charge: Transaction, undoings: readonly Transaction[]): Undone | undefined {
  const its = undoings.filter(({ originalTransaction }) => originalTransaction === charge.id);
  const [newest] = its;
  if (newest === undefined) return undefined;
  const charged = charge.approvedAmount ?? charge.amount ?? 0;
  const undone = its.reduce((sum, { amount = charged }) => sum + amount, 0);
  return { left: Math.max(0, charged - undone), at: newest.answeredAt ?? newest.requestedAt };
}

function chargedBy({ approvedAmount, amount }: Transaction, undone: Undone | undefined): number | undefined {
  return undone?.left ?? approvedAmount ?? amount;
}

function chargeOf(transaction: Transaction, undone: Undone | undefined, source: PaymentSource): Charge {
  const { id, terminal, outcome, card, currency, requestedAt, rrn, stan, authCode } = transaction;
  const state = undone?.left === 0 ? "reversed" : stateOf(outcome);
  const amount = state === "charged" ? chargedBy(transaction, undone) : transaction.amount;
  const reversedAt = undone?.at ?? transaction.reversal?.answeredAt ?? transaction.resolution?.at;
  const { nextCheckAt } = state === "notKnownYet" ? source.doubtView(transaction) : {};
  return {
    state,
    transaction: id,
    terminal,
    outcome,
    requestedAt,
    ...(amount === undefined ? {} : { amount }),
    ...(currency === undefined ? {} : { currency }),
    ...(card === undefined ? {} : { last4: card.last4 }),
    ...(state === "reversed" && reversedAt !== undefined ? { reversedAt } : {}),
    ...(nextCheckAt === undefined ? {} : { nextCheckAt }),
    ...(rrn === undefined ? {} : { rrn }),
    ...(stan === "" ? {} : { stan }),
    ...(authCode === undefined ? {} : { authCode }),
  };
}

function stateOf(outcome: Outcome): (typeof CHARGE_STATES)[number] {
  switch (outcome) {
    case "approved":
    case "approvedPartly":
      return "charged";
    case "declined":
    case "failed":
    case "refused":
      return "notCharged";
    case "reversed":
      return "reversed";
    case "inDoubt":
    case "reversing":
    case "reversalAbandoned":
      return "notKnownYet";
    default:
      return assertNever(outcome);
  }
}
