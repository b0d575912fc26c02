import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { bootId, instant } from "../../src/domain/clock.ts";
import { type DiagnosisCause, isDiagnosisCause } from "../../src/domain/diagnosis.ts";
import { currency, minorUnits } from "../../src/domain/money.ts";
import { type RecordKind, seq } from "../../src/domain/record.ts";
import type { RecordInput } from "../../src/domain/reducer.ts";
import { verdictOf } from "../../src/domain/response-code.ts";
import { acquirerId, terminalId } from "../../src/domain/terminal.ts";
import {
  type EntryMode,
  type Transaction,
  TRANSACTION_KINDS,
  type TransactionEvent,
  transactionId,
} from "../../src/domain/transaction.ts";

const FOLDER = new URL("../vectors/diagnosis/", import.meta.url);
const time = z.string().regex(/^(D[+-]\d+ )?\d\d:\d\d:\d\d$/);
const ENTRIES = ["chip", "tap", "swipe", "keyed", "fallback"] as const;

const paymentEvent = z.strictObject({
  at: time,
  terminal: z.string().default("T1"),
  kind: z.enum(TRANSACTION_KINDS).default("sale"),
  amount: z.number().default(45),
  /** A letter for the bank, a digit for its card: A1 and A2 are two cards of one bank. `none`: no card number. */
  card: z
    .string()
    .regex(/^([A-Z][1-9]|none)$/)
    .default("A1"),
  scheme: z.enum(["unionpay", "visa", "mastercard"]).default("unionpay"),
  entry: z.enum(ENTRIES).default("chip"),
  checkDigit: z.literal("wrong").optional(),
  stan: z.string().optional(),
  batch: z.string().default("000001"),
  /** A name for it, and the name of the one that it refers to. */
  as: z.string().optional(),
  of: z.string().optional(),
  original: z.strictObject({ batch: z.string().optional(), stan: z.string().optional() }).optional(),
  overridden: z.boolean().default(false),
  /** How it ended: DE39 of the answer, or one of these. */
  answer: z
    .string()
    .regex(/^[0-9A-Z]{2}$/)
    .optional(),
  silence: z.enum(["noAnswer", "notSent", "daemonRestarted"]).optional(),
  late: z.strictObject({ code: z.string(), afterS: z.number() }).optional(),
  refused: z.string().optional(),
  says: z.string().optional(),
  answeredAgain: z.boolean().default(false),
  afterS: z.number().default(1),
  /** `hhmmss`, as the host sent it. */
  hostTime: z.string().optional(),
  reversal: z.strictObject({ reason: z.string(), answer: z.string().optional() }).optional(),
});
const otherEvent = z.union([
  z.strictObject({ at: time, line: z.string(), subject: z.string().optional() }),
  z.strictObject({ at: time, channel: z.string(), cause: z.string() }),
  z.strictObject({ at: time, underVoltage: z.enum(["began", "ended"]) }),
  z.strictObject({ at: time, started: z.string() }),
  z.strictObject({
    at: time,
    terminal: z.string(),
    did: z.string(),
    code: z.string().optional(),
    serial: z.string().optional(),
  }),
]);
const caseSchema = z.strictObject({
  name: z.string(),
  events: z.array(z.union([otherEvent, paymentEvent])),
  /** Which payment is asked about; the last one where this is left out. */
  payment: z.string().optional(),
  cause: z.custom<DiagnosisCause>(isDiagnosisCause),
});
export type DiagnosisCase = z.output<typeof caseSchema> & { readonly file: string };
type Payment = z.output<typeof paymentEvent>;

/** All situations under `test/vectors/diagnosis/`. @throws ZodError that names what is wrong in a file. */
export function diagnosisCases(): readonly DiagnosisCase[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
  return files.toSorted().flatMap((file) => readCases(readFileSync(new URL(file, FOLDER), "utf8"), file));
}

/** @param text  YAML, in the form of the files there. */
export function readCases(text: string, file = ""): readonly DiagnosisCase[] {
  const read: unknown = parse(text);
  return z
    .array(caseSchema)
    .parse(read)
    .map((one) => ({ ...one, file }));
}

export function isPayment(event: DiagnosisCase["events"][number]): event is Payment {
  return "kind" in event;
}

