import { z } from "zod";
import { ALTERNATIVE_METHODS } from "../domain/alternative.ts";
import { currency, minorUnits } from "../domain/money.ts";
import { PAYMENT_KINDS, PAYMENT_STEPS, paymentId } from "../domain/payment.ts";
import { RECEIPT_TYPES } from "../domain/receipt.ts";
import { RESOLVED_AS } from "../domain/payment-request.ts";
import { isName, terminalId } from "../domain/terminal.ts";
import { OUTCOMES, TRANSACTION_KINDS } from "../domain/transaction.ts";
import { timeWord } from "./words.ts";

/** Digits that could be a card number, written with spaces or dashes or without, and that pass its check (ISO/IEC 7812-1). */
export function couldBeCard(text: string): boolean {
  const runs = text.match(/(?<![0-9][ -]?)[0-9](?:[ -]?[0-9]){12,18}(?![ -]?[0-9])/g) ?? [];
  return runs.some((run) => passesLuhn(run.replace(/[ -]/g, "")));
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const doubled = Number(digits[digits.length - 1 - index]) * (index % 2 === 0 ? 1 : 2);
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Printable, and no card number: it stays in the ledger for ever. */
function words(most: number) {
  const allowed = `1 to ${most} printable characters, never a card number`;
  return z
    .string({ error: allowed })
    .min(1, { error: allowed })
    .max(most, { error: allowed })
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text) && !couldBeCard(text), { error: allowed });
}

const NAME = "a name as in the config: letters, digits, -, _, .; at most 64";
const nameWord = z.string({ error: NAME }).refine(isName, { error: NAME });
const ORDER_ID = "1 to 64 letters, digits and punctuation without spaces";
const orderWord = z.string({ error: ORDER_ID }).regex(/^[\x21-\x7e]{1,64}$/, { error: ORDER_ID });
const AMOUNT = "a whole number of minor units from 1 on, e.g. 1250 for 12.50 EUR";
const amountWord = z
  .int({ error: AMOUNT })
  .min(1, { error: AMOUNT })
  .max(999_999_999_999, { error: AMOUNT })
  .transform(minorUnits);
const CURRENCY = "ISO 4217 letters, e.g. EUR";
const currencyWord = z
  .string({ error: CURRENCY })
  .regex(/^[A-Z]{3}$/, { error: CURRENCY })
  .transform(currency);
const PAYMENT_ID = "a payment's id, as tillgate gave it";
const paymentWord = z
  .string({ error: PAYMENT_ID })
  .regex(/^[0-9a-f-]{1,64}$/, { error: PAYMENT_ID })
  .transform(paymentId);
const digits = (most: number) => {
  const allowed = `1 to ${most} digits`;
  return z.string({ error: allowed }).regex(new RegExp(`^[0-9]{1,${most}}$`), { error: allowed });
};
const RRN = "up to 12 letters and digits";
const rrnWord = z.string({ error: RRN }).regex(/^[0-9A-Za-z]{1,12}$/, { error: RRN });

/** `POST /api/v1/payments`. */
export const paymentBody = z.strictObject({
  orderId: orderWord,
  kind: z.enum(PAYMENT_KINDS, { error: `one of ${PAYMENT_KINDS.join(", ")}` }),
  /** Minor units. Absent, where the kind permits it: the whole of the original. */
  amount: amountWord.exactOptional(),
  currency: currencyWord,
  /** One of them or neither: then any terminal that can. */
  terminal: nameWord.transform(terminalId).exactOptional(),
  group: nameWord.exactOptional(),
  /** Which earlier payment is meant: by its id, or by what its terminal printed. */
  original: z
    .strictObject({
      payment: paymentWord.exactOptional(),
      receiptNumber: digits(12).exactOptional(),
      stan: digits(12).exactOptional(),
      rrn: rrnWord.exactOptional(),
      authCode: rrnWord.exactOptional(),
      /** MMDD in the shop's zone. */
      date: digits(4).exactOptional(),
    })
    .exactOptional(),
  cashier: words(64).exactOptional(),
  /** With a new key: payments that do not stand in the way, and why. Role `supervisor`. */
  overrides: z.array(paymentWord).max(20).readonly().exactOptional(),
  reason: words(200).exactOptional(),
  /** Whose order it is, where a supervisor acts for a till. */
  till: nameWord.exactOptional(),
});

const UTC = "a time with its offset from UTC, e.g. 2026-01-31T18:00:00+08:00";

/** `POST /api/v1/records`: what was paid another way. */
export const alternativeBody = z.strictObject({
  orderId: orderWord,
  method: z.enum(ALTERNATIVE_METHODS, { error: `one of ${ALTERNATIVE_METHODS.join(", ")}` }),
  amount: amountWord,
  currency: currencyWord,
  paidAt: z.iso
    .datetime({ offset: true, error: UTC })
    .transform((value) => new Date(value).toISOString())
    .exactOptional(),
  /** The voucher's or the QR payment's own number. */
  reference: words(64).exactOptional(),
  cashier: words(64).exactOptional(),
  till: nameWord.exactOptional(),
});

