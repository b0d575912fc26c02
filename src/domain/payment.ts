import type { Brand } from "./brand.ts";
import type { CardToken, MaskedCard } from "./card.ts";
import type { Currency, MinorUnits } from "./money.ts";
import type { Receipt } from "./receipt.ts";
import type { EntryMode, TransactionKind } from "./transaction.ts";

/** The till API's name of a payment; also the `id` of its transaction in the ledger. */
export type PaymentId = Brand<string, "PaymentId">;

export const PAYMENT_KINDS = ["sale", "preAuth", "completion", "cancellation", "refund", "reversal"] as const;
/** What a till may ask a terminal for. `cancellation` gives a hold back; `reversal` undoes a sale of the open batch. */
export type PaymentKind = (typeof PAYMENT_KINDS)[number];

/** Only the terminal that made the payment can: at another one its numbers are those of somebody else's payment. */
export const AT_ITS_TERMINAL: ReadonlySet<PaymentKind> = new Set(["completion", "cancellation", "reversal"]);

/** The kind under which the ledger keeps it, beside what relayed terminals do. */
export const TRANSACTION_KIND_OF: Readonly<Record<PaymentKind, TransactionKind>> = {
  sale: "sale",
  preAuth: "preAuth",
  completion: "completion",
  cancellation: "preAuthVoid",
  refund: "refund",
  reversal: "saleVoid",
};

/** Which earlier payment is meant, in the terms that its terminal printed. */
export interface OriginalPayment {
  /** ZVT BMP 87 and its like: 1..12 digits as printed. */
  readonly receiptNumber?: string;
  readonly stan?: string;
  readonly rrn?: string;
  readonly authCode?: string;
  /** MMDD in the shop's zone. */
  readonly date?: string;
}

/** An order as a driver carries it out. Checked before; durable in the ledger before a driver sees it. */
export interface PaymentOrder {
  readonly payment: PaymentId;
  readonly kind: PaymentKind;
  /** Absent: the whole of the original, where the kind permits that. */
  readonly amount?: MinorUnits;
  readonly currency: Currency;
  readonly original?: OriginalPayment;
  readonly cashier?: string;
}

/** What the terminal does now, for the till's screen. */
export const PAYMENT_STEPS = [
  "sent",
  "presentCard",
  "removeCard",
  "enterPin",
  "confirmAmount",
  "choose",
  "waitingForHost",
  "approving",
  "declining",
  "reversing",
  "printing",
  "pleaseWait",
  "cashierNeeded",
] as const;
export type PaymentStep = (typeof PAYMENT_STEPS)[number];

export interface PaymentProgress {
  readonly step: PaymentStep;
  /** The protocol's own code, e.g. `04` of a ZVT intermediate status. */
  readonly code?: string;
  /** What the terminal's own text says; card numbers removed. */
  readonly text?: string;
}

/** What a terminal tells of a transaction. Members that it does not tell are absent. */
export interface DeviceTransaction {
  readonly amount?: MinorUnits;
  /** What the host approved, where that is less than was asked for. */
  readonly approvedAmount?: MinorUnits;
  readonly currency?: Currency;
  readonly card?: MaskedCard;
  readonly cardName?: string;
  readonly entryMode?: EntryMode;
  /** Trace number, as the terminal counts it. */
  readonly stan?: string;
  readonly receiptNumber?: string;
  readonly rrn?: string;
  readonly authCode?: string;
  /** The host's two-digit code, where the protocol carries it, or the one of the same meaning where its own table has it. */
  readonly responseCode?: string;
  /** The protocol's own result, e.g. `6C`. */
  readonly deviceCode?: string;
  /** The terminal's own words for it; card numbers removed. */
  readonly deviceText?: string;
  /** From the request to the host until its answer, as far as the terminal shows it. ms. */
  readonly hostMs?: number;
  /** MMDD and hhmmss by the terminal's clock. */
  readonly terminalDate?: string;
  readonly terminalTime?: string;
  /** Terminal id and merchant number that the terminal gives. */
  readonly de41?: string;
  readonly de42?: string;
  readonly receipts?: readonly Receipt[];
}

/**
 * What came of an order. `failed` and `declined` are certain: no money moved. Whatever is not certain is `inDoubt`.
 */
export interface PaymentAnswer {
  readonly outcome: "approved" | "approvedPartly" | "declined" | "failed" | "inDoubt";
  /** Not one byte of the order can have reached the terminal. Only with `failed`. */
  readonly notSent?: true;
  /** A stable word, e.g. `abortedAtTerminal`, `noAnswer`, `linkLost`, `stopped`, `notSupported`. */
  readonly reason?: string;
  readonly transaction: DeviceTransaction;
  /** Apart from the masked card: never in one row with it. */
  readonly cardToken?: CardToken;
}

/** The newest transaction that a terminal remembers. */
export interface LastTransaction {
  readonly outcome: "approved" | "declined" | "failed" | "reversed";
  readonly kind?: PaymentKind;
  readonly transaction: DeviceTransaction;
}

export function paymentId(value: string): PaymentId {
  return value as PaymentId;
}
