import { z } from "zod";
import { CONTACT_CHANNELS, INCIDENT_KINDS, INCIDENT_STATES, SEVERITIES, SITUATIONS } from "../domain/incident.ts";
import { wordsInTwo } from "./driven-terminal.ts";
import { couldBeCard } from "./payments.ts";
import { timeWord } from "./words.ts";

/** What people can do with an incident, as it stands in the path. */
export const INCIDENT_ACTIONS = [
  "acknowledge",
  "note",
  "remedy",
  "appeal",
  "contact",
  "settle",
  "close",
  "reopen",
] as const;
export type IncidentAction = (typeof INCIDENT_ACTIONS)[number];

/** A phone number or a card number: seven digits or more, in groups or not. It would stay in the ledger for ever. */
const MANY_DIGITS = /[0-9](?:[ -]?[0-9]){6,}/;

function words(most: number) {
  const allowed = `1 to ${most} printable characters, never a card number`;
  return z
    .string({ error: allowed })
    .min(1, { error: allowed })
    .max(most, { error: allowed })
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text) && !couldBeCard(text), { error: allowed });
}

const by = { who: words(80).exactOptional() };
const CHANNEL = `one of ${CONTACT_CHANNELS.join(", ")}`;
const NO_NUMBER = "1 to 200 printable characters, without a phone or card number";

/** Bodies of `POST /api/v1/incidents/{n}/{action}`. `who`: a person's name, for whom an admin acts. */
export const incidentBodies = {
  acknowledge: z.strictObject(by),
  note: z.strictObject({ ...by, why: words(400) }),
  remedy: z.strictObject({ ...by, why: words(400) }),
  appeal: z.strictObject({ ...by, why: words(400) }),
  contact: z.strictObject({
    ...by,
    channel: z.enum(CONTACT_CHANNELS, { error: CHANNEL }),
    result: words(200).refine((text) => !MANY_DIGITS.test(text), { error: NO_NUMBER }),
  }),
  /** `why` names the refund, void or correction. */
  settle: z.strictObject({ ...by, why: words(200) }),
  close: z.strictObject({ ...by, why: words(400) }),
  reopen: z.strictObject({ ...by, why: words(400) }),
} as const satisfies Readonly<Record<IncidentAction, z.ZodType>>;

const noteView = z.strictObject({
  at: timeWord,
  event: z.string(),
  who: z.string(),
  why: z.string().exactOptional(),
  channel: z.string().exactOptional(),
  result: z.string().exactOptional(),
});

/** One incident: `GET /api/v1/incidents/{n}`, and each of the list. */
export const incidentView = z.strictObject({
  n: z.int().min(1),
  kind: z.enum(INCIDENT_KINDS),
  /** Of the five situations: S1 invalid merchant to S5 pre-authorisation. */
  situation: z.enum(SITUATIONS),
  title: wordsInTwo,
  severity: z.enum(SEVERITIES),
  state: z.enum(INCIDENT_STATES),
  /** What it is bound to; empty when that is the shop. */
  place: z.strictObject({
    acquirer: z.string().exactOptional(),
    terminal: z.string().exactOptional(),
    bin: z.string().exactOptional(),
    operator: z.string().exactOptional(),
    transaction: z.string().exactOptional(),
  }),
  cause: z.string(),
  /** What probably happened, and what staff do now. */
  reason: wordsInTwo,
  advice: wordsInTwo,
  openedAt: timeWord,
  changedAt: timeWord,
  closedAt: timeWord.exactOptional(),
  /** After it was closed: 7 and 30 days later somebody asks whether it holds. */
  followUps: z.array(timeWord).readonly(),
  reopened: z.int().min(0),
  payments: z.int().min(0),
  /** Ids of the newest. */
  transactions: z.array(z.string()).readonly(),
  terminals: z.array(z.string()).readonly(),
  notes: z.array(noteView).readonly(),
});
export type IncidentView = z.input<typeof incidentView>;

/** `GET /api/v1/incidents`: the newest first. */
export const incidentsAnswer = z.strictObject({ asOf: timeWord, incidents: z.array(incidentView).readonly() });

/** Answer of an action: it stands in the ledger. */
export const incidentActionAnswer = z.strictObject({
  asOf: timeWord,
  n: z.int().min(1),
  action: z.enum(INCIDENT_ACTIONS),
});

const STATES = "open, closed or all";
export const incidentsQuery = z.strictObject({
  state: z.enum(["open", "closed", "all"], { error: STATES }).exactOptional(),
});