/** The payment that a case asks about. */
export function askedAbout({ events, payment }: DiagnosisCase): Payment {
  const payments = events.filter(isPayment);
  const found = payment === undefined ? payments.at(-1) : payments.find(({ as }) => as === payment);
  if (found === undefined) throw new Error(`no payment ${payment ?? ""}`);
  return found;
}

const DAY = Date.UTC(2026, 0, 31);
const DAY_MS = 86_400_000;

function millis(text: string): number {
  const [, day = "0", h = "0", m = "0", s = "0"] = /^(?:D([+-]\d+) )?(\d\d):(\d\d):(\d\d)$/.exec(text) ?? [];
  return DAY + Number(day) * DAY_MS + ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000;
}

interface Written {
  readonly at: number;
  readonly kind: RecordKind;
  readonly terminal?: string;
  readonly body: object;
}

/** The ledger that a case tells of, and the id of the payment that it asks about. @param after  Numbers that are taken already. */
export function ledgerOf(
  found: DiagnosisCase,
  after = 0,
): { readonly records: readonly RecordInput[]; readonly asked: string } {
  const ids = new Map<Payment, string>();
  const payments = found.events.filter(isPayment);
  for (const [index, payment] of payments.entries()) ids.set(payment, payment.as ?? `p-${after + index + 1}`);
  const written = found.events.flatMap((event, index) =>
    isPayment(event) ? recordsOf(event, after + index, ids.get(event) ?? "", payments) : [otherRecord(event)],
  );
  const inOrder = written.toSorted((a, b) => a.at - b.at);
  return {
    asked: payments.length === 0 ? "" : (ids.get(askedAbout(found)) ?? ""),
    records: inOrder.map(({ at, kind, terminal, body }, index) => ({
      type: "record",
      seq: seq(index + 1),
      kind,
      moment: { at: instant(at), clock: { bootId: bootId("boot-1"), monotonicMs: at - DAY, synced: true } },
      body,
      ...(terminal === undefined ? {} : { terminal: terminalId(terminal) }),
    })),
  };
}

const METHOD: Readonly<Record<(typeof ENTRIES)[number], EntryMode>> = {
  chip: { code: "051", method: "chip", pin: "entered" },
  tap: { code: "071", method: "contactless", pin: "entered" },
  swipe: { code: "021", method: "magstripe", pin: "entered" },
  keyed: { code: "012", method: "keyed", pin: "none" },
  fallback: { code: "801", method: "fallback", pin: "entered" },
};

function recordsOf(event: Payment, index: number, id: string, all: readonly Payment[]): readonly Written[] {
  const at = millis(event.at);
  const end = at + (event.late?.afterS ?? event.afterS) * 1000;
  const base: Transaction = {
    id: transactionId(id),
    terminal: terminalId(event.terminal),
    ...(event.says === undefined ? { acquirer: acquirerId("union") } : {}),
    kind: event.kind,
    outcome: "inDoubt",
    amount: minorUnits(Math.round(event.amount * 100)),
    currency: currency("CNY"),
    entryMode: METHOD[event.entry],
    stan: event.stan ?? String(index + 1).padStart(6, "0"),
    batch: event.batch,
    requestedAt: new Date(at).toISOString(),
    ...(event.card === "none" ? {} : { card: cardOf(event) }),
    ...(event.of === undefined ? {} : { originalTransaction: transactionId(event.of) }),
    ...(event.original === undefined ? {} : { original: originalOf(event.original) }),
    ...(event.hostTime === undefined ? {} : { terminalTime: event.hostTime }),
    ...(event.overridden
      ? {
          payment: {
            till: "till",
            orderId: id,
            keyHash: "0",
            requestHash: "0",
            override: { reason: "two coffees", who: "Lee" },
          },
        }
      : {}),
  };
  if (event.of !== undefined && !all.some(({ as }) => as === event.of)) throw new Error(`no payment ${event.of}`);
  const write = (when: number, what: TransactionEvent, transaction: Transaction): Written => ({
    at: when,
    kind: "transaction",
    terminal: event.terminal,
    body: { event: what, transaction },
  });
  const { what, ended } = endOf(event, base, end - at);
  const records = [...(what === "refused" ? [] : [write(at, "requested", base)]), write(end, what, ended)];
  if (event.answeredAgain) records.push(write(end + 500, "answeredAgain", ended));
  return event.reversal === undefined ? records : [...records, ...reversalOf(event.reversal, ended, end, write)];
}

