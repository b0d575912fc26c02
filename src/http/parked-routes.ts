import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { type parkedAnswer, parkedView, type resendAnswer } from "../contract/http.ts";
import type { ParkedRecord } from "../domain/parked-records.ts";
import type { Role } from "../domain/role.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import type { Access } from "./access.ts";
import { problem, sendProblem } from "./problems.ts";

/** The uplink's side of what the broker cannot be given. */
export interface ParkedSource {
  parked(): readonly ParkedRecord[];
  /** @returns false when it is not parked. */
  resend(seq: number): Promise<boolean>;
}

const RESEND = "/api/v1/parked/:seq/resend";
const SEQ = /^[1-9][0-9]{0,14}$/;

const RESENDERS: ReadonlySet<Role> = new Set(["technician"]);

/** @param access  For whoever acts; reading is free, as everywhere on the loopback. */
export function parkedRoutes(app: FastifyInstance, source: ParkedSource, access: Access, clock: Clock): void {
  app.get("/api/v1/parked", async (): Promise<z.input<typeof parkedAnswer>> => {
    return { asOf: rfc3339(clock.now()), parked: source.parked().map((record) => parkedView.parse(record)) };
  });

  app.post<{ Params: { readonly seq: string } }>(RESEND, async (request, reply) => {
    if (access.admit(request, reply, RESENDERS) === undefined) return reply;
    const { seq } = request.params;
    if (!SEQ.test(seq) || !(await source.resend(Number(seq)))) return sendProblem(reply, problem("notParked"));
    const answer: z.input<typeof resendAnswer> = { asOf: rfc3339(clock.now()), seq: Number(seq) };
    return reply.code(202).send(answer);
  });

  app.get(RESEND, async (_, reply) => sendProblem(reply.header("allow", "POST"), problem("onlyPost")));
}
