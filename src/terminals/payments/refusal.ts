import type { PaymentRefusal } from "../../domain/payment-request.ts";
import type { ClaimRefusal } from "../claim.ts";

const OF_CLAIM: Readonly<Record<ClaimRefusal["refused"], Pick<PaymentRefusal, "refused" | "field">>> = {
  unknownTerminal: { refused: "unknownTerminal", field: "terminal" },
  unknownGroup: { refused: "unknownGroup", field: "group" },
  severalMerchants: { refused: "severalMerchants", field: "terminal" },
  notSupported: { refused: "notSupported", field: "kind" },
  wrongCurrency: { refused: "wrongCurrency", field: "currency" },
  paused: { refused: "terminalPaused", field: "terminal" },
  disabled: { refused: "terminalDisabled", field: "terminal" },
  busy: { refused: "terminalBusy", field: "terminal" },
  offline: { refused: "terminalOffline", field: "terminal" },
  noneFree: { refused: "noTerminalFree", field: "group" },
};

export function refusalOf({ refused, ...more }: ClaimRefusal): PaymentRefusal {
  return { ...OF_CLAIM[refused], ...more };
}
