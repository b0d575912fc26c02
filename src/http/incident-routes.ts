import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import {
  INCIDENT_ACTIONS,
  type IncidentAction,
  incidentBodies,
  type incidentActionAnswer,
  type incidentsAnswer,
  incidentsQuery,
  type IncidentView,
} from "../contract/incidents.ts";
import type { IncidentRecord, PersonsEvent } from "../domain/incident.ts";
import type { Role } from "../domain/role.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import type { Access } from "./access.ts";
import { otherProblem } from "./payment-problems.ts";
import { fieldErrors, problem, problemOf, queryProblem, sendProblem } from "./problems.ts";

/** Incidents as the composition root hands them in. */
export interface IncidentSource {
  /** Newest first; `undefined` until the ledger has been read. */
  all(): readonly IncidentView[] | undefined;
  /** Writes a person's word. @returns why not, where it does not fit the incident's state. */
  say(record: Omit<IncidentRecord, "derived"> & { readonly event: PersonsEvent }): Promise<"said" | "none" | "notNow">;
}

const EVENT_OF: Readonly<Record<IncidentAction, PersonsEvent>> = {
  acknowledge: "acknowledged",
  note: "noted",
  remedy: "remedied",
  appeal: "appealed",
  contact: "contacted",
  settle: "settled",
  close: "closed",
  reopen: "reopened",
};
/** Staff may say what they saw and did; what ends an incident is a technician's or a supervisor's word. */
const STAFF: ReadonlySet<Role> = new Set(["staff", "supervisor", "technician"]);
const DECIDERS: ReadonlySet<Role> = new Set(["supervisor", "technician"]);
const BY_STAFF: ReadonlySet<IncidentAction> = new Set(["acknowledge", "note", "contact"]);
const NUMBER = /^[1-9][0-9]{0,8}$/;
const PATH = "/api/v1/incidents/:n";

const NO_SUCH = {
  status: 404,
  title: "there is no such incident",
  remedy: "See GET /api/v1/incidents?state=all for their numbers.",
};
const NOT_NOW = {
  status: 409,
  title: "the incident is in a state in which that cannot be done",
  remedy: "See its state; a closed one can be noted or reopened, an open one cannot be reopened.",
};

/** @param access  For whoever acts; reading is free, as everywhere on the loopback. */
export function incidentRoutes(app: FastifyInstance, source: IncidentSource, access: Access, clock: Clock): void {
  app.get("/api/v1/incidents", async (request, reply) => {
    const query = incidentsQuery.safeParse(request.query);
    if (!query.success) return sendProblem(reply, queryProblem(query.error, ["state"]));
    const all = source.all();
    if (all === undefined) return sendProblem(reply, notRead());
    const { state = "open" } = query.data;
    const incidents = all.filter((one) => state === "all" || (one.state === "closed") === (state === "closed"));
    const answer: z.input<typeof incidentsAnswer> = { asOf: rfc3339(clock.now()), incidents };
    return answer;
  });

  app.get<{ Params: { readonly n: string } }>(PATH, async (request, reply) => {
    const all = source.all();
    if (all === undefined) return sendProblem(reply, notRead());
    const found = all.find(({ n }) => String(n) === request.params.n);
    return found ?? sendProblem(reply, problemOf("noSuchIncident", NO_SUCH));
  });

  app.post<{ Params: { readonly n: string; readonly action: string } }>(`${PATH}/:action`, async (request, reply) => {
    const action = INCIDENT_ACTIONS.find((known) => known === request.params.action);
    if (action === undefined) return sendProblem(reply, problem("notFound"));
    const asker = access.admit(request, reply, BY_STAFF.has(action) ? STAFF : DECIDERS);
    if (asker === undefined) return reply;
    const schema = incidentBodies[action];
    const body = schema.safeParse(request.body ?? {});
    if (!body.success) {
      const known = `members are ${Object.keys(schema.shape).join(", ")}`;
      return sendProblem(reply, otherProblem("badBody", { errors: fieldErrors(body.error, known) }));
    }
    const n = NUMBER.test(request.params.n) ? Number(request.params.n) : 0;
    const { who, ...said } = body.data;
    const person = who === undefined ? asker.name : `${who} (${asker.name})`;
    switch (await source.say({ event: EVENT_OF[action], n, who: person, ...said })) {
      case "none":
        return sendProblem(reply, problemOf("noSuchIncident", NO_SUCH));
      case "notNow":
        return sendProblem(reply, problemOf("notNow", NOT_NOW));
      default: {
        const answer: z.input<typeof incidentActionAnswer> = { asOf: rfc3339(clock.now()), n, action };
        return answer;
      }
    }
  });
  app.get(`${PATH}/:action`, async (_, reply) => sendProblem(reply.header("allow", "POST"), problem("onlyPost")));
}

function notRead(): ReturnType<typeof problem> {
  return problem("notKnown", { reasons: ["the ledger is still being read"] });
}
