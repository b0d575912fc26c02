import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { Problem } from "../contract/http.ts";

/** Every kind of refusal: status, title and the remedy where it is always the same. */
const PROBLEMS = {
  badRequest: { status: 400, title: "not a request that HTTP allows", remedy: "Send a plain GET request." },
  badQuery: { status: 400, title: "a query parameter is wrong", remedy: "Correct the parameters named in errors." },
  unauthorised: {
    status: 401,
    title: "only the gateway's owner may do this",
    remedy: "Send the text of local.token, in the store's directory, as the bearer token.",
  },
  notFound: {
    status: 404,
    title: "there is nothing at this path",
    remedy:
      "Paths: /livez, /readyz, /health, /metrics, /api/v1/terminals, /api/v1/transactions, /api/v1/exposure, /api/v1/parked.",
  },
  methodNotAllowed: { status: 405, title: "this path is only read", remedy: "Use GET." },
  notParked: {
    status: 404,
    title: "that record is not parked",
    remedy: "See GET /api/v1/parked for those that are.",
  },
  onlyPost: { status: 405, title: "this path is not read", remedy: "Use POST." },
  timedOut: { status: 408, title: "the request came too slowly", remedy: "Send the whole request at once." },
  tooLarge: { status: 413, title: "the request is too large", remedy: "Send no body; parameters go into the query." },
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

export function problem(kind: ProblemKind, more: Pick<Problem, "errors" | "reasons"> = {}): Problem {
  const { status, title, remedy } = PROBLEMS[kind];
  return { type: `urn:tillgate:problem:${kind}`, title, status, remedy, ...more };
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  return reply.code(body.status).type(PROBLEM_CONTENT_TYPE).header("cache-control", "no-store").send(body);
}

/** Names what is wrong and what is allowed, never what was sent: it could be a card number. */
export function queryProblem({ issues }: z.ZodError, known: readonly string[]): Problem {
  const errors = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? [{ field: "(unknown)", remedy: `parameters are ${known.join(", ")}` }]
      : [{ field: issue.path.join("."), remedy: issue.message }],
  );
  return problem("badQuery", { errors });
}
