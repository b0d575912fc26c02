import { z } from "zod";
import { HEALTH_STATUSES, type HealthNode } from "../domain/health.ts";
import { type MinorUnits, minorUnits } from "../domain/money.ts";
import { type Seq, seq } from "../domain/record.ts";
import { isName, type TerminalId, terminalId } from "../domain/terminal.ts";
import { OUTCOMES, TRANSACTION_KINDS } from "../domain/transaction.ts";
import { drivenTerminalFields, wordsInTwo } from "./driven-terminal.ts";
import { seqWord, streamWord, timeWord } from "./words.ts";

/** RFC 9457. Stable: programs may compare `type`. Never carries what the caller sent, which could be card data. */
export const problemSchema = z.strictObject({
  type: z.string().regex(/^urn:tillgate:problem:[a-zA-Z]+$/),
  title: z.string(),
  status: z.int().min(400).max(599),
  /** What to do about it. */
  remedy: z.string(),
  /** With `badQuery`, `badBody` and refusals of a payment: every parameter or member that is wrong. */
  errors: z
    .array(z.strictObject({ field: z.string(), remedy: z.string() }))
    .readonly()
    .exactOptional(),
  /** With `notLive`, `notReady` and `notKnown`. */
  reasons: z.array(z.string()).readonly().exactOptional(),
  /** With `orderInDoubt`, `probableDuplicate`, `terminalInDoubt`: the payments that stand in the way. */
  payments: z.array(z.string()).readonly().exactOptional(),
  /** With a refusal that is about one terminal. */
  terminal: z.string().exactOptional(),
  /** When it ends by itself. */
  until: timeWord.exactOptional(),
});
export type Problem = z.output<typeof problemSchema>;

const healthFields = {
  name: z.string(),
  status: z.enum(HEALTH_STATUSES),
  observedValue: z.union([z.string(), z.number(), z.boolean()]).exactOptional(),
  observedUnit: z.string().exactOptional(),
  since: timeWord.exactOptional(),
  reason: z.string().exactOptional(),
  advice: z.string().exactOptional(),
  parts: z.lazy(() => z.array(healthNode).readonly()).exactOptional(),
};
const healthNode: z.ZodType<HealthNode> = z.strictObject(healthFields);

/** `GET /health`, `application/health+json` (draft-inadarei-api-health-check-06): its root, and our tree below it. */
export const healthAnswer = z.strictObject({
  ...healthFields,
  version: z.string(),
  /** tenant/site/gateway. */
  serviceId: z.string(),
  asOf: timeWord,
});

/** `GET /livez` and `GET /readyz` when all is well; a problem with status 503 and `reasons` when not. */
export const probeAnswer = z.strictObject({ status: z.literal("pass") });

export const terminalsAnswer = z.strictObject({
  asOf: timeWord,
  terminals: z
    .array(
      z.strictObject({
        terminal: z.string(),
        /** Whether the config names it. */
        listed: z.boolean(),
        /** DE41 and merchant (DE42) that the config gives it. */
        de41: z.string().exactOptional(),
        merchant: z.string().exactOptional(),
        connections: z.int().min(0),
        lastSeenAt: timeWord.exactOptional(),
        lastOutcome: z.string().exactOptional(),
        /** Transactions whose money may have moved on one side only. */
        unresolved: z.int().min(0),
        ...drivenTerminalFields,
      }),
    )
    .readonly(),
});

const text = z.string().exactOptional();
const amount = z.int().min(0).exactOptional();
const time = timeWord.exactOptional();

/** Why a payment failed, is open or is odd. */
export const diagnosisView = z.strictObject({
  category: z.string(),
  /** A stable word; `unknown` where nothing speaks clearly for one cause. */
  cause: z.string(),
  /** Where on the way of a payment it lies. */
  stage: z.string(),
  /** 0..1; below 0.6 the cause is `unknown`. */
  confidence: z.number().min(0).max(1),
  evidence: z
    .array(z.strictObject({ sign: z.string(), value: z.union([z.string(), z.number()]).exactOptional() }))
    .readonly(),
  /** With `unknown`: what it most likely is. */
  suspected: z.string().exactOptional(),
  reason: wordsInTwo,
  /** What staff do now. */
  advice: wordsInTwo,
});

