import { hash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { Currency, MinorUnits } from "../../domain/money.ts";
import type { OriginalPayment, PaymentId, PaymentKind } from "../../domain/payment.ts";
import type { Asker } from "../../domain/role.ts";
import type { TerminalId } from "../../domain/terminal.ts";

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

/** Who asks, for which till, under which key. */
export interface Application {
  readonly asker: Asker;
  /** Whose order it is: the asker's own name, or another till's where a supervisor acts for it. */
  readonly till: string;
  readonly idempotencyKey: string;
  readonly request: PaymentRequest;
}

/** 64 hexadecimal digits: the key itself, which could be anything, never stands in the ledger. */
export function keyHashOf(idempotencyKey: string): string {
  return hash("sha256", idempotencyKey, "hex");
}

/** Equal for requests that say the same, however they were written. @param what  Keeps two routes apart. */
export function requestHashOf(what: "payment" | "alternative", request: object): string {
  return hash("sha256", `${what} ${canonicalJson(request)}`, "hex");
}
