import type { DerivedFrom } from "./derived.ts";
import type { DiagnosisCause } from "./diagnosis.ts";
import type { AcquirerId, TerminalId } from "./terminal.ts";
import type { TransactionId } from "./transaction.ts";

/** What an incident is about: one of these, and its place. Public: HQ sorts by these words. */
export const INCIDENT_KINDS = [
  "merchantInvalid",
  "cardTypeNotTaken",
  "terminalDisabled",
  "terminalUnsigned",
  "functionDisabled",
  "terminalParameters",
  "terminalConnection",
  "terminalHardware",
  "terminalData",
  "lineDown",
  "powerLost",
  "hostOutage",
  "issuerUnavailable",
  "tooFrequent",
  "duplicateCharge",
  "approvedAfterReversal",
  "reversalAbandoned",
  "settlement",
  "preauthorisation",
  "operatorErrors",
  "unexplained",
] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

export const SITUATIONS = ["S1", "S2", "S3", "S4", "S5"] as const;
/** Of product.md. */
export type Situation = (typeof SITUATIONS)[number];

/** `critical`: money is lost or nobody can sell; `major`: a terminal or a way to pay is out; `minor`: it can wait until closing. */
export const SEVERITIES = ["minor", "major", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

export const INCIDENT_STATES = ["open", "acknowledged", "remedied", "appealed", "closed"] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

/** What it is bound to: two of one kind and place are one incident. */
export interface IncidentPlace {
  readonly acquirer?: AcquirerId;
  readonly terminal?: TerminalId;
  /** First six digits of an issuer's cards. */
  readonly bin?: string;
  readonly operator?: string;
  /** Of something that concerns one payment only. */
  readonly transaction?: TransactionId;
}

/** What people and rules do with an incident. Past tense: each one is a record in the ledger. */
export const INCIDENT_EVENTS = [
  "opened",
  /** More payments have met the same cause. */
  "joined",
  "escalated",
  "acknowledged",
  "noted",
  /** What was wrong has been mended; it is not proven yet. */
  "remedied",
  /** The acquirer or the platform was asked to lift its decision. */
  "appealed",
  /** A customer was spoken to: channel, when, result. Never a phone number. */
  "contacted",
  /** A refund, a void or a correction has settled it. */
  "settled",
  "closed",
  "reopened",
] as const;
export type IncidentEvent = (typeof INCIDENT_EVENTS)[number];

/** Events that a person may write. */
export const PERSONS_EVENTS = [
  "acknowledged",
  "noted",
  "remedied",
  "appealed",
  "contacted",
  "settled",
  "closed",
  "reopened",
] as const satisfies readonly IncidentEvent[];
export type PersonsEvent = (typeof PERSONS_EVENTS)[number];

export const CONTACT_CHANNELS = ["phone", "message", "mail", "inPerson"] as const;
export type ContactChannel = (typeof CONTACT_CHANNELS)[number];

/** Body of an `incident` record. Travels in the money lane. */
export interface IncidentRecord {
  readonly event: IncidentEvent;
  /** From 1, in the order in which they were opened; never used twice in one stream. */
  readonly n: number;
  readonly kind?: IncidentKind;
  readonly place?: IncidentPlace;
  readonly severity?: Severity;
  readonly cause?: DiagnosisCause;
  readonly transaction?: TransactionId;
  /** Payments so far. */
  readonly payments?: number;
  /** A person's name, or a rule's. */
  readonly who: string;
  readonly why?: string;
  /** With `contacted`. */
  readonly channel?: ContactChannel;
  readonly result?: string;
  /** Only what a reducer says by itself has it. */
  readonly derived?: DerivedFrom;
}

/** `undefined` for a record of another kind, or with a body that we do not know. @param envelope  Parsed, not trusted. */
export function incidentRecordOf(envelope: {
  readonly kind?: unknown;
  readonly body?: unknown;
}): IncidentRecord | undefined {
  return envelope.kind === "incident" && isIncidentRecord(envelope.body) ? envelope.body : undefined;
}

/** Looks at what decides how a record is read. The rest was written by this program and is covered by its hash. */
function isIncidentRecord(body: unknown): body is IncidentRecord {
  if (typeof body !== "object" || body === null || !("event" in body) || !("n" in body) || !("who" in body))
    return false;
  if (!INCIDENT_EVENTS.some((known) => known === body.event)) return false;
  return Number.isSafeInteger(body.n) && typeof body.who === "string";
}
