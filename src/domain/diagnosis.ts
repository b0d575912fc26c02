import type { DerivedFrom } from "./derived.ts";
import type { Stage } from "./stage.ts";
import type { TransactionId } from "./transaction.ts";

/** What sort of trouble it is, as staff and service desks sort it. */
export type DiagnosisCategory =
  | "timeout"
  | "noConnection"
  | "declined"
  | "limit"
  | "merchant"
  | "terminal"
  | "hardware"
  | "operator"
  | "data"
  | "duplicate"
  | "security"
  | "settlement"
  | "preauth"
  | "refused"
  | "flagged"
  | "unknown";

/** Where on the way of a payment the cause lies: the link's stages, and what lies before and behind them. */
export type PathStage =
  | Stage
  | "card"
  | "customer"
  | "operator"
  | "terminal"
  | "merchant"
  | "scheme"
  | "issuer"
  | "unknown";

/**
 * Every cause that tillgate names, with its category and place. Public: HQ counts by these words. `unknown` is an answer
 * too, and the honest one where nothing speaks clearly.
 */
export const CAUSES = {
  "merchant.invalid": { category: "merchant", stage: "merchant" },
  "merchant.cardTypeNotTaken": { category: "merchant", stage: "merchant" },
  "terminal.disabled": { category: "terminal", stage: "terminal" },
  "terminal.unsigned": { category: "terminal", stage: "terminal" },
  "terminal.signInRefused": { category: "terminal", stage: "terminal" },
  "terminal.functionDisabled": { category: "terminal", stage: "terminal" },
  "terminal.wrongParameters": { category: "terminal", stage: "terminal" },
  "terminal.keys": { category: "terminal", stage: "terminal" },
  "terminal.moved": { category: "terminal", stage: "terminal" },
  "terminal.maintenance": { category: "terminal", stage: "terminal" },
  "terminal.traceReset": { category: "terminal", stage: "terminal" },
  "terminal.connection": { category: "noConnection", stage: "terminals" },
  "terminal.lineDisturbed": { category: "noConnection", stage: "terminals" },
  "hardware.terminal": { category: "hardware", stage: "terminal" },
  "hardware.printer": { category: "hardware", stage: "terminal" },
  "hardware.reader": { category: "hardware", stage: "terminal" },
  "hardware.power": { category: "hardware", stage: "box" },
  "box.restarted": { category: "timeout", stage: "box" },
  "line.down": { category: "noConnection", stage: "provider" },
  "line.disturbed": { category: "noConnection", stage: "interface" },
  "line.answerLost": { category: "timeout", stage: "provider" },
  "line.repetition": { category: "duplicate", stage: "provider" },
  "host.outage": { category: "noConnection", stage: "acquirer" },
  "host.slow": { category: "timeout", stage: "acquirer" },
  "host.dayCut": { category: "noConnection", stage: "acquirer" },
  "host.keys": { category: "security", stage: "acquirer" },
  "host.formatChanged": { category: "data", stage: "acquirer" },
  "issuer.unavailable": { category: "timeout", stage: "issuer" },
  "issuer.declined": { category: "declined", stage: "issuer" },
  "card.insufficientFunds": { category: "declined", stage: "card" },
  "card.expired": { category: "declined", stage: "card" },
  "card.invalidNumber": { category: "declined", stage: "card" },
  "card.restricted": { category: "declined", stage: "card" },
  "card.keep": { category: "declined", stage: "card" },
  "card.notPermitted": { category: "declined", stage: "issuer" },
  "card.notSupported": { category: "declined", stage: "scheme" },
  "card.unreadable": { category: "hardware", stage: "card" },
  "card.stepUp": { category: "declined", stage: "issuer" },
  "customer.wrongPin": { category: "declined", stage: "customer" },
  "customer.retry": { category: "declined", stage: "customer" },
  "limit.amount": { category: "limit", stage: "issuer" },
  "limit.count": { category: "limit", stage: "issuer" },
  "limit.pinTries": { category: "limit", stage: "issuer" },
  "security.refused": { category: "security", stage: "issuer" },
  "operator.wrongEntry": { category: "operator", stage: "operator" },
  "operator.wrongOriginal": { category: "operator", stage: "operator" },
  "operator.voidAfterSettlement": { category: "operator", stage: "operator" },
  "operator.voidElsewhere": { category: "operator", stage: "operator" },
  "operator.chipNotUsed": { category: "operator", stage: "operator" },
  "operator.aborted": { category: "operator", stage: "operator" },
  "duplicate.charge": { category: "duplicate", stage: "operator" },
  "duplicate.answer": { category: "duplicate", stage: "acquirer" },
  "data.terminalClock": { category: "data", stage: "terminal" },
  "data.amount": { category: "data", stage: "terminal" },
  "data.format": { category: "data", stage: "terminal" },
  "settlement.due": { category: "settlement", stage: "terminal" },
  "settlement.notBalanced": { category: "settlement", stage: "acquirer" },
  "reversal.abandoned": { category: "timeout", stage: "terminal" },
  "preauth.missingCard": { category: "preauth", stage: "terminal" },
  "preauth.missingAuthCode": { category: "preauth", stage: "operator" },
  "preauth.originalNotFound": { category: "preauth", stage: "operator" },
  "preauth.alreadyDone": { category: "preauth", stage: "operator" },
  "preauth.tooOld": { category: "preauth", stage: "operator" },
  "preauth.overRatio": { category: "preauth", stage: "operator" },
  "approved.partly": { category: "flagged", stage: "issuer" },
  "approved.flagged": { category: "flagged", stage: "acquirer" },
  "refused.byTillgate": { category: "refused", stage: "box" },
  unknown: { category: "unknown", stage: "unknown" },
} as const satisfies Readonly<Record<string, { readonly category: DiagnosisCategory; readonly stage: PathStage }>>;
export type DiagnosisCause = keyof typeof CAUSES;

