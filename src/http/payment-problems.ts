import type { z } from "zod";
import type { Problem } from "../contract/http.ts";
import type { PaymentRefusal } from "../domain/payment-request.ts";
import { fieldErrors, type ProblemDetail, problemOf } from "./problems.ts";

interface Entry {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

/** Stable: tills compare `type`. In every case nothing was sent to a terminal. */
const REFUSALS: Readonly<Record<PaymentRefusal["refused"], Entry>> = {
  keyReused: {
    status: 422,
    title: "this Idempotency-Key stands for another request",
    remedy: "Send a new key for a new request; the same key only with the very same body.",
  },
  keySpent: {
    status: 409,
    title: "this Idempotency-Key was used, and what came of it is not kept here any more",
    remedy: "Ask headquarters what came of it, and use a new key only if nothing was charged.",
  },
  orderInDoubt: {
    status: 409,
    title: "nobody knows yet whether this order was charged",
    remedy:
      "Wait: its terminal is asked. See GET /api/v1/in-doubt; a supervisor can resolve it from the terminal's own list.",
  },
  probableDuplicate: {
    status: 409,
    title: "this looks like a payment that was made already, or may have been",
    remedy:
      "Look at payments. If it is another one all the same, a supervisor sends a new key with overrides and a reason.",
  },
  terminalInDoubt: {
    status: 409,
    title: "the terminal must be asked first what became of the order before",
    remedy: "Wait until it can be reached, use another terminal, or let a supervisor resolve the payments named.",
  },
  notRecorded: {
    status: 503,
    title: "the payment cannot be recorded, so it was not begun",
    remedy: "See GET /health, storage; the same key may be sent again.",
  },
  notReady: {
    status: 503,
    title: "payments are not taken now",
    remedy: "Send the same key again in a few seconds: tillgate is starting or stopping.",
  },
  wrongAmount: {
    status: 422,
    title: "the amount is wrong",
    remedy: "Send a whole number of minor units, from 1 to what the shop allows.",
  },
  wrongCurrency: {
    status: 422,
    title: "the currency is wrong",
    remedy: "Send the ISO 4217 letters of a currency that this shop's terminals take.",
  },
  unknownOriginal: {
    status: 422,
    title: "it is not clear which payment is meant",
    remedy: "Send original with the id of an approved payment of this till, or with what its receipt shows.",
  },
  notPermitted: {
    status: 403,
    title: "this token's role may not do that",
    remedy: "Let somebody do it whose token has the role: see errors, and contracts, roles.",
  },
  unknownTerminal: {
    status: 422,
    title: "there is no such terminal",
    remedy: "Send a name that GET /api/v1/terminals shows.",
  },
  unknownGroup: { status: 422, title: "there is no such group of terminals", remedy: "Send a group of the config." },
  severalMerchants: {
    status: 422,
    title: "the shop's terminals belong to more than one merchant",
    remedy: "Send terminal or group: a customer pays the merchant that the till names.",
  },
  notSupported: {
    status: 422,
    title: "the terminal cannot do that",
    remedy: "Use another terminal, or do it at the terminal by hand and hand it in.",
  },
  terminalPaused: {
    status: 409,
    title: "the terminal is paused",
    remedy: "See reasons and until; use another terminal, or let a technician resume it.",
  },
  terminalDisabled: {
    status: 409,
    title: "the terminal must not be used",
    remedy: "Use another terminal; its reason and advice stand at GET /api/v1/terminals.",
  },
  terminalBusy: {
    status: 409,
    title: "the terminal is busy",
    remedy: "Send the same key again when it is free, or use another terminal.",
  },
  terminalOffline: {
    status: 503,
    title: "the terminal cannot be reached",
    remedy: "Check its power and its cable; use another terminal, or take it another way and hand it in.",
  },
  noTerminalFree: {
    status: 503,
    title: "no terminal can take it now",
    remedy: "Send the same key again when one is free, or take it another way and hand it in.",
  },
};

export function paymentProblem({ refused, field, payments, terminal, because, until }: PaymentRefusal): Problem {
  const entry = REFUSALS[refused];
  const more: ProblemDetail = {
    ...(field === undefined ? {} : { errors: [{ field, remedy: entry.remedy }] }),
    ...(because === undefined ? {} : { reasons: [because] }),
    ...(payments === undefined ? {} : { payments }),
    ...(terminal === undefined ? {} : { terminal }),
    ...(until === undefined ? {} : { until }),
  };
  return problemOf(refused, entry, more);
}

const OTHERS = {
  badBody: { status: 400, title: "a member of the body is wrong", remedy: "Correct the members named in errors." },
  missingKey: {
    status: 400,
    title: "the Idempotency-Key header is missing or wrong",
    remedy:
      "Send Idempotency-Key: 1 to 128 printable characters, new for each payment, the same when it is sent again.",
  },
  noSuchPayment: {
    status: 404,
    title: "there is no such payment of this till",
    remedy: "Use the id that tillgate gave.",
  },
  paymentFreed: {
    status: 410,
    title: "that payment is not kept here any more",
    remedy: "Ask headquarters, which confirmed that it holds it.",
  },
  notRunning: { status: 409, title: "the payment has ended", remedy: "Read its outcome at GET /api/v1/payments/{id}." },
  cannotCancel: {
    status: 409,
    title: "this terminal cannot be asked to give up",
    remedy: "Press the terminal's own cancel key.",
  },
  tooManyListeners: {
    status: 503,
    title: "too many listen already",
    remedy: "Close a stream, or read GET /api/v1/payments/{id} now and then.",
  },
  notInDoubt: {
    status: 404,
    title: "that transaction is not in doubt",
    remedy: "See GET /api/v1/in-doubt; it may have been resolved meanwhile.",
  },
} as const satisfies Record<string, Entry>;

export function otherProblem(kind: keyof typeof OTHERS, more: ProblemDetail = {}): Problem {
  return problemOf(kind, OTHERS[kind], more);
}

/** Names what is wrong and what is allowed, never what was sent: it could be a card number. */
export function bodyProblem(error: z.ZodError, known: readonly string[]): Problem {
  const errors = fieldErrors(error, `members are ${known.join(", ")}`);
  const isAbout = (field: string): boolean => errors.every((one) => one.field === field);
  if (isAbout("amount")) return problemOf("wrongAmount", REFUSALS.wrongAmount, { errors });
  if (isAbout("currency")) return problemOf("wrongCurrency", REFUSALS.wrongCurrency, { errors });
  return otherProblem("badBody", { errors });
}
