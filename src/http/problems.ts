import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { Problem } from "../contract/http.ts";

/** Every kind of refusal: status, title and the remedy where it is always the same. */
const PROBLEMS = {
  badRequest: { status: 400, title: "not a request that HTTP allows", remedy: "Send a plain GET request." },
  badQuery: { status: 400, title: "a query parameter is wrong", remedy: "Correct the parameters named in errors." },
  unauthorised: {
    status: 401,
    title: "this needs a token",
    remedy:
      "Send the token that http.tokens gives you as the bearer token; on the gateway itself the text of local.token, in the store's directory.",
  },
  notFound: {
    status: 404,
    title: "there is nothing at this path",
    remedy:
      "Paths: /livez, /readyz, /health, /metrics, /api/v1/terminals, /api/v1/transactions, /api/v1/exposure, /api/v1/history, /api/v1/incidents, /api/v1/parked, /api/v1/hunts, and where tills are configured /api/v1/payments, /api/v1/records, /api/v1/in-doubt, /api/v1/charges.",
  },
  methodNotAllowed: { status: 405, title: "this path is only read", remedy: "Use GET." },
  notParked: {
    status: 404,
    title: "that record is not parked",
    remedy: "See GET /api/v1/parked for those that are.",
  },
  onlyPost: { status: 405, title: "this path is not read", remedy: "Use POST." },
  timedOut: { status: 408, title: "the request came too slowly", remedy: "Send the whole request at once." },
  tooLarge: {
    status: 413,
    title: "the request is too large",
    remedy: "Send a smaller body, or none where the path is only read; parameters go into the query.",
  },
  badJson: { status: 400, title: "the body is no whole JSON", remedy: "Send one JSON object, in UTF-8." },
  notJson: { status: 415, title: "the body is not JSON", remedy: "Send a JSON object as application/json." },
  wrongHost: {
    status: 421,
    title: "this endpoint does not answer to that host name",
    remedy: "Call it by the address that it listens on, e.g. http://127.0.0.1:8480/health",
  },
  tooFarBack: {
    status: 422,
    title: "that lies further back than this endpoint searches",
    remedy: "Use tillgate journal list, which reads the whole ledger.",
  },
  headersTooLarge: { status: 431, title: "the request's head is too large", remedy: "Send fewer or shorter headers." },
  internal: { status: 500, title: "a fault of tillgate's", remedy: "Look for http.failed in the daemon's log." },
  notLive: { status: 503, title: "a part of the daemon does not answer", remedy: "Restart the daemon." },
  notReady: { status: 503, title: "no sale can be made now", remedy: "See reasons, and GET /health for what to do." },
  notKnown: { status: 503, title: "that is not known now", remedy: "See reasons, and ask again in a minute." },
  busy: { status: 503, title: "the answer took too long", remedy: "Ask again later, or for less at once." },
} as const satisfies Record<string, { status: number; title: string; remedy: string }>;

export type ProblemKind = keyof typeof PROBLEMS;

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** What a refusal may carry beside its kind. */
export type ProblemDetail = Pick<Problem, "errors" | "reasons" | "payments" | "terminal" | "until">;

export function problem(kind: ProblemKind, more: ProblemDetail = {}): Problem {
  return problemOf(kind, PROBLEMS[kind], more);
}

/** For kinds that a route has of its own. */
export function problemOf(
  kind: string,
  { status, title, remedy }: { readonly status: number; readonly title: string; readonly remedy: string },
  more: ProblemDetail = {},
): Problem {
  return { type: `urn:tillgate:problem:${kind}`, title, status, remedy, ...more };
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply.code(body.status).type(PROBLEM_CONTENT_TYPE).header("cache-control", "no-store").send(body);
}

/** Names what is wrong and what is allowed, never what was sent: it could be a card number. */
export function queryProblem(error: z.ZodError, known: readonly string[]): Problem {
  return problem("badQuery", { errors: fieldErrors(error, `parameters are ${known.join(", ")}`) });
}

/** @param unknown  What to say of a member that is none. */
export function fieldErrors({ issues }: z.ZodError, unknown: string): NonNullable<Problem["errors"]> {
  return issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? { field: "(unknown)", remedy: unknown }
      : { field: issue.path.join(".") || "(body)", remedy: issue.message },
  );
}
