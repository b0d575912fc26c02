import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { type huntAnswer, type huntsAnswer, huntBodies } from "../contract/hunts.ts";
import type { Problem } from "../contract/http.ts";
import type { HuntView, SuspectState } from "../domain/hunt.ts";
import type { Role } from "../domain/role.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { type Access, askerName } from "./access.ts";
import { otherProblem } from "./payment-problems.ts";
import { problemOf, sendProblem } from "./problems.ts";
import { bodyProblem, isNamedByToken } from "./terminal-problems.ts";

/** Why nothing was done. */
interface Refusal {
  readonly refused: keyof typeof REFUSALS;
  /** With `noSuchChannel`: those that there are. */
  readonly channels?: readonly string[];
  /** With `huntRuns`: which one. */
  readonly hunt?: number;
}

/** Whoever hunts; the composition root connects it. */
export interface HuntSource {
  list(): readonly HuntView[];
  view(id: number): HuntView | undefined;
  begin(channel: string, by: string, suspect?: string): Promise<HuntView | Refusal>;
  changed(id: number, by: string, what: string, state: SuspectState): Promise<HuntView | Refusal>;
  end(id: number, by: string): Promise<HuntView | Refusal>;
}

const REFUSALS = {
  noSuchChannel: { status: 404, title: "there is no such channel", remedy: "Use one of those in reasons." },
  noSuchHunt: { status: 404, title: "there is no such hunt", remedy: "See GET /api/v1/hunts." },
  huntRuns: { status: 409, title: "a hunt already runs", remedy: "End it, or wait: it takes five minutes at most." },
  huntEnded: { status: 409, title: "that hunt has ended", remedy: "Begin another one: POST /api/v1/hunts." },
  tooManyChanges: { status: 409, title: "that hunt has too many changes", remedy: "End it and begin another one." },
  notRunning: { status: 503, title: "the gateway is starting or stopping", remedy: "Ask again in a minute." },
  notRecorded: {
    status: 503,
    title: "the ledger does not take it",
    remedy: "See GET /health, then ask again.",
  },
} as const;

interface ById {
  readonly Params: { readonly id: string };
}

const HUNTERS: ReadonlySet<Role> = new Set(["technician"]);

/** @param access  For whoever hunts; reading is free, as everywhere on the loopback. */
export function huntRoutes(app: FastifyInstance, hunts: HuntSource, access: Access, clock: Clock): void {
  const shown = (hunt: HuntView): z.input<typeof huntAnswer> => ({ asOf: rfc3339(clock.now()), hunt: written(hunt) });
  const answered = (reply: FastifyReply, outcome: HuntView | Refusal, status = 200): FastifyReply =>
    "refused" in outcome ? sendProblem(reply, huntProblem(outcome)) : reply.code(status).send(shown(outcome));

  /** `undefined` when it was refused, and answered. */
  function admitted<Body extends { readonly who?: string }>(
    request: FastifyRequest,
    reply: FastifyReply,
    schema: z.ZodObject & z.ZodType<Body>,
  ): { readonly body: Body; readonly by: string } | undefined {
    const asker = access.admit(request, reply, HUNTERS);
    if (asker === undefined) return undefined;
    const body = schema.safeParse(request.body ?? {});
    if (!body.success) {
      void sendProblem(reply, bodyProblem(body.error, Object.keys(schema.shape)));
      return undefined;
    }
    if (body.data.who !== undefined && asker.role !== "admin") {
      void sendProblem(reply, isNamedByToken());
      return undefined;
    }
    return { body: body.data, by: askerName(asker, body.data.who) };
  }

  app.get("/api/v1/hunts", async (): Promise<z.input<typeof huntsAnswer>> => {
    return { asOf: rfc3339(clock.now()), hunts: hunts.list().map(written) };
  });

  app.get<ById>("/api/v1/hunts/:id", async (request, reply) => {
    const hunt = hunts.view(idOf(request.params.id));
    return answered(reply, hunt ?? { refused: "noSuchHunt" });
  });

  app.post("/api/v1/hunts", async (request, reply) => {
    const asked = admitted(request, reply, huntBodies.begin);
    if (asked === undefined) return reply;
    const { channel, suspect } = asked.body;
    return answered(reply, await hunts.begin(channel, asked.by, suspect), 201);
  });

  app.post<ById>("/api/v1/hunts/:id/changed", async (request, reply) => {
    const asked = admitted(request, reply, huntBodies.changed);
    if (asked === undefined) return reply;
    const id = idOf(request.params.id);
    const what = asked.body.what ?? hunts.view(id)?.suspect;
    if (hunts.view(id) === undefined) return answered(reply, { refused: "noSuchHunt" });
    if (what === undefined) return sendProblem(reply, otherProblem("badBody", { errors: [UNNAMED] }));
    return answered(reply, await hunts.changed(id, asked.by, what, asked.body.state));
  });

  app.post<ById>("/api/v1/hunts/:id/end", async (request, reply) => {
    const asked = admitted(request, reply, huntBodies.end);
    if (asked === undefined) return reply;
    return answered(reply, await hunts.end(idOf(request.params.id), asked.by));
  });
}

const UNNAMED = { field: "what", remedy: "what was switched; this hunt was begun without a suspect" };

function idOf(text: string): number {
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0;
}

function written(hunt: HuntView): z.input<typeof huntAnswer>["hunt"] {
  return { ...hunt, beganAt: rfc3339(hunt.beganAt) };
}

function huntProblem({ refused, channels = [], hunt }: Refusal): Problem {
  const reasons = [...channels, ...(hunt === undefined ? [] : [`/api/v1/hunts/${hunt}`])];
  return problemOf(refused, REFUSALS[refused], reasons.length === 0 ? {} : { reasons });
}
