import type { AlternativeMethod, AlternativeRecord } from "./alternative.ts";
import type { Currency, MinorUnits } from "./money.ts";
import type { OriginalPayment, PaymentId, PaymentKind, PaymentProgress } from "./payment.ts";
import type { Asker } from "./role.ts";
import type { TerminalId } from "./terminal.ts";
import type { Transaction } from "./transaction.ts";

/** What a till asks for; checked for its form. */
export interface PaymentRequest {
  /** The till's own name for what is paid for: one order is paid once. */
  readonly orderId: string;
  readonly kind: PaymentKind;
  readonly amount?: MinorUnits;
  readonly currency: Currency;
  /** Neither: any terminal that can. */
  readonly terminal?: TerminalId;
  readonly group?: string;
  /** Which earlier payment is meant: by its id here, or by what its terminal printed. */
  readonly original?: OriginalPayment & { readonly payment?: PaymentId };
  readonly cashier?: string;
  /** Payments that are known and do not stand in the way, with a reason. */
  readonly overrides?: readonly PaymentId[];
  readonly reason?: string;
}

/** What was paid another way. */
export interface AlternativeRequest {
  readonly orderId: string;
  readonly method: AlternativeMethod;
  readonly amount: MinorUnits;
  readonly currency: Currency;
  /** RFC 3339 in UTC with milliseconds, by the till. */
  readonly paidAt?: string;
  readonly reference?: string;
  readonly cashier?: string;
}

/** Who asks, for which till, under which key. */
export interface Application<Request = PaymentRequest> {
  readonly asker: Asker;
  /** Whose order it is: the asker's own name, or another till's where a supervisor acts for it. */
  readonly till: string;
  readonly idempotencyKey: string;
  readonly request: Request;
}

export const PAYMENT_REFUSALS = [
  /** The key stands for another request. */
  "keyReused",
  /** The key was used; what came of it is not here any more. */
  "keySpent",
  /** This order's money may have moved, or is moving. */
  "orderInDoubt",
  /** It looks like an order that was paid, or may have been. */
  "probableDuplicate",
  /** The terminal must be asked first what became of the order before. */
  "terminalInDoubt",
  /** It could not be recorded. */
  "notRecorded",
  /** The ledger is still being read after a start, or tillgate is stopping. */
  "notReady",
  "wrongAmount",
  "wrongCurrency",
  "unknownOriginal",
  /** Somebody with another role may. */
  "notPermitted",
  "unknownTerminal",
  "unknownGroup",
  /** The shop has terminals of more than one merchant, and the request does not say whom the customer pays. */
  "severalMerchants",
  "notSupported",
  "terminalPaused",
  "terminalDisabled",
  "terminalBusy",
  "terminalOffline",
  "noTerminalFree",
] as const;

/** Why a payment was not begun: nothing was sent to any terminal. */
export interface PaymentRefusal {
  readonly refused: (typeof PAYMENT_REFUSALS)[number];
  /** The member of the request that it is about. */
  readonly field?: string;
  /** The payments that stand in the way: to be looked at, or named in `overrides`. */
  readonly payments?: readonly PaymentId[];
  readonly terminal?: TerminalId;
  readonly because?: string;
  /** RFC 3339: when it ends by itself. */
  readonly until?: string;
}

/** A payment while a terminal carries it out, and until the ledger can answer for it. */
export interface RunningPayment {
  /** As it stands in the ledger: in doubt. */
  readonly begun: Transaction;
  /** Settles, never rejects, when its end is known and recorded; it is the truth also when no disk took it. */
  readonly done: Promise<Transaction>;
  /** `undefined` while it runs. */
  readonly result: Transaction | undefined;
  /** The newest, for whoever begins to listen. */
  readonly progress: PaymentProgress | undefined;
  /** Whether the terminal can be asked to give up. */
  readonly canCancel: boolean;
  /** Asks the terminal to give up. What then really happened is in the result. */
  cancel(): void;
  /** @returns `undefined` when too many listen already. */
  listen(listener: (progress: PaymentProgress) => void): Disposable | undefined;
}

/** What became of a request. */
export type PaymentStart =
  | { readonly type: "running"; readonly run: RunningPayment }
  /** It was carried out before; as the ledger has it now. */
  | { readonly type: "known"; readonly transaction: Transaction }
  | { readonly type: "refused"; readonly refusal: PaymentRefusal };

/** What became of a hand-in. `known`: it was handed in before, under the same key. */
export type AlternativeStart =
  | { readonly type: "recorded" | "known"; readonly record: AlternativeRecord }
  | { readonly type: "refused"; readonly refusal: PaymentRefusal };

export const RESOLVED_AS = ["approved", "failed", "reversed"] as const;
/** How a person may end a doubt. */
export type ResolvedAs = (typeof RESOLVED_AS)[number];

/** One unresolved transaction, for whoever looks after them. */
export interface DoubtView {
  readonly transaction: Transaction;
  /** RFC 3339: when the terminal is asked next. Absent when it will not be, by itself. */
  readonly nextCheckAt?: string;
  /** When the terminal was asked, and why what it said was no evidence. */
  readonly lastCheck?: { readonly at: string; readonly why: string };
}

export interface ResolveRefusal {
  readonly refused: "notPermitted" | "notInDoubt" | "notRecorded";
}
