import { assertNever } from "../../../domain/assert-never.ts";
import { currencyFromNumber } from "../../../domain/money.ts";
import type { DeviceTransaction, PaymentAnswer, PaymentOrder } from "../../../domain/payment.ts";
import type { EntryMode } from "../../../domain/transaction.ts";
import { hexCode } from "../codec/hex-code.ts";
import { type HostCodes, hostCode, resultMeaning } from "../codec/results.ts";
import type { StatusInformation } from "../codec/status-information.ts";
import type { Told } from "./told.ts";

/** What is certain of an order after its command ended. */
export type SaidVerdict = Pick<PaymentAnswer, "outcome" | "reason"> & { readonly code?: number };

/** `unsaid`: it was completed and nobody said how; the terminal must be asked. */
type Verdict = SaidVerdict | { readonly outcome: "unsaid" };

/** 06 0F: the terminal is done. Approved only if its last word was an approval. */
function verdictOfCompletion(told: Told, kind: HostCodes): Verdict {
  const { status } = told;
  if (status?.result === undefined) return { outcome: "unsaid" };
  const { result } = status;
  if (result === 0) return approvalOf(status);
  // An approval that was taken back, or a second try that failed after a first one had not: nobody can tell them apart.
  if (told.approved) return { outcome: "inDoubt", reason: "contradictory", code: result };
  return refused(result, kind);
}

/** Result 0. */
export function approvalOf(status: StatusInformation): SaidVerdict {
  if (isOnlyChecked(status)) return { outcome: "inDoubt", reason: "onlyChecked", code: 0 };
  return { outcome: "approved", code: 0 };
}

/** Whether result 0 says that the card is good, and not that an authorisation was carried out: BMP 19. */
export function isOnlyChecked({ result, statusByte }: StatusInformation): boolean {
  return result === 0 && statusByte === 0x50;
}

/** 06 1E. */
function verdictOfAbort(code: number, told: Told, kind: HostCodes): Verdict {
  if (told.approved) return { outcome: "inDoubt", reason: "approvedThenAborted", code };
  const result = told.status?.result ?? code;
  return result === 0 ? { outcome: "inDoubt", reason: "contradictory", code } : refused(result, kind);
}

/** A result other than 0: no money moved. */
export function refused(result: number, kind: HostCodes): SaidVerdict {
  const { word, outcome } = resultMeaning(result, kind);
  return { outcome: outcome === "declined" ? "declined" : "failed", reason: word, code: result };
}

/** The answer to an order, with all that the terminal told of it. */
export function paymentAnswer(
  verdict: SaidVerdict,
  told: Told,
  order: Pick<PaymentOrder, "amount">,
  kind: HostCodes,
): PaymentAnswer {
  const status = told.status ?? {};
  const { amount: approved } = status;
  const partly =
    verdict.outcome === "approved" && order.amount !== undefined && approved !== undefined && approved < order.amount;
  const transaction: DeviceTransaction = {
    ...transactionOf(status, kind),
    ...(verdict.code === undefined ? {} : codesOf(verdict.code, kind)),
    ...(partly ? { amount: order.amount, approvedAmount: approved } : {}),
    ...(told.hostMs === undefined ? {} : { hostMs: told.hostMs }),
    ...(told.receipts === undefined ? {} : { receipts: told.receipts }),
  };
  return {
    outcome: partly ? "approvedPartly" : verdict.outcome,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    transaction,
    ...(status.cardToken === undefined ? {} : { cardToken: status.cardToken }),
  };
}

function codesOf(result: number, kind: HostCodes): Pick<DeviceTransaction, "deviceCode" | "responseCode"> {
  const host = hostCode(result, kind);
  return { deviceCode: hexCode(result), ...(host === undefined ? {} : { responseCode: host }) };
}