/** `POST /api/v1/in-doubt/{id}/resolve`, role `supervisor`. */
export const resolveBody = z.strictObject({
  as: z.enum(RESOLVED_AS, { error: `one of ${RESOLVED_AS.join(", ")}` }),
  /** How it is known; stays in the ledger. */
  reason: words(200),
  /** Who says so, where the token is not a person's own. */
  by: words(64).exactOptional(),
});

/** Its answer: what stands in the ledger now. */
export const resolvedAnswer = z.object({
  asOf: timeWord,
  id: z.string(),
  outcome: z.enum(RESOLVED_AS),
  resolution: z.object({ by: z.string(), who: z.string(), why: z.string(), at: timeWord }),
});

const text = z.string().exactOptional();
const amount = z.int().min(0).exactOptional();
const time = timeWord.exactOptional();

/** `event: progress` of `GET /api/v1/payments/{id}/events`. */
export const progressView = z.object({ step: z.enum(PAYMENT_STEPS), code: text, text });

/** What leaves of a payment: members that are not named here are dropped. */
export const paymentView = z.object({
  id: z.string(),
  /** `running`: a terminal is carrying it out, and its outcome is not known yet. */
  state: z.enum(["running", "ended"]),
  /** `inDoubt` while it runs, too. */
  outcome: z.enum(OUTCOMES),
  progress: progressView.exactOptional(),
  till: z.string(),
  orderId: z.string(),
  kind: z.enum(TRANSACTION_KINDS),
  terminal: z.string(),
  amount,
  approvedAmount: amount,
  currency: text,
  card: z
    .object({
      bin6: z.string().max(6).exactOptional(),
      last4: z.string().max(4),
      length: z.int(),
      scheme: z.string(),
      luhnOk: z.boolean(),
      chipExpected: z.boolean().exactOptional(),
    })
    .exactOptional(),
  cardName: text,
  entryMode: z.object({ code: z.string(), method: z.string(), pin: z.string() }).exactOptional(),
  stan: text,
  rrn: text,
  authCode: text,
  receiptNumber: text,
  responseCode: text,
  deviceCode: text,
  deviceText: text,
  /** A stable word: why it failed or is in doubt. */
  reason: text,
  requestedAt: timeWord,
  answeredAt: time,
  receipts: z.array(z.object({ type: z.enum(RECEIPT_TYPES), lines: z.array(z.string()) })).exactOptional(),
  override: z.object({ reason: z.string(), who: z.string() }).exactOptional(),
  resolution: z.object({ by: z.string(), who: z.string(), why: z.string(), at: timeWord }).exactOptional(),
  /** When its terminal is asked next what became of it. */
  nextCheckAt: time,
});

/** 200: its outcome is final, or in doubt and looked after; 202: it runs, see `Location`. */
export const paymentAnswer = z.strictObject({ asOf: timeWord, payment: paymentView });

/** 201, or 200 when it was handed in before under the same key. */
export const alternativeAnswer = z.strictObject({
  asOf: timeWord,
  record: z.object({
    id: z.string(),
    method: z.enum(ALTERNATIVE_METHODS),
    amount: z.int(),
    currency: z.string(),
    paidAt: time,
    reference: text,
    orderId: z.string(),
    till: z.string(),
  }),
});

/** `GET /api/v1/in-doubt`. */
export const inDoubtAnswer = z.strictObject({
  asOf: timeWord,
  inDoubt: z.array(
    z.object({
      id: z.string(),
      terminal: z.string(),
      outcome: z.enum(OUTCOMES),
      kind: z.enum(TRANSACTION_KINDS),
      amount,
      currency: text,
      requestedAt: timeWord,
      reason: text,
      /** The host approved, but that did not reach the terminal in time. */
      hostApproved: z.literal(true).exactOptional(),
      stan: text,
      rrn: text,
      /** Absent for a terminal that is only relayed. */
      till: text,
      orderId: text,
      nextCheckAt: time,
      lastCheck: z.object({ at: timeWord, why: z.string() }).exactOptional(),
    }),
  ),
});

export const CHARGE_STATES = ["charged", "notCharged", "reversed", "notKnownYet"] as const;

/** `GET /api/v1/charges`: was I charged? Newest first. */
export const chargesAnswer = z.strictObject({
  asOf: timeWord,
  charges: z.array(
    z.object({
      state: z.enum(CHARGE_STATES),
      transaction: z.string(),
      terminal: z.string(),
      outcome: z.enum(OUTCOMES),
      /** What was charged: less than asked for where only a part was approved, or a part was undone since. */
      amount,
      currency: text,
      last4: text,
      requestedAt: timeWord,
      reversedAt: time,
      /** With `notKnownYet`: when it is looked into next, where tillgate can do so by itself. */
      nextCheckAt: time,
      rrn: text,
      stan: text,
      authCode: text,
    }),
  ),
  /** Whether the ledger goes further back than what was looked at. */
  isComplete: z.boolean(),
  /** Whom to call. */
  hotline: text,
});
