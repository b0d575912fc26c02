import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { type paymentAnswer, paymentBody } from "../contract/payments.ts";
import { assertNever } from "../domain/assert-never.ts";
import { type PaymentId, paymentId } from "../domain/payment.ts";
import type { RunningPayment } from "../domain/payment-request.ts";
import type { Asker, Role } from "../domain/role.ts";
import type { Transaction } from "../domain/transaction.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { streamEvents } from "./payment-events.ts";
import { bodyProblem, otherProblem, paymentProblem } from "./payment-problems.ts";
import type { PaymentRoutesOptions } from "./payment-source.ts";
import { isRunning, transactionOf, viewOf } from "./payment-views.ts";
import { problem, sendProblem } from "./problems.ts";

/** contracts.md, "Local HTTP". */
const WAIT_MS = 25_000;
/** ms beyond it that an answer may take. */
const SLACK_MS = 10_000;
/** Bytes. A payment's body is some 300; free texts are bounded. */
export const PAYMENT_BODY_LIMIT = 4_096;

/** Everybody: whoever holds a till's token sees that till's alone. */
export const READERS: ReadonlySet<Role> = new Set(["till", "staff", "supervisor", "technician", "auditor"]);
export const SELLERS: ReadonlySet<Role> = new Set(["till", "staff", "supervisor"]);

const PAYMENTS = "/api/v1/payments";
const MEMBERS = Object.keys(paymentBody.shape);
const KEY = /^[\x21-\x7e]{1,128}$/;

interface ById {
  Params: { readonly id: string };
}

/** `POST /api/v1/payments` and what belongs to it. */
export function paymentRoutes(app: FastifyInstance, options: PaymentRoutesOptions, clock: Clock): void {
  const { source, access, waitMs = WAIT_MS } = options;
  const answer = (payment: RunningPayment | Transaction): z.input<typeof paymentAnswer> => ({
    asOf: rfc3339(clock.now()),
    payment: viewOf(payment, source),
  });
  // Longer than the others may take.
  const deadline = { handlerTimeout: waitMs + SLACK_MS, bodyLimit: PAYMENT_BODY_LIMIT };

  app.post(PAYMENTS, deadline, async (request, reply) => {
    const asker = access.admit(request, reply, SELLERS);
    if (asker === undefined) return reply;
    const idempotencyKey = keyIn(request);
    if (idempotencyKey === undefined) return sendProblem(reply, missingKey());
    const body = paymentBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, bodyProblem(body.error, MEMBERS));
    const { till = asker.name, ...wanted } = body.data;
    const start = await source.pay({ asker, till, idempotencyKey, request: wanted });
    switch (start.type) {
      case "refused":
        return sendProblem(reply, paymentProblem(start.refusal));
      case "known":
        return answer(start.transaction);
      case "running": {
        const { run } = start;
        // While nothing is sent the connection looks dead to the server.
        request.socket.setTimeout(waitMs + SLACK_MS);
        if (await endsWithin(run, waitMs, clock, goneSignal(reply))) return answer(run);
        return reply.code(202).header("location", `${PAYMENTS}/${run.begun.id}`).send(answer(run));
      }
      default:
        return assertNever(start);
    }
  });

  const known = async (request: FastifyRequest<ById>, reply: FastifyReply): Promise<Known | undefined> => {
    const asker = access.admit(request, reply, READERS);
    if (asker === undefined) return undefined;
    const id = idIn(request);
    const payment = id === undefined ? undefined : await source.find(id);
    if (payment === "freed") void sendProblem(reply, otherProblem("paymentFreed"));
    else if (payment === undefined || !isTheirs(payment, asker)) void sendProblem(reply, otherProblem("noSuchPayment"));
    else return { asker, payment };
    return undefined;
  };

  app.get<ById>(`${PAYMENTS}/:id`, async (request, reply) => {
    const found = await known(request, reply);
    return found === undefined ? reply : answer(found.payment);
  });

  app.get<ById>(`${PAYMENTS}/:id/events`, async (request, reply) => {
    const found = await known(request, reply);
    if (found === undefined) return reply;
    const { payment } = found;
    if (!streamEvents(reply, { payment, answer, clock })) return sendProblem(reply, otherProblem("tooManyListeners"));
    return reply;
  });

  app.post<ById>(`${PAYMENTS}/:id/cancel`, { bodyLimit: PAYMENT_BODY_LIMIT }, async (request, reply) => {
    const found = await known(request, reply);
    if (found === undefined) return reply;
    const { asker, payment } = found;
    if (asker.role !== "admin" && !SELLERS.has(asker.role)) {
      return sendProblem(reply, paymentProblem({ refused: "notPermitted" }));
    }
    if (!isRunning(payment) || payment.result !== undefined) return sendProblem(reply, otherProblem("notRunning"));
    if (!payment.canCancel) return sendProblem(reply, otherProblem("cannotCancel"));
    payment.cancel();
    return reply.code(202).header("location", `${PAYMENTS}/${payment.begun.id}`).send(answer(payment));
  });

  app.get(PAYMENTS, async (_, reply) => sendProblem(reply.header("allow", "POST"), problem("onlyPost")));
}

interface Known {
  readonly asker: Asker;
  readonly payment: RunningPayment | Transaction;
}

function isTheirs(payment: RunningPayment | Transaction, { name, role }: Asker): boolean {
  return role !== "till" || transactionOf(payment).payment?.till === name;
}

function idIn(request: FastifyRequest<ById>): PaymentId | undefined {
  const { id } = request.params;
  return /^[0-9a-f-]{1,64}$/.test(id) ? paymentId(id) : undefined;
}

/** As draft-ietf-httpapi-idempotency-key-header has it, quotes included: whoever sends them sends them again. */
export function keyIn(request: FastifyRequest): string | undefined {
  const header = request.headers["idempotency-key"];
  return typeof header === "string" && KEY.test(header) ? header : undefined;
}

export function missingKey(): ReturnType<typeof otherProblem> {
  const remedy = "1 to 128 printable characters without spaces";
  return otherProblem("missingKey", { errors: [{ field: "Idempotency-Key", remedy }] });
}

/** Fires when nobody waits any more. Fastify's `request.signal` fires as soon as a body has been read. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => gone.abort(new Error("the connection has ended")));
  return gone.signal;
}

/** @throws the signal's reason, when nobody waits any more; the payment goes on. */
async function endsWithin(run: RunningPayment, ms: number, clock: Clock, signal: AbortSignal): Promise<boolean> {
  if (run.result !== undefined) return true;
  const over = new AbortController();
  const tooLong = clock.sleep(ms, AbortSignal.any([signal, over.signal])).then(() => false);
  try {
    return await Promise.race([run.done.then(() => true), tooLong]);
  } finally {
    over.abort(new Error("the payment has ended"));
    tooLong.catch(() => undefined);
  }
}
