import type { PaymentId } from "../domain/payment.ts";
import type {
  AlternativeRequest,
  AlternativeStart,
  Application,
  DoubtView,
  PaymentStart,
  ResolvedAs,
  ResolveRefusal,
  RunningPayment,
} from "../domain/payment-request.ts";
import type { Asker } from "../domain/role.ts";
import type { Transaction, TransactionId } from "../domain/transaction.ts";
import type { Access } from "./access.ts";

/** The payment desk, as tills see it. */
export interface PaymentSource {
  pay(application: Application): Promise<PaymentStart>;
  /** @throws when the ledger cannot be read. */
  find(id: PaymentId): Promise<RunningPayment | Transaction | "freed" | undefined>;
  handIn(application: Application<AlternativeRequest>): Promise<AlternativeStart>;
  /** `undefined` until the ledger has been read. */
  inDoubt(): readonly DoubtView[] | undefined;
  doubtView(transaction: Transaction): DoubtView;
  resolve(id: TransactionId, as: ResolvedAs, why: string, asker: Asker): Promise<Transaction | ResolveRefusal>;
}

export interface PaymentRoutesOptions {
  readonly source: PaymentSource;
  readonly access: Access;
  /** ms that a till waits for the outcome before it gets 202. contracts.md, "Local HTTP". */
  readonly waitMs?: number;
  /** Whom a customer calls. */
  readonly hotline?: string;
}
