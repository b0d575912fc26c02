import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { type alternativeAnswer, alternativeBody } from "../contract/payments.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { bodyProblem, paymentProblem } from "./payment-problems.ts";
import { keyIn, missingKey, PAYMENT_BODY_LIMIT, SELLERS } from "./payment-routes.ts";
import type { PaymentRoutesOptions } from "./payment-source.ts";
import { problem, sendProblem } from "./problems.ts";

const RECORDS = "/api/v1/records";
const MEMBERS = Object.keys(alternativeBody.shape);

/** `POST /api/v1/records`: cash, QR code, paper voucher, so that headquarters' picture of an outage is complete. */
export function alternativeRoutes(app: FastifyInstance, { source, access }: PaymentRoutesOptions, clock: Clock): void {
  app.post(RECORDS, { bodyLimit: PAYMENT_BODY_LIMIT }, async (request, reply) => {
    const asker = access.admit(request, reply, SELLERS);
    if (asker === undefined) return reply;
    const idempotencyKey = keyIn(request);
    if (idempotencyKey === undefined) return sendProblem(reply, missingKey());
    const body = alternativeBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, bodyProblem(body.error, MEMBERS));
    const { till = asker.name, ...wanted } = body.data;
    const start = await source.handIn({ asker, till, idempotencyKey, request: wanted });
    if (start.type === "refused") return sendProblem(reply, paymentProblem(start.refusal));
    const { event: _event, payment, ...record } = start.record;
    const answer: z.input<typeof alternativeAnswer> = {
      asOf: rfc3339(clock.now()),
      record: { ...record, orderId: payment.orderId, till: payment.till },
    };
    return reply.code(start.type === "recorded" ? 201 : 200).send(answer);
  });

  app.get(RECORDS, async (_, reply) => sendProblem(reply.header("allow", "POST"), problem("onlyPost")));
}
