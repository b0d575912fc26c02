import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { type terminalActionAnswer, terminalActionBodies } from "../contract/terminal-actions.ts";
import { TERMINAL_ACTIONS, type TerminalAction } from "../domain/action.ts";
import type { Role } from "../domain/role.ts";
import { isName, type TerminalId, terminalId } from "../domain/terminal.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { isShutdown } from "../runtime/task.ts";
import { type Access, askerName } from "./access.ts";
import { problem, sendProblem } from "./problems.ts";
import type { TerminalActionOutcome, TerminalActionRequest, TerminalActionSource } from "./terminal-action-source.ts";
import { bodyProblem, endIsPast, isNamedByToken, terminalProblem } from "./terminal-problems.ts";

const ACTION = "/api/v1/terminals/:id/:action";
const LATEST = "/api/v1/terminals/:id/action";
/** A terminal's end of day takes minutes, and no answer of ours more than ten seconds. ms. */
const ANSWER_WITHIN_MS = 8_000;
/** Terminals of which the newest action is remembered: as many as the config allows. */
const MAX_REMEMBERED = 1_000;

interface Path {
  readonly Params: { readonly id: string; readonly action: string };
}

type Answer = z.input<typeof terminalActionAnswer>;

/** contracts.md, "Local HTTP"; `admin` may everything. */
const ACTORS: Readonly<Record<TerminalAction, ReadonlySet<Role>>> = {
  pause: new Set(["technician", "supervisor"]),
  resume: new Set(["technician", "supervisor"]),
  selftest: new Set(["technician", "supervisor"]),
  diagnose: new Set(["technician", "supervisor"]),
  settle: new Set(["supervisor", "technician"]),
  replace: new Set(["technician"]),
};

/** @param access  For whoever acts; reading is free, as everywhere on the loopback. */
export function terminalRoutes(app: FastifyInstance, source: TerminalActionSource, access: Access, clock: Clock): void {
  const latest = new Map<TerminalId, Omit<Answer, "asOf">>();
  const remember = (answer: Omit<Answer, "asOf">, terminal: TerminalId): Omit<Answer, "asOf"> => {
    if (latest.has(terminal) || latest.size < MAX_REMEMBERED) latest.set(terminal, answer);
    return answer;
  };

  app.post<Path>(ACTION, async (request, reply) => {
    const { id, action: name } = request.params;
    const action = TERMINAL_ACTIONS.find((known) => known === name);
    if (action === undefined) return sendProblem(reply, problem("notFound"));
    const asker = access.admit(request, reply, ACTORS[action]);
    if (asker === undefined) return reply;
    if (!isName(id)) return sendProblem(reply, terminalProblem({ refused: "unknownTerminal" }));
    const schema = terminalActionBodies[action];
    const body = schema.safeParse(request.body);
    if (!body.success) return sendProblem(reply, bodyProblem(body.error, Object.keys(schema.shape)));
    const terminal = terminalId(id);
    const { who: person, ...rest } = body.data;
    if (person !== undefined && asker.role !== "admin") return sendProblem(reply, isNamedByToken());
    const wanted: TerminalActionRequest = { action, terminal, ...rest, who: askerName(asker, person) };
    if (wanted.until !== undefined && wanted.until <= clock.now()) return sendProblem(reply, endIsPast());
    const acting = source.act(wanted);
    const outcome = await within(acting, ANSWER_WITHIN_MS, clock);
    if (outcome === undefined) {
      const running = remember({ terminal, action, state: "running" }, terminal);
      void acting.then(
        (late) => remember(told(terminal, action, late), terminal),
        () => remember({ terminal, action, state: "refused", refused: "failed" }, terminal),
      );
      return reply
        .code(202)
        .header("location", LATEST.replace(":id", id))
        .send({ asOf: rfc3339(clock.now()), ...running });
    }
    if ("refused" in outcome) return sendProblem(reply, terminalProblem(outcome));
    return { asOf: rfc3339(clock.now()), ...remember(told(terminal, action, outcome), terminal) };
  });

  app.get<Path>(LATEST, async (request, reply) => {
    const { id } = request.params;
    const answer = isName(id) ? latest.get(terminalId(id)) : undefined;
    if (answer === undefined) return sendProblem(reply, problem("notFound"));
    return { asOf: rfc3339(clock.now()), ...answer };
  });

  app.get(ACTION, async (_, reply) => sendProblem(reply.header("allow", "POST"), problem("onlyPost")));
}

function told(terminal: TerminalId, action: TerminalAction, outcome: TerminalActionOutcome): Omit<Answer, "asOf"> {
  return "refused" in outcome
    ? { terminal, action, state: "refused", refused: outcome.refused }
    : { terminal, action, state: "done", result: outcome.done };
}

/** `undefined` when it takes longer; it goes on. */
async function within<T>(work: Promise<T>, ms: number, clock: Clock): Promise<T | undefined> {
  const nap = new AbortController();
  const tooLong = async (): Promise<undefined> => {
    try {
      await clock.sleep(ms, nap.signal);
    } catch (error) {
      if (!isShutdown(error, nap.signal)) throw error;
    }
    return undefined;
  };
  try {
    return await Promise.race([work, tooLong()]);
  } finally {
    nap.abort();
  }
}
