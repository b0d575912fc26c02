import type { DeviceCondition, DeviceIdentity } from "../../../domain/device.ts";
import type { CardToken } from "../../../domain/card.ts";
import type { Currency } from "../../../domain/money.ts";
import type { DeviceTransaction, PaymentKind, PaymentOrder, PaymentProgress } from "../../../domain/payment.ts";
import type { Fields } from "../codec/fields.ts";

/** A command as the machine carries it out. */
export interface Command {
  /** The protocol's own name, e.g. `0200`. */
  readonly name: string;
  readonly data: Uint8Array;
  /** Whether doing it twice is worse than not knowing whether it was done. */
  readonly movesMoney: boolean;
  /** Names of the messages that answer it. None: the terminal's ACK is all that comes. */
  readonly answeredBy: readonly string[];
  /** What an answer repeats of it, where the protocol does that: an answer with another one belongs to another command. */
  readonly reference?: string;
}

/** Why an order cannot be put into the protocol's words: a stable word. */
export interface NotPossible {
  readonly notPossible: string;
}

/** A message of the terminal, taken apart. */
export interface EcrMessage {
  readonly name: string;
  readonly fields: Fields;
  /** Repeats {@link Command.reference}. */
  readonly reference?: string;
  /** News of a running command rather than its answer. */
  readonly progress?: PaymentProgress;
}

/** What a result code of a protocol means. */
export interface ResultMeaning {
  /** `approved`: done. `declined` and `failed`: certainly nothing was done. */
  readonly outcome: "approved" | "declined" | "failed";
  /** A stable word. */
  readonly reason?: string;
  /** The code of the same meaning in ISO 8583, data element 39; absent where no code means the same. */
  readonly de39?: string;
}

/** What a message says of a payment. `inDoubt`: its result code does not say what happened. */
export interface ToldPayment {
  readonly outcome: ResultMeaning["outcome"] | "inDoubt";
  readonly kind?: PaymentKind;
  readonly reason?: string;
  readonly transaction: DeviceTransaction;
  readonly cardToken?: CardToken;
}

export interface ToldTotals {
  readonly count?: number;
  readonly amount: number;
}

export interface ToldSettlement {
  readonly outcome: ResultMeaning["outcome"] | "inDoubt";
  readonly reason?: string;
  readonly deviceCode?: string;
  readonly totals?: ToldTotals;
}

export type Tokenise = (panDigits: string) => CardToken;

/** What a till can say in one protocol, and what it understands. Pure: texts in, texts out. */
export interface Dialect {
  readonly currency: Currency;
  readonly payments: ReadonlySet<PaymentKind>;
  /** Changes nothing; who does not answer it is not there. */
  readonly poll: Command;
  readonly lastTransaction: Command;
  /** Asked before `settle` for what the batch holds, where `settle` does not tell. */
  readonly totals?: Command;
  readonly settle: Command;
  /** Lets the terminal fetch new keys from its host, which proves the way there; absent where the protocol has no such thing. */
  readonly loadKeys?: Command;
  compose(order: PaymentOrder): Command | NotPossible;
  /** @returns `undefined` for what is no message of this protocol. */
  read(data: Uint8Array): EcrMessage | undefined;
  /** What the protocol's frames of progress say. */
  readProgress(data: Uint8Array): PaymentProgress;
  /** @param answer  To `poll`; absent where its ACK is all. */
  condition(answer: EcrMessage | undefined): DeviceCondition;
  identity(message: EcrMessage): DeviceIdentity;
  /** @returns `undefined` where the message tells of no payment. */
  payment(message: EcrMessage, tokenise: Tokenise): ToldPayment | undefined;
  /** Of an answer to `lastTransaction`. `none`: it remembers none. `refused`: it does not tell. */
  remembered(message: EcrMessage, tokenise: Tokenise): ToldPayment | "none" | "refused";
  settlement(message: EcrMessage): ToldSettlement;
  result(message: EcrMessage): ResultMeaning | undefined;
}
