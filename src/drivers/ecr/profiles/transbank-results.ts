import type { PaymentStep } from "../../../domain/payment.ts";
import type { ResultMeaning } from "./dialect.ts";

/**
 * Result codes of Transbank POS Integrado: "Tabla de respuestas" of transbankdevelopers.cl/referencia/posintegrado, with those
 * that only npm `transbank-pos-sdk` 4.0.0 lists. That page: everything but 00 is a refusal, so none of them leaves doubt.
 */
// oxfmt-ignore
const RESULTS: Readonly<Record<string, ResultMeaning>> = {
  "00": { outcome: "approved", de39: "00" },
  "01": { outcome: "declined", reason: "declined", de39: "05" },
  "02": { outcome: "failed", reason: "hostSilent", de39: "91" },
  "03": { outcome: "failed", reason: "hostUnreachable" },
  "04": { outcome: "failed", reason: "alreadyReversed" },
  "05": { outcome: "failed", reason: "originalNotFound", de39: "25" },
  "06": { outcome: "declined", reason: "cardNotSupported" },
  "07": { outcome: "failed", reason: "abortedAtTerminal" },
  "08": { outcome: "failed", reason: "notReversible" },
  "09": { outcome: "failed", reason: "cardUnreadable" },
  "10": { outcome: "failed", reason: "amountTooSmall", de39: "13" },
  "11": { outcome: "failed", reason: "noTransaction" },
  "12": { outcome: "failed", reason: "notSupported" },
  "13": { outcome: "failed", reason: "settlementRequired" },
  "14": { outcome: "failed", reason: "hostUnreachable" },
  "15": { outcome: "failed", reason: "updateRequired" },
  "16": { outcome: "failed", reason: "hostAnswerUnreadable" },
  "17": { outcome: "failed", reason: "wrongCard" },
  "18": { outcome: "failed", reason: "terminalFault" },
  "19": { outcome: "failed", reason: "wrongCard" },
  "20": { outcome: "declined", reason: "invalidCard", de39: "14" },
  "21": { outcome: "failed", reason: "notReversible" },
  "22": { outcome: "failed", reason: "timedOut" },
  "24": { outcome: "failed", reason: "paperOut" },
  "25": { outcome: "failed", reason: "terminalFault" },
  "26": { outcome: "failed", reason: "keysMissing" },
  "27": { outcome: "failed", reason: "updateRequired" },
  "60": { outcome: "failed", reason: "instalmentsWrong" },
  "61": { outcome: "failed", reason: "terminalFault" },
  "62": { outcome: "failed", reason: "terminalFault" },
  "65": { outcome: "failed", reason: "hostAnswerUnreadable" },
  "67": { outcome: "failed", reason: "settlementRequired" },
  "68": { outcome: "failed", reason: "terminalFault" },
  "70": { outcome: "failed", reason: "orderNotUnderstood" },
  "71": { outcome: "failed", reason: "orderNotUnderstood" },
  "72": { outcome: "failed", reason: "amountTooSmall" },
  "73": { outcome: "failed", reason: "notConfigured" },
  "74": { outcome: "failed", reason: "settlementRequired" },
  "75": { outcome: "failed", reason: "notConfigured" },
  "76": { outcome: "failed", reason: "settlementRequired" },
  "77": { outcome: "failed", reason: "settlementRequired" },
  "88": { outcome: "failed", reason: "instalmentsWrong" },
  "93": { outcome: "declined", reason: "declined", de39: "05" },
  "94": { outcome: "failed", reason: "hostAnswerUnreadable" },
  "95": { outcome: "failed", reason: "printerFault" },
};

/** Codes of the message 0900 while a sale runs, same sources: what the customer or the cashier is asked for. */
// oxfmt-ignore
const STEPS: Readonly<Record<string, PaymentStep>> = {
  "78": "presentCard",
  "79": "confirmAmount",
  "80": "choose",
  "81": "enterPin",
  "82": "waitingForHost",
  "83": "choose",
  "84": "presentCard",
  "85": "choose",
  "86": "choose",
  "87": "choose",
};

/** @returns `undefined` for what is no result code. A code that is not listed is a refusal, as the page says. */
export function transbankResult(code: string): ResultMeaning | undefined {
  if (!/^\d{1,2}$/.test(code)) return undefined;
  return RESULTS[code.padStart(2, "0")] ?? { outcome: "declined", reason: "declined" };
}

export function transbankStep(code: string): PaymentStep {
  return STEPS[code] ?? "pleaseWait";
}
