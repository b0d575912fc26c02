import type { DiagnosisCause } from "../domain/diagnosis.ts";
import type { IncidentKind, Severity, Situation } from "../domain/incident.ts";

/** To what an incident of this rule is bound. */
export type Binding = "acquirer" | "terminal" | "bin" | "operator" | "transaction" | "shop";

export interface IncidentRule {
  readonly kind: IncidentKind;
  readonly situation: Situation;
  readonly bound: Binding;
  readonly severity: Severity;
  /** Payments with such a cause at this place, within `withinMs`, that open it. */
  readonly from: number;
  readonly withinMs: number;
  /**
   * What ends it by itself: an approval at its place (`sameKind`: of the same kind of transaction, too), line and channels
   * being well again, the payment's own end, or nothing but a person.
   */
  readonly endedBy: "approval" | "sameKindApproval" | "line" | "payment" | "person";
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function rule(
  kind: IncidentKind,
  situation: Situation,
  bound: Binding,
  severity: Severity,
  endedBy: IncidentRule["endedBy"],
  [from, withinMs]: readonly [number, number] = [1, HOUR_MS],
): IncidentRule {
  return { kind, situation, bound, severity, endedBy, from, withinMs };
}

const MERCHANT = rule("merchantInvalid", "S1", "acquirer", "critical", "sameKindApproval");
const DISABLED = rule("terminalDisabled", "S2", "terminal", "major", "sameKindApproval");
const UNSIGNED = rule("terminalUnsigned", "S2", "terminal", "major", "approval");
const PARAMETERS = rule("terminalParameters", "S2", "terminal", "major", "sameKindApproval");
const CONNECTION = rule("terminalConnection", "S4", "terminal", "major", "approval");
const HARDWARE = rule("terminalHardware", "S4", "terminal", "major", "approval");
const DATA = rule("terminalData", "S4", "terminal", "major", "sameKindApproval");
const LINE = rule("lineDown", "S4", "shop", "critical", "line");
const POWER = rule("powerLost", "S4", "shop", "major", "approval");
const HOST = rule("hostOutage", "S4", "acquirer", "critical", "approval", [2, 15 * MINUTE_MS]);
const ISSUER = rule("issuerUnavailable", "S4", "bin", "minor", "approval", [3, 30 * MINUTE_MS]);
const FREQUENT = rule("tooFrequent", "S3", "terminal", "minor", "person", [5, 30 * MINUTE_MS]);
const DUPLICATE = rule("duplicateCharge", "S3", "transaction", "major", "payment");
const OPERATOR = rule("operatorErrors", "S4", "operator", "minor", "person", [3, HOUR_MS]);
const HOLD = rule("preauthorisation", "S5", "transaction", "major", "payment");
const SETTLEMENT = rule("settlement", "S4", "terminal", "major", "person");
const UNEXPLAINED = rule("unexplained", "S4", "terminal", "minor", "approval", [4, 30 * MINUTE_MS]);

/** Causes that are one customer's matter have no incident: what staff do then stands with the payment itself. */
export const RULE_OF: Readonly<Partial<Record<DiagnosisCause, IncidentRule>>> = {
  "merchant.invalid": MERCHANT,
  "merchant.cardTypeNotTaken": rule("cardTypeNotTaken", "S1", "bin", "minor", "approval", [2, 4 * HOUR_MS]),
  "terminal.disabled": DISABLED,
  "terminal.signInRefused": DISABLED,
  "terminal.moved": DISABLED,
  "terminal.unsigned": UNSIGNED,
  "terminal.keys": UNSIGNED,
  "host.keys": rule("terminalUnsigned", "S2", "acquirer", "critical", "approval"),
  "terminal.functionDisabled": rule("functionDisabled", "S2", "terminal", "major", "sameKindApproval"),
  "terminal.wrongParameters": PARAMETERS,
  "host.formatChanged": rule("terminalParameters", "S2", "acquirer", "critical", "sameKindApproval"),
  "terminal.maintenance": rule("terminalParameters", "S2", "terminal", "minor", "approval"),
  "terminal.traceReset": DATA,
  "data.terminalClock": DATA,
  "data.amount": DATA,
  "data.format": rule("terminalData", "S4", "terminal", "minor", "approval", [2, HOUR_MS]),
  "terminal.connection": rule("terminalConnection", "S4", "terminal", "major", "approval", [2, 15 * MINUTE_MS]),
  "terminal.lineDisturbed": CONNECTION,
  "hardware.terminal": HARDWARE,
  "hardware.printer": HARDWARE,
  "hardware.reader": HARDWARE,
  "hardware.power": POWER,
  "box.restarted": rule("powerLost", "S4", "shop", "minor", "approval", [2, HOUR_MS]),
  "line.down": LINE,
  "line.disturbed": LINE,
  "line.answerLost": LINE,
  "line.repetition": DUPLICATE,
  "duplicate.charge": DUPLICATE,
  "host.outage": HOST,
  "host.slow": HOST,
  "host.dayCut": rule("hostOutage", "S4", "acquirer", "minor", "approval", [5, 30 * MINUTE_MS]),
  "issuer.unavailable": ISSUER,
  "customer.retry": FREQUENT,
  "limit.amount": FREQUENT,
  "limit.count": FREQUENT,
  "limit.pinTries": FREQUENT,
  "security.refused": FREQUENT,
  "operator.wrongEntry": OPERATOR,
  "operator.wrongOriginal": OPERATOR,
  "operator.voidAfterSettlement": OPERATOR,
  "operator.voidElsewhere": OPERATOR,
  "operator.chipNotUsed": OPERATOR,
  "reversal.abandoned": rule("reversalAbandoned", "S4", "transaction", "critical", "payment"),
  "settlement.due": SETTLEMENT,
  "settlement.notBalanced": SETTLEMENT,
  "preauth.missingCard": HOLD,
  "preauth.missingAuthCode": HOLD,
  "preauth.originalNotFound": HOLD,
  "preauth.alreadyDone": HOLD,
  "preauth.tooOld": HOLD,
  "preauth.overRatio": HOLD,
  unknown: UNEXPLAINED,
};

/** An approval that came after the terminal's reversal was acknowledged: the customer has paid for nothing. */
export const APPROVED_AFTER_REVERSAL = rule("approvedAfterReversal", "S4", "transaction", "critical", "person");
