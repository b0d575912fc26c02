import type { RecordDraft, Seq } from "../../domain/record.ts";
import { recordKeysOf } from "../../domain/record-keys.ts";
import type { Transaction, TransactionEvent } from "../../domain/transaction.ts";
import type { CardToken } from "../../domain/card.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { TerminalClaims } from "../claim.ts";
import type { Doubts } from "./doubts.ts";
import type { FindsRecords } from "./order-history.ts";
import type { KeysInUse } from "./requests-in-flight.ts";

/** What the desk needs of the ledger. */
export interface PaymentLedger extends FindsRecords {
  /** Resolves when the record is on disk. Rejects when it cannot be recorded: nothing of it is then in the ledger. */
  append(draft: RecordDraft): Promise<Seq>;
  /** Why a till must not begin a new payment now; `undefined` when it may. */
  readonly refusesMoneyBecause: Error | undefined;
}

/** What happened and the disk refuses is held until it takes it. */
export interface PaymentRecorder {
  record(draft: RecordDraft): Promise<Seq>;
  /** Whether anything that happened is not in the ledger yet. */
  readonly isHolding: boolean;
}

/** All that the desk sees of the rest of tillgate. */
export interface DeskDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly ledger: PaymentLedger;
  readonly recorder: PaymentRecorder;
  readonly claims: TerminalClaims;
  /** What the ledger tells; `undefined` until it was read up to its head. */
  readonly doubts: () => Doubts | undefined;
  /** One for both desks: the same key on two routes at once is one request too many. */
  readonly keysInUse: KeysInUse;
  /** A lower-case UUID. */
  readonly newId: () => string;
}

export function draftOf(event: TransactionEvent, transaction: Transaction, cardToken?: CardToken): RecordDraft {
  const draft = { kind: "transaction", terminal: transaction.terminal, body: { event, transaction } } as const;
  return { ...draft, keys: recordKeysOf(draft), ...(cardToken === undefined ? {} : { cardToken }) };
}
