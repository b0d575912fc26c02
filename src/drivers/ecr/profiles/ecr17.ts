import { assertNever } from "../../../domain/assert-never.ts";
import type { DeviceCondition, DeviceIdentity } from "../../../domain/device.ts";
import { currency } from "../../../domain/money.ts";
import type { PaymentOrder, PaymentProgress } from "../../../domain/payment.ts";
import { withoutCardNumbers } from "../../wire/card-number-finder.ts";
import { type Fields, filled, messageBytes, messageText } from "../codec/fields.ts";
import type { Command, Dialect, EcrMessage, NotPossible } from "./dialect.ts";
import { ecr17Message } from "./ecr17-message.ts";
import { ecr17Payment, ecr17Result, ecr17Settlement } from "./ecr17-results.ts";

export interface Ecr17Terms {
  /** Eight digits; eight zeros are taken by any terminal. */
  readonly terminalNumber: string;
  /** Eight digits of ours, printed by some terminals. */
  readonly cashRegister: string;
  /** Whether sales are ordered with X, whose answer tells the amount, rather than P, which every terminal knows. */
  readonly extendedResult: boolean;
}

/** Eight digits, cents. */
const MOST = 99_999_999;

/** "Terminal status", field 31: examples that a maker may deviate from. */
// oxfmt-ignore
const CONDITIONS: Readonly<Record<string, DeviceCondition>> = {
  "0": { state: "attention", code: "0", reason: "notConfigured", remedy: "technician" },
  "1": { state: "attention", code: "1", reason: "downloadRequired", remedy: "technician" },
  "2": { state: "ready", code: "2" },
  "3": { state: "attention", code: "3", reason: "downloadRequired", remedy: "technician" },
  "4": { state: "fault", code: "4", reason: "keysMissing", remedy: "technician" },
  "5": { state: "ready", code: "5", reason: "downloadPending" },
  "6": { state: "ready", code: "6", reason: "softwareUpdatePending", remedy: "softwareUpdate" },
};

/** ECR17 as Nexi documents it: developer.nexigroup.com/traditionalpos. */
export function ecr17(terms: Ecr17Terms): Dialect {
  const command = (name: string, body: string, answeredBy: readonly string[], movesMoney = false): Command => ({
    name,
    data: messageBytes(`${terms.terminalNumber}0${name}${body}`),
    movesMoney,
    answeredBy,
  });
  const register = terms.cashRegister;
  return {
    currency: currency("EUR"),
    payments: new Set(["sale", "reversal"]),
    poll: command("s", "", ["s"]),
    // "Send last result": the terminal repeats its last result message as it was.
    lastTransaction: command("G", `${register}0000`, ["E", "V", "e", "i", "c", "v"]),
    settle: command("C", `${register}${"0".repeat(8)}`, ["C"], true),
    compose: (order): Command | NotPossible => {
      switch (order.kind) {
        case "sale": {
          const body = saleBody(order);
          if (typeof body !== "string") return body;
          const name = terms.extendedResult ? "X" : "P";
          return command(name, `${register}${body}`, ["E", "V"], true);
        }
        case "reversal": {
          const stan = order.original?.stan;
          // Six zeros would undo whatever was last.
          if (stan === undefined || /^0*$/.test(stan)) return { notPossible: "originalMissing" };
          if (!/^\d{1,6}$/.test(stan)) return { notPossible: "originalNotUnderstood" };
          return command("S", `${register}${stan.padStart(6, "0")}00`, ["E"], true);
        }
        case "refund":
        case "preAuth":
        case "completion":
        case "cancellation":
          return { notPossible: "notSupported" };
        default:
          return assertNever(order.kind);
      }
    },
    read: ecr17Message,
    readProgress,
    condition,
    identity,
    payment: ecr17Payment,
    // No page says what a terminal answers that has nothing to repeat.
    remembered: (message, tokenise) => ecr17Payment(message, tokenise) ?? "refused",
    settlement: ecr17Settlement,
    result: (message) => ecr17Result(filled(message.fields, "result") ?? ""),
  };
}

/** "Payment": behind the cash register's number. */
function saleBody({ amount }: PaymentOrder): string | NotPossible {
  if (amount === undefined || amount === 0) return { notPossible: "amountMissing" };
  if (amount > MOST) return { notPossible: "amountTooLarge" };
  // No additional data, card not yet in the terminal, any card; then the amount, no text for the receipt.
  return `00000${String(amount).padStart(8, "0")}${" ".repeat(128)}${"0".repeat(8)}`;
}

function readProgress(data: Uint8Array): PaymentProgress {
  const text = withoutCardNumbers(messageText(data)).trim();
  return text === "" ? { step: "pleaseWait" } : { step: "pleaseWait", text };
}

function condition(answer: EcrMessage | undefined): DeviceCondition {
  const status = answer?.fields.get("status") ?? "";
  return CONDITIONS[status] ?? { state: "attention", code: status, reason: "statusUnknown", remedy: "technician" };
}

function identity({ fields }: EcrMessage): DeviceIdentity {
  return { ...told(fields, "terminal", "terminalNumber"), ...told(fields, "release", "firmware") };
}

function told<Key extends string>(fields: Fields, name: string, key: Key): { [K in Key]?: string } {
  const found: { [K in Key]?: string } = {};
  const value = filled(fields, name);
  if (value !== undefined) found[key] = value;
  return found;
}
