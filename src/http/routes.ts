import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import {
  type healthAnswer,
  type probeAnswer,
  type terminalsAnswer,
  type transactionsAnswer,
  transactionsQuery,
  transactionView,
} from "../contract/http.ts";
import type { operatorsAnswer } from "../contract/driven-terminal.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { Liveness } from "../runtime/liveness.ts";
import { METRICS_CONTENT_TYPE, ownReadings, renderMetrics } from "./metrics.ts";
import { problem, queryProblem, sendProblem } from "./problems.ts";
import type { Sources } from "./sources.ts";
import { dateNote } from "./redating.ts";
import { type SearchQuery, TransactionSearch } from "./transaction-search.ts";

export interface Identity {
  readonly version: string;
  /** tenant/site/gateway. */
  readonly serviceId: string;
}

const PASS: z.input<typeof probeAnswer> = { status: "pass" };
const DEFAULT_LIMIT = 50;
const KNOWN_PARAMETERS = Object.keys(transactionsQuery.shape);

/** 20,000 records are two days of a busy shop and take some 100 ms; 50,000 transactions known are 6 MB. */
const SEARCH_BOUNDS = { maxRead: 20_000, maxKnown: 50_000 };

export function probeRoutes(app: FastifyInstance, sources: Sources, clock: Clock): void {
  const liveness = new Liveness(sources.pulses, clock);
  app.get("/livez", async (_, reply) => {
    const silent = await liveness.silent();
    if (silent.length === 0) return PASS;
    return sendProblem(reply, problem("notLive", { reasons: silent.map((name) => `${name} does not answer`) }));
  });

  app.get("/readyz", async (_, reply) => {
    const reasons = sources.notReadyBecause();
    return reasons.length === 0 ? PASS : sendProblem(reply, problem("notReady", { reasons }));
  });
}

export function healthRoutes(app: FastifyInstance, sources: Sources, clock: Clock, identity: Identity): void {
  app.get("/health", async (_, reply) => {
    const { version, serviceId } = identity;
    const tree = sources.health();
    const answer: z.input<typeof healthAnswer> = { ...tree, version, serviceId, asOf: rfc3339(clock.now()) };
    return reply
      .code(tree.status === "fail" ? 503 : 200)
      .type("application/health+json")
      .send(JSON.stringify(answer));
  });

  app.get("/metrics", async (_, reply) => {
    const readings = [...ownReadings(sources, identity.version), ...sources.metrics()];
    return reply.type(METRICS_CONTENT_TYPE).send(await renderMetrics(readings));
  });
}

export function apiRoutes(app: FastifyInstance, sources: Sources, clock: Clock): void {
  app.get("/api/v1/terminals", async (): Promise<z.input<typeof terminalsAnswer>> => {
    return { asOf: rfc3339(clock.now()), terminals: sources.terminals() };
  });

  app.get("/api/v1/operators", async (): Promise<z.input<typeof operatorsAnswer>> => {
    return { asOf: rfc3339(clock.now()), operators: sources.operators() };
  });

  app.get("/api/v1/exposure", async (_, reply) => {
    const answer = sources.exposure();
    if ("unknownBecause" in answer)
      return sendProblem(reply, problem("notKnown", { reasons: [answer.unknownBecause] }));
    return answer;
  });

  app.get("/api/v1/link", async () => sources.link());

  const search = new TransactionSearch(
    sources.ledger,
    SEARCH_BOUNDS,
    (told) => dateNote(told, sources.bootTimes()).redatedAt ?? told.transaction.requestedAt,
  );
  let turn: Promise<unknown> = Promise.resolve();

  app.get("/api/v1/transactions", async (request, reply) => {
    const query = transactionsQuery.safeParse(request.query);
    if (!query.success) return sendProblem(reply, queryProblem(query.error, KNOWN_PARAMETERS));
    const { limit = DEFAULT_LIMIT, before, ...filter } = query.data;
    const wanted: SearchQuery = { filter, limit, ...(before === undefined ? {} : { before }) };

    // One at a time: whoever asks a lot waits for himself, not the sales.
    const found = turn.then(async () => search.find(wanted, request.signal));
    turn = found.catch(() => undefined);
    const page = await found;
    if (page === "tooFarBack") return sendProblem(reply, problem("tooFarBack"));

    const times = sources.bootTimes();
    const transactions = page.found.map((told) => {
      const diagnosis = sources.diagnosis(told.transaction.id);
      return transactionView.parse({
        ...told.transaction,
        seq: told.seq,
        ...dateNote(told, times),
        ...(told.carried === undefined ? {} : { carried: told.carried }),
        ...(diagnosis === undefined ? {} : { diagnosis }),
      });
    });
    const answer: z.input<typeof transactionsAnswer> = {
      asOf: rfc3339(clock.now()),
      transactions,
      ...(page.next === undefined ? {} : { next: page.next }),
    };
    return answer;
  });
}
