import fastify, { type FastifyInstance } from "fastify";
import { aborted } from "../runtime/aborted.ts";
import type { Clock } from "../runtime/clock.ts";
import { type Endpoint, formatEndpoint } from "../runtime/endpoint.ts";
import type { Log } from "../runtime/log.ts";
import type { Task } from "../runtime/task.ts";
import { Access } from "./access.ts";
import { answerBrokenRequest, answerFaults } from "./faults.ts";
import { alternativeRoutes } from "./alternative-routes.ts";
import { chargeRoutes } from "./charge-routes.ts";
import { guard } from "./guard.ts";
import { historyRoutes, type HistorySource } from "./history-routes.ts";
import { huntRoutes, type HuntSource } from "./hunt-routes.ts";
import { parkedRoutes, type ParkedSource } from "./parked-routes.ts";
import { incidentRoutes, type IncidentSource } from "./incident-routes.ts";
import { inDoubtRoutes } from "./in-doubt-routes.ts";
import { paymentRoutes } from "./payment-routes.ts";
import type { PaymentRoutesOptions } from "./payment-source.ts";
import { problem, sendProblem } from "./problems.ts";
import { apiRoutes, healthRoutes, type Identity, probeRoutes } from "./routes.ts";
import type { Sources } from "./sources.ts";
import type { TerminalActionSource } from "./terminal-action-source.ts";
import { terminalRoutes } from "./terminal-routes.ts";

export interface EndpointOptions extends Identity {
  readonly listen: Endpoint;
}

export interface LocalEndpoint extends Task {
  /** Where it listens, with the port that the system chose for port 0; rejects when it cannot or is stopped before. */
  address(): Promise<Endpoint>;
}

/** Connections at once. Beyond it new ones are closed, so that nobody's browser eats the daemon's descriptors. */
const MAX_CONNECTIONS = 64;
/** ms. A head or a body that takes longer is being fed slowly on purpose, or over a dead line. */
const REQUEST_MS = 5_000;
/** ms. A connection on which nothing moves. */
const IDLE_MS = 10_000;
/** ms. An answer that takes longer is given up; a till that waits for a payment's outcome is given more. */
const HANDLER_MS = 10_000;
/** Bytes. Routes that take a body have a limit of their own below it. */
const BODY_LIMIT = 16_384;
/** Bytes of a request's head. */
const HEAD_LIMIT = 8_192;
/** ms that running requests get when the daemon stops. */
const CLOSE_MS = 1_000;

const NOBODY = new Access([]);

function build(
  options: EndpointOptions,
  sources: Sources,
  { clock, log, parked, history, terminalActions, incidents, hunts, payments, access = NOBODY }: EndpointDeps,
): FastifyInstance {
  const app = fastify({
    logger: false,
    schemaController: { compilersFactory: { buildValidator: withoutSchemas, buildSerializer: withoutSchemas } },
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    handlerTimeout: HANDLER_MS,
    connectionTimeout: IDLE_MS,
    keepAliveTimeout: REQUEST_MS,
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    // A path that cannot be decoded meets neither hooks nor handlers of ours.
    frameworkErrors: (_error, _request, reply) => {
      void sendProblem(reply, problem("badRequest"));
    },
    http: { headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1_000, maxHeaderSize: HEAD_LIMIT },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  guard(app, options.listen.host);
  answerFaults(app, log);
  probeRoutes(app, sources, clock);
  healthRoutes(app, sources, clock, options);
  apiRoutes(app, sources, clock);
  if (parked !== undefined) parkedRoutes(app, parked, access, clock);
  if (history !== undefined) historyRoutes(app, history, clock);
  if (terminalActions !== undefined) terminalRoutes(app, terminalActions, access, clock);
  if (incidents !== undefined) incidentRoutes(app, incidents, access, clock);
  if (hunts !== undefined) huntRoutes(app, hunts, access, clock);
  if (payments !== undefined) {
    paymentRoutes(app, payments, clock);
    alternativeRoutes(app, payments, clock);
    inDoubtRoutes(app, payments, clock);
    chargeRoutes(app, payments, sources.ledger, clock);
  }
  return app;
}

/** Questions are checked by the contract's own schemas. Fastify's compilers would cost a start 40 ms and 3 MB, unused. */
function withoutSchemas(): never {
  throw new TypeError("routes declare no schema to fastify");
}

export interface EndpointDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly parked?: ParkedSource;
  readonly history?: HistorySource;
  readonly terminalActions?: TerminalActionSource;
  readonly incidents?: IncidentSource;
  readonly hunts?: HuntSource;
  /** Where tills pay; without it there are no such paths. */
  readonly payments?: PaymentRoutesOptions;
  /** Who may act on parked records and terminals; without it nobody may. */
  readonly access?: Access;
}

/** The local HTTP endpoint: health, metrics, what the ledger says, and the few things that can be done. */
export function createEndpoint(options: EndpointOptions, sources: Sources, deps: EndpointDeps): LocalEndpoint {
  const listening = Promise.withResolvers<Endpoint>();
  // Whoever does not ask for the address learns of a failure from run.
  listening.promise.catch(() => undefined);

  return {
    name: "http",
    address: () => listening.promise,
    run: async (signal) => {
      const app = build(options, sources, deps);
      try {
        listening.resolve(await listen(app, options.listen));
        await aborted(signal);
      } catch (error) {
        listening.reject(error);
        throw error;
      } finally {
        await close(app);
      }
    },
  };
}

async function listen(app: FastifyInstance, { host, port }: Endpoint): Promise<Endpoint> {
  // For `localhost` fastify would open a second server, to which our limits do not apply.
  const address = host === "localhost" ? "127.0.0.1" : host;
  try {
    await app.listen({ host: address, port, backlog: MAX_CONNECTIONS });
  } catch (cause) {
    const where = formatEndpoint({ host: address, port });
    throw new Error(`http.listen: cannot listen on ${where}; choose another port or stop what holds it`, { cause });
  }
  const bound = app.server.address();
  return { host: address, port: typeof bound === "object" && bound !== null ? bound.port : port };
}

async function close(app: FastifyInstance): Promise<void> {
  const deadline = setTimeout(() => app.server.closeAllConnections(), CLOSE_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(deadline);
  }
}