export function isDiagnosisCause(word: unknown): word is DiagnosisCause {
  return typeof word === "string" && Object.hasOwn(CAUSES, word);
}

/** Something that speaks for the cause. `sign` is a stable word; texts for people stand in `diagnosis/sign-texts.ts`. */
export interface DiagnosisSign {
  readonly sign: string;
  readonly value?: number | string;
}

/** What one payment failed by, was left open by, or is odd by. */
export interface Diagnosis {
  readonly category: DiagnosisCategory;
  readonly cause: DiagnosisCause;
  readonly stage: PathStage;
  /** 0..1. Below 0.6 nothing is claimed: the cause is then `unknown`, and this is what its strongest rival had. */
  readonly confidence: number;
  readonly evidence: readonly DiagnosisSign[];
  /** With `unknown`: what it most likely is, where anything speaks for it. */
  readonly suspected?: DiagnosisCause;
}

/** Body of a `diagnosis` record. The newest of a transaction is the one that holds. Travels in the alarm lane. */
export interface DiagnosisRecord {
  readonly event: "diagnosed" | "revised";
  readonly transaction: TransactionId;
  readonly diagnosis: Diagnosis;
  readonly derived: DerivedFrom;
}

/** `undefined` for a record of another kind, or with a body that we do not know. @param envelope  Parsed, not trusted. */
export function diagnosisRecordOf(envelope: {
  readonly kind?: unknown;
  readonly body?: unknown;
}): DiagnosisRecord | undefined {
  return envelope.kind === "diagnosis" && isDiagnosisRecord(envelope.body) ? envelope.body : undefined;
}

/** Looks at what decides how a record is read. The rest was written by this program and is covered by its hash. */
function isDiagnosisRecord(body: unknown): body is DiagnosisRecord {
  if (typeof body !== "object" || body === null || !("transaction" in body) || !("diagnosis" in body)) return false;
  const { diagnosis } = body;
  if (typeof diagnosis !== "object" || diagnosis === null || !("cause" in diagnosis)) return false;
  return typeof body.transaction === "string" && isDiagnosisCause(diagnosis.cause);
}