/** What leaves of a transaction: members that are not named here are dropped. */
export const transactionView = z.object({
  /** Of the newest record about it. */
  seq: z.int().min(1),
  /** Where that record counts, when it was made under an earlier stream and is only carried by this one. */
  carried: z.object({ stream: streamWord, seq: seqWord }).exactOptional(),
  id: z.string(),
  terminal: z.string(),
  /** Absent where the terminal talks to its acquirer by itself. */
  acquirer: text,
  kind: z.enum(TRANSACTION_KINDS),
  outcome: z.enum(OUTCOMES),
  hostApproved: z.literal(true).exactOptional(),
  approvalFlag: text,
  amount,
  approvedAmount: amount,
  currency: text,
  /** DE49, three digits, where there are no letters for it: there is no `currency` then. */
  currencyNumber: text,
  card: z
    .object({
      bin6: z.string().max(6).exactOptional(),
      last4: z.string().max(4),
      length: z.int(),
      scheme: z.string(),
      luhnOk: z.boolean(),
      chipExpected: z.boolean().exactOptional(),
      hiddenByTerminal: z.literal(true).exactOptional(),
    })
    .exactOptional(),
  entryMode: z.object({ code: z.string(), method: z.string(), pin: z.string() }).exactOptional(),
  stan: z.string(),
  batch: text,
  rrn: text,
  authCode: text,
  responseCode: text,
  hostText: text,
  operator: text,
  de41: text,
  de42: text,
  terminalDate: text,
  terminalTime: text,
  settlementDate: text,
  original: z.object({ batch: text, stan: text, date: text }).exactOptional(),
  originalTransaction: text,
  requestedAt: timeWord,
  /** When it really was requested, where the clock of then is known now to have been wrong. */
  redatedAt: time,
  /** The clock of that boot was never set: `requestedAt` is what the machine believed. */
  undated: z.literal(true).exactOptional(),
  answeredAt: time,
  hostMs: z.number().exactOptional(),
  reversal: z
    .object({
      attempts: z.int(),
      reason: text,
      requestedAt: timeWord,
      answeredAt: time,
      responseCode: text,
    })
    .exactOptional(),
  forwardedBeforeDurable: z.literal(true).exactOptional(),
  reason: text,
  endpoint: text,
  /** Of a payment of the last day that did not go as it should. */
  diagnosis: diagnosisView.exactOptional(),
});

/**
 * `GET /api/v1/transactions`: each transaction once, as its newest record has it, newest record first.
 * One that changes while somebody pages moves to the front: it is then seen by asking without `before`.
 */
export const transactionsAnswer = z.strictObject({
  asOf: timeWord,
  transactions: z.array(transactionView),
  /**
   * Give this as `before` to go on; absent at the end of the ledger. Present on a short or empty page when the search
   * stopped at its bound.
   */
  next: z.int().min(1).exactOptional(),
});

/** What leaves of a parked record. */
export const parkedView = z.object({
  seq: z.int().min(1),
  kind: z.string(),
  terminal: text,
  /** `tooLarge`, `brokerRefuses`, `breaksTheLine`. */
  reason: z.string(),
  /** The broker's reason code, where it gave one. */
  code: z.int().exactOptional(),
  amount,
  currency: text,
  since: timeWord,
});

/** `GET /api/v1/parked`: records that the broker cannot be given, the oldest first. */
export const parkedAnswer = z.strictObject({ asOf: timeWord, parked: z.array(parkedView) });

/** `POST /api/v1/parked/{seq}/resend`, status 202: it goes again; when that fails again, it is parked again. */
export const resendAnswer = z.strictObject({ asOf: timeWord, seq: z.int().min(1) });

/** Query parameters come as text; one that is given twice comes as a list and is refused. */
export const parameter = <T>(allowed: string, read: (value: string) => T | undefined) =>
  z
    .string({ error: allowed })
    .transform((value, context): T => {
      const result = read(value);
      if (result !== undefined) return result;
      // Without the input: what was sent could be a card number.
      context.addIssue({ code: "custom", message: allowed });
      return z.NEVER;
    })
    .exactOptional();

function wholeNumber(value: string, least: number, most: number): number | undefined {
  if (!/^[0-9]{1,16}$/.test(value)) return undefined;
  const number = Number(value);
  return number >= least && number <= most ? number : undefined;
}

const RFC3339 = z.iso.datetime({ offset: true });
/** In UTC with milliseconds, as the ledger writes it. */
export function utcTime(value: string): string | undefined {
  // In a query `+` means a space, and nobody writes %2B08:00 the first time.
  const parsed = RFC3339.safeParse(value.replace(" ", "+"));
  return parsed.success ? new Date(parsed.data).toISOString() : undefined;
}

export const TIME = "a time with its offset from UTC, e.g. 2026-01-31T18:00:00+08:00";

export const transactionsQuery = z.strictObject({
  terminal: parameter("a terminal's name as in the config", (value): TerminalId | undefined =>
    isName(value) ? terminalId(value) : undefined,
  ),
  outcome: parameter(`one of ${OUTCOMES.join(", ")}`, (value) => OUTCOMES.find((outcome) => outcome === value)),
  code: parameter("the acquirer's answer, two letters or digits, e.g. 51", (value) =>
    /^[0-9A-Za-z]{2}$/.test(value) ? value.toUpperCase() : undefined,
  ),
  last4: parameter("the card's last four digits; never send more of a card number", (value) =>
    /^[0-9]{4}$/.test(value) ? value : undefined,
  ),
  amount: parameter("a whole number in minor units, e.g. 12345 for 123.45 CNY", (value): MinorUnits | undefined => {
    const number = wholeNumber(value, 0, 999_999_999_999);
    return number === undefined ? undefined : minorUnits(number);
  }),
  from: parameter(TIME, utcTime),
  to: parameter(TIME, utcTime),
  limit: parameter("a number from 1 to 200", (value) => wholeNumber(value, 1, 200)),
  before: parameter("the `next` of the page before", (value): Seq | undefined => {
    const number = wholeNumber(value, 1, Number.MAX_SAFE_INTEGER);
    return number === undefined ? undefined : seq(number);
  }),
});

/** `GET /api/v1/charges`: the amount, and as much as the customer knows beside it. */
export const chargesQuery = z.strictObject({
  last4: transactionsQuery.shape.last4,
  amount: transactionsQuery.shape.amount,
  from: transactionsQuery.shape.from,
});