function endOf(event: Payment, base: Transaction, hostMs: number): { what: TransactionEvent; ended: Transaction } {
  const { answer, silence, late, refused, says } = event;
  if (answer !== undefined) {
    const flagged = ["A2", "A4", "A5", "A6", "Y1", "Y3"].includes(answer) ? { approvalFlag: answer } : {};
    return {
      what: "answered",
      ended: { ...base, outcome: verdictOf(answer), responseCode: answer, hostMs, ...flagged },
    };
  }
  if (late !== undefined) {
    const hostApproved = verdictOf(late.code) === "approved" ? { hostApproved: true as const } : {};
    return { what: "answeredLate", ended: { ...base, responseCode: late.code, hostMs, ...hostApproved } };
  }
  if (refused !== undefined) return { what: "refused", ended: { ...base, outcome: "refused", reason: refused } };
  if (says !== undefined) return { what: "answered", ended: { ...base, outcome: "failed", reason: says } };
  if (silence === "notSent")
    return { what: "notSent", ended: { ...base, outcome: "failed", reason: "acquirerUnreachable" } };
  return { what: "unanswered", ended: { ...base, reason: silence ?? "noAnswer" } };
}

function reversalOf(
  { reason, answer }: { readonly reason: string; readonly answer?: string | undefined },
  before: Transaction,
  end: number,
  write: (at: number, event: TransactionEvent, transaction: Transaction) => Written,
): readonly Written[] {
  const reversal = { attempts: 1, reason, requestedAt: new Date(end + 1000).toISOString() };
  const asked: Transaction = { ...before, outcome: "reversing", reversal };
  const records = [write(end + 1000, "reversalRequested", asked)];
  return answer === undefined
    ? [...records, write(end + 60_000, "reversalAbandoned", { ...asked, outcome: "reversalAbandoned" })]
    : [
        ...records,
        write(end + 2000, "reversalAnswered", {
          ...asked,
          outcome: "reversed",
          reversal: { ...reversal, responseCode: answer },
        }),
      ];
}

function originalOf({ batch, stan }: NonNullable<Payment["original"]>): NonNullable<Transaction["original"]> {
  return { ...(batch === undefined ? {} : { batch }), ...(stan === undefined ? {} : { stan }) };
}

function cardOf({ card, scheme, checkDigit }: Payment): NonNullable<Transaction["card"]> {
  const bank = card.charCodeAt(0) - 64;
  return {
    bin6: `6212${String(bank).padStart(2, "0")}`,
    last4: `000${card[1]}`,
    length: 16,
    scheme,
    luhnOk: checkDigit === undefined,
  };
}

function otherRecord(event: Exclude<DiagnosisCase["events"][number], Payment>): Written {
  const at = millis(event.at);
  if ("line" in event) {
    const [stage = ""] = event.line.split(".");
    const subject = event.subject === undefined ? {} : { subject: event.subject };
    const body = event.line === "well" ? {} : { stage, fault: event.line, ...subject };
    return { at, kind: "link", body: { event: "verdictChanged", ...body } };
  }
  if ("channel" in event) {
    const [kind] = event.channel.split(":");
    const isOver = event.cause === "over";
    const verdict = { cause: isOver ? "notEnoughEvidence" : event.cause, confidence: 0.9, evidence: [] };
    return {
      at,
      kind: "link",
      body: {
        event: isOver ? "interferenceEnded" : "interferenceBegan",
        channel: event.channel,
        kind,
        verdict,
        figures: {},
      },
    };
  }
  if ("underVoltage" in event)
    return {
      at,
      kind: "power",
      body: { event: event.underVoltage === "began" ? "underVoltageBegan" : "underVoltageEnded" },
    };
  if ("started" in event)
    return event.started === "daemon"
      ? { at, kind: "clock", body: { event: "started", at: new Date(at).toISOString() } }
      : { at, kind: "power", body: { event: "rebooted", cause: event.started, evidence: [] } };
  const { terminal, did, code, serial } = event;
  if (did === "settled")
    return {
      at,
      kind: "settlement",
      terminal,
      body: { event: "batchClosed", terminal, stan: "", at: new Date(at).toISOString() },
    };
  const detail = did === "identified" ? { accepted: true, serial } : did === "stateChanged" ? { to: code } : {};
  return {
    at,
    kind: "terminal",
    terminal,
    body: { event: did, detail, ...(code === undefined ? {} : { responseCode: code }) },
  };
}