/** The fields of a status information in the words of the domain. */
export function transactionOf(status: StatusInformation, kind: HostCodes): DeviceTransaction {
  const currency = status.currencyNumber === undefined ? undefined : currencyFromNumber(status.currencyNumber);
  const text = status.tlv?.errorText ?? status.additionalText;
  const entryMode = entryModeOf(status);
  return {
    ...(status.amount === undefined ? {} : { amount: status.amount }),
    ...(currency === undefined ? {} : { currency }),
    ...(status.card === undefined ? {} : { card: status.card }),
    ...(status.cardName === undefined ? {} : { cardName: status.cardName }),
    ...(entryMode === undefined ? {} : { entryMode }),
    ...(status.trace === undefined ? {} : { stan: status.trace }),
    ...(status.receiptNumber === undefined ? {} : { receiptNumber: status.receiptNumber }),
    ...(status.authCode === undefined ? {} : { authCode: status.authCode }),
    ...(status.result === undefined ? {} : codesOf(status.result, kind)),
    ...(text === undefined || text === "" ? {} : { deviceText: text }),
    ...(status.date === undefined ? {} : { terminalDate: status.date }),
    ...(status.time === undefined ? {} : { terminalTime: status.time }),
    ...(status.terminalNumber === undefined ? {} : { de41: status.terminalNumber }),
    ...(status.merchantNumber === undefined ? {} : { de42: status.merchantNumber }),
  };
}

/** TLV 1F12, with the ISO 8583 code of the same meaning. */
const TECHNOLOGIES: readonly { readonly code: string; readonly method: EntryMode["method"] }[] = [
  { code: "02", method: "magstripe" },
  { code: "05", method: "chip" },
  { code: "07", method: "contactless" },
];

/** BMP 19 of a status information: the cardholder gave a PIN. */
const WITH_PIN = 0x70;

function entryModeOf(status: StatusInformation): EntryMode | undefined {
  const technology = TECHNOLOGIES[status.tlv?.cardTechnology ?? -1];
  if (technology === undefined) return undefined;
  const pin = status.statusByte === WITH_PIN;
  return {
    code: `${technology.code}${pin ? "1" : "0"}`,
    method: technology.method,
    pin: pin ? "entered" : "unspecified",
  };
}

/** Receipt numbers count to 9999 and trace numbers to 999999; then they begin anew. */
const RECEIPTS = 10_000;
const TRACES = 1_000_000;

/** What the newest transaction was that is known of a terminal. */
export interface Newest {
  readonly receiptNumber?: string | undefined;
  readonly stan?: string | undefined;
}

/**
 * Whether a terminal's last transaction came after the newest that was known before. Only then can it be evidence for an
 * order; an equal amount proves nothing.
 */
export function isNewer(last: Newest, known: Newest): boolean {
  const receipt = stepsFrom(known.receiptNumber, last.receiptNumber, RECEIPTS);
  const trace = stepsFrom(known.stan, last.stan, TRACES);
  if (receipt === undefined && trace === undefined) return false;
  return (receipt === undefined || isAhead(receipt, RECEIPTS)) && (trace === undefined || isAhead(trace, TRACES));
}

/** Each number as it is further on. */
export function laterOf(known: Newest, told: Newest): Newest {
  const receipt = stepsFrom(known.receiptNumber, told.receiptNumber, RECEIPTS) ?? 1;
  const trace = stepsFrom(known.stan, told.stan, TRACES) ?? 1;
  return {
    receiptNumber: isAhead(receipt, RECEIPTS) ? told.receiptNumber : known.receiptNumber,
    stan: isAhead(trace, TRACES) ? told.stan : known.stan,
  };
}

function stepsFrom(before: string | undefined, after: string | undefined, modulus: number): number | undefined {
  if (before === undefined || after === undefined) return undefined;
  return (Number(after) - Number(before) + modulus) % modulus;
}

function isAhead(steps: number, modulus: number): boolean {
  return steps > 0 && steps < modulus / 2;
}

/** Why an order is in doubt whose command did not end. */
export function doubtOf(error: { readonly code: string }): string {
  switch (error.code) {
    case "closed":
      return "stopped";
    case "silent":
      return "noAnswer";
    case "garbage":
      return "garbage";
    default:
      return "linkLost";
  }
}

/** Exhaustive over how a command may end with the terminal's own word. */
export function verdictOf(
  end:
    | { readonly type: "completed" }
    | { readonly type: "aborted"; readonly code: number }
    | { readonly type: "refused"; readonly code: number },
  told: Told,
  kind: HostCodes,
): Verdict {
  switch (end.type) {
    case "completed":
      return verdictOfCompletion(told, kind);
    case "aborted":
      return verdictOfAbort(end.code, told, kind);
    case "refused":
      return refused(end.code, kind);
    default:
      return assertNever(end);
  }
}
