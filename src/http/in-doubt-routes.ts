import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { type inDoubtAnswer, resolveBody } from "../contract/payments.ts";
import { transactionId } from "../domain/transaction.ts";
import type { Role } from "../domain/role.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { bodyProblem, otherProblem, paymentProblem } from "./payment-problems.ts";
import { PAYMENT_BODY_LIMIT, READERS } from "./payment-routes.ts";
import type { PaymentRoutesOptions } from "./payment-source.ts";
import { doubtOf } from "./payment-views.ts";
import { problem, sendProblem } from "./problems.ts";

const RESOLVERS: ReadonlySet<Role> = new Set(["supervisor"]);
const RESOLVE = "/api/v1/in-doubt/:id/resolve";
const MEMBERS = Object.keys(resolveBody.shape);

interface ById {
  Params: { readonly id: string };
}

/** The in-doubt desk: what nobody saw the end of, and a named person's word on it. */
export function inDoubtRoutes(app: FastifyInstance, { source, access }: PaymentRoutesOptions, clock: Clock): void {
  app.get("/api/v1/in-doubt", async (request, reply) => {
    const asker = access.admit(request, reply, READERS);
    if (asker === undefined) return reply;
    const all = source.inDoubt();
    if (all === undefined) return sendProblem(reply, paymentProblem({ refused: "notReady" }));
    const theirs =
      asker.role === "till" ? all.filter(({ transaction: { payment } }) => payment?.till === asker.name) : all;
    const answer: z.input<typeof inDoubtAnswer> = { asOf: rfc3339(clock.now()), inDoubt: theirs.map(doubtOf) };
    return answer;
  });

  app.post<ById>(RESOLVE, { bodyLimit: PAYMENT_BODY_LIMIT }, async (request, reply) => {
    const asker = access.admit(request, reply, RESOLVERS);
    if (asker === undefined) return reply;
    const body = resolveBody.safeParse(request.body);
    if (!body.success) return sendProblem(reply, bodyProblem(body.error, MEMBERS));
    const { as, reason, by } = body.data;
    const person = by === undefined ? asker : { ...asker, name: `${by} (${asker.name})` };
    const end = await source.resolve(transactionId(request.params.id), as, reason, person);
    if (!("refused" in end)) {
      const { id, outcome, resolution } = end;
      return { asOf: rfc3339(clock.now()), id, outcome, resolution };
    }
    return end.refused === "notInDoubt"
      ? sendProblem(reply, otherProblem("notInDoubt"))
      : sendProblem(reply, paymentProblem({ refused: end.refused }));
  });

  app.get(RESOLVE, async (_, reply) => sendProblem(reply.header("allow", "POST"), problem("onlyPost")));
}
