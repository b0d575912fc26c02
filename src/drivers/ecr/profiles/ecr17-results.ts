import { currency, minorUnits } from "../../../domain/money.ts";
import type { DeviceTransaction } from "../../../domain/payment.ts";
import type { EntryMode } from "../../../domain/transaction.ts";
import { withoutCardNumbers } from "../../wire/card-number-finder.ts";
import { type Fields, filled, numberIn } from "../codec/fields.ts";
import { type ShownCard, shownCard } from "../codec/shown-card.ts";
import type { EcrMessage, ResultMeaning, Tokenise, ToldPayment, ToldSettlement } from "./dialect.ts";
import { ENTRIES } from "./ecr17-layouts.ts";

/** "Payment", field 11. 09 leaves open whether the host approved: it has no meaning here, so it leaves doubt. */
// oxfmt-ignore
const RESULTS: Readonly<Record<string, ResultMeaning>> = {
  "00": { outcome: "approved", de39: "00" },
  "01": { outcome: "declined", reason: "declined" },
  "05": { outcome: "failed", reason: "cardNotPresent" },
};

export function ecr17Result(code: string): ResultMeaning | undefined {
  return RESULTS[code];
}

/** E answers sales and reversals alike, so a kind is told only where the message code leaves no choice. */
export function ecr17Payment({ name, fields }: EcrMessage, tokenise: Tokenise): ToldPayment | undefined {
  if (!["E", "V", "e", "i", "c", "v"].includes(name)) return undefined;
  const meaning = ecr17Result(filled(fields, "result") ?? "");
  const shown = meaning?.outcome === "approved" ? shownCard(fields.get("card") ?? "") : undefined;
  const transaction = transactionOf(fields, shown);
  const kind = kindOf(name);
  const { outcome, reason, de39 } = meaning ?? { outcome: "inDoubt", reason: "resultUnknown" };
  return {
    outcome,
    ...(kind === undefined ? {} : { kind }),
    ...(reason === undefined ? {} : { reason }),
    transaction: { ...transaction, ...(de39 === undefined ? {} : { responseCode: de39 }) },
    ...(shown?.digits === undefined ? {} : { cardToken: tokenise(shown.digits) }),
  };
}

export function ecr17Settlement({ fields }: EcrMessage): ToldSettlement {
  const deviceCode = codeOf(fields);
  const meaning = ecr17Result(filled(fields, "result") ?? "");
  if (meaning === undefined) return { outcome: "inDoubt", reason: "resultUnknown", deviceCode };
  const amount = numberIn(fields, "amount");
  const hostAmount = numberIn(fields, "hostAmount");
  const differs = meaning.outcome === "approved" && amount !== hostAmount;
  return {
    outcome: meaning.outcome,
    deviceCode,
    ...(differs ? { reason: "totalsDiffer" } : meaning.reason === undefined ? {} : { reason: meaning.reason }),
    ...(amount === undefined ? {} : { totals: { amount } }),
  };
}

function kindOf(name: string): ToldPayment["kind"] {
  switch (name) {
    case "V":
      return "sale";
    case "e":
      return "preAuth";
    case "c":
    case "v":
      return "completion";
    default:
      return undefined;
  }
}

function transactionOf(fields: Fields, shown: ShownCard | undefined): DeviceTransaction {
  const amount = numberIn(fields, "amount");
  const entryMode = entryOf(fields.get("entry"));
  const text = filled(fields, "text");
  // The host's time has a day of the year whose count the page gives two ways: only the time of day is read.
  const time = /^\d{3}([01]\d|2[0-3])([0-5]\d)$/.exec(fields.get("hostTime") ?? "");
  const stan = digits(filled(fields, "stan"));
  const authCode = digits(filled(fields, "authCode"));
  const de41 = filled(fields, "terminal");
  return {
    deviceCode: codeOf(fields),
    ...(amount === undefined ? {} : { amount: minorUnits(amount), currency: currency("EUR") }),
    ...(shown === undefined ? {} : { card: shown.card }),
    ...(fields.get("cardType") === "1" ? { cardName: "PagoBANCOMAT" } : {}),
    ...(entryMode === undefined ? {} : { entryMode }),
    ...(stan === undefined ? {} : { stan }),
    ...(authCode === undefined ? {} : { authCode }),
    ...(text === undefined ? {} : { deviceText: withoutCardNumbers(text) }),
    ...(time === null ? {} : { terminalTime: `${time[1]}${time[2]}00` }),
    ...(de41 === undefined ? {} : { de41 }),
  };
}

function entryOf(code: string | undefined): EntryMode | undefined {
  const method = code === undefined ? undefined : ENTRIES[code];
  return code === undefined || method === undefined ? undefined : { code, method, pin: "unspecified" };
}

/** Six zeros say that there is none. */
function digits(value: string | undefined): string | undefined {
  return value === undefined || /^0+$/.test(value) ? undefined : value;
}

/** The result, and the host's action code where it stands there: `01/116`. */
function codeOf(fields: Fields): string {
  const result = filled(fields, "result") ?? "";
  const action = filled(fields, "action");
  return action === undefined ? result : `${result}/${action}`;
}
