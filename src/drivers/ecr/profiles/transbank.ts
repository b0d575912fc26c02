import { assertNever } from "../../../domain/assert-never.ts";
import type { DeviceIdentity } from "../../../domain/device.ts";
import { currency, minorUnits } from "../../../domain/money.ts";
import type { DeviceTransaction, PaymentOrder } from "../../../domain/payment.ts";
import { type Fields, filled, messageBytes, messageText, numberIn, readSeparated } from "../codec/fields.ts";
import { tailOfCard } from "../codec/shown-card.ts";
import type { Command, Dialect, EcrMessage, NotPossible, ToldPayment, ToldSettlement } from "./dialect.ts";
import { ticketOf } from "./ticket.ts";
import { transbankResult, transbankStep } from "./transbank-results.ts";

// Source of all layouts: transbankdevelopers.cl/referencia/posintegrado, "Mensajes".

const SEPARATOR = "|";
const HEAD = ["name", "result", "commerce", "terminal"] as const;
const SALE = [
  ...HEAD,
  "ticket",
  "authCode",
  "amount",
  "instalments",
  "instalmentAmount",
  "last4",
  "operation",
  "cardType",
  "accountingDate",
  "account",
  "brand",
  "date",
  "time",
] as const;

/** Fields by the name of the message. `account` holds a debit card's account number: it is never read out. */
const LAYOUTS: Readonly<Record<string, readonly string[]>> = {
  "0210": SALE,
  "0260": SALE,
  "0510": HEAD,
  "0710": ["name", "result", "count", "amount"],
  "0810": HEAD,
  "0900": ["name", "result"],
  "1210": [...HEAD, "authCode", "operation"],
};

/** "Tabla de Abreviación de Tarjetas" of the same page. */
const BRANDS: Readonly<Record<string, string>> = {
  VI: "VISA",
  MC: "MASTERCARD",
  CA: "CABAL",
  CR: "CREDENCIAL",
  AX: "AMEX",
  CE: "CERRADA",
  DC: "DINERS",
  TP: "PRESTO",
  MG: "MAGNA",
  TM: "MAS",
  RP: "RIPLEY",
  EX: "EXTRA",
  TC: "CMR",
  DB: "REDCOMPRA",
};

/** Pesos have no smaller unit: an amount in minor units is one in pesos. Nine digits. */
const MOST = 999_999_999;

/** Result 11: there is no sale in the terminal's memory. */
const NO_SALE = "11";

/** Transbank POS Integrado, as a till speaks it. A ticket ties an answer to its sale. */
export const transbank: Dialect = {
  currency: currency("CLP"),
  payments: new Set(["sale", "reversal"]),
  poll: command("0100", "0100", []),
  lastTransaction: command("0250", "0250|", ["0260"]),
  totals: command("0700", "0700||", ["0710"]),
  settle: { ...command("0500", "0500||", ["0510"]), movesMoney: true },
  // The page: for trying the connection, or when the terminal has lost its keys.
  loadKeys: command("0800", "0800", ["0810"]),
  compose,
  read,
  readProgress: () => ({ step: "pleaseWait" }),
  condition: () => ({ state: "ready" }),
  identity,
  payment: paymentTold,
  remembered: (message) => {
    // Any other code is that of the printing of the copy, not of the sale.
    if (transbankResult(code(message))?.outcome === "approved") return paymentTold(message) ?? "refused";
    return code(message) === NO_SALE ? "none" : "refused";
  },
  settlement,
  result: (message) => transbankResult(code(message)),
};

function command(name: string, text: string, answeredBy: readonly string[]): Command {
  return { name, data: messageBytes(text), movesMoney: false, answeredBy };
}

function compose(order: PaymentOrder): Command | NotPossible {
  switch (order.kind) {
    case "sale":
      return sale(order);
    case "reversal":
      return reversal(order);
    case "refund":
    case "preAuth":
    case "completion":
    case "cancellation":
      return { notPossible: "notSupported" };
    default:
      return assertNever(order.kind);
  }
}

function sale({ amount, payment }: PaymentOrder): Command | NotPossible {
  if (amount === undefined || amount === 0) return { notPossible: "amountMissing" };
  if (amount > MOST) return { notPossible: "amountTooLarge" };
  const ticket = ticketOf(payment);
  // The 1 asks for news of what the terminal does. The page shows a separator behind it, its table and its SDKs do not.
  const text = `0200|${String(amount).padStart(9, "0")}|${ticket}|||1`;
  return { ...command("0200", text, ["0210"]), movesMoney: true, reference: ticket };
}

/** Undoes a sale that is still in the terminal's memory, by the operation number on its voucher. Credit cards only. */
function reversal({ original }: PaymentOrder): Command | NotPossible {
  const operation = original?.receiptNumber;
  if (operation === undefined) return { notPossible: "originalMissing" };
  if (!/^\d{1,6}$/.test(operation)) return { notPossible: "originalNotUnderstood" };
  const reference = String(Number(operation));
  return { ...command("1200", `1200|${operation}|`, ["1210"]), movesMoney: true, reference };
}

function read(data: Uint8Array): EcrMessage | undefined {
  const text = messageText(data);
  const name = text.slice(0, 4);
  const layout = LAYOUTS[name];
  if (layout === undefined) return undefined;
  const fields = readSeparated(layout, text, SEPARATOR);
  const reference = referenceOf(name, fields);
  const told = reference === undefined ? { name, fields } : { name, fields, reference };
  if (name !== "0900") return told;
  const step = fields.get("result")?.trim() ?? "";
  return { ...told, progress: { step: transbankStep(step), code: step } };
}

function referenceOf(name: string, fields: Fields): string | undefined {
  if (name === "0210") return filled(fields, "ticket")?.padStart(6, "0");
  const operation = name === "1210" ? numberIn(fields, "operation") : undefined;
  return operation === undefined ? undefined : String(operation);
}

function identity({ fields }: EcrMessage): DeviceIdentity {
  const terminalNumber = filled(fields, "terminal");
  return terminalNumber === undefined ? {} : { terminalNumber };
}

function paymentTold(message: EcrMessage): ToldPayment | undefined {
  const { name } = message;
  if (name !== "0210" && name !== "0260" && name !== "1210") return undefined;
  const meaning = transbankResult(code(message));
  const kind = name === "1210" ? "reversal" : "sale";
  const transaction = transactionOf(message);
  if (meaning === undefined) return { outcome: "inDoubt", kind, reason: "resultUnreadable", transaction };
  const { outcome, reason, de39 } = meaning;
  // Refused by the page; but what the bank gave a code for is perhaps paid, and only its slip is missing.
  if (isOfPrinting(reason) && /[^0]/.test(transaction.authCode ?? "")) {
    return { outcome: "inDoubt", kind, reason: "authorisedNotPrinted", transaction };
  }
  return {
    outcome,
    kind,
    ...(reason === undefined ? {} : { reason }),
    transaction: { ...transaction, ...(de39 === undefined ? {} : { responseCode: de39 }) },
  };
}

function isOfPrinting(reason: string | undefined): boolean {
  return reason === "paperOut" || reason === "printerFault";
}

function transactionOf(message: EcrMessage): DeviceTransaction {
  const { fields } = message;
  const amount = numberIn(fields, "amount");
  const card = tailOfCard(filled(fields, "last4") ?? "");
  const brand = filled(fields, "brand");
  const date = /^(\d\d)(\d\d)\d{4}$/.exec(fields.get("date") ?? "");
  const time = /^\d{6}$/.exec(fields.get("time") ?? "");
  return {
    deviceCode: code(message),
    ...(amount === undefined ? {} : { amount: minorUnits(amount), currency: transbank.currency }),
    ...(card === undefined ? {} : { card }),
    ...(brand === undefined ? {} : { cardName: BRANDS[brand] ?? brand }),
    ...(date === null ? {} : { terminalDate: `${date[2]}${date[1]}` }),
    ...(time === null ? {} : { terminalTime: time[0] }),
    ...texts(fields, { receiptNumber: "operation", authCode: "authCode", de41: "terminal", de42: "commerce" }),
  };
}

function texts<Key extends string>(fields: Fields, names: Readonly<Record<Key, string>>): { [K in Key]?: string } {
  const told: { [K in Key]?: string } = {};
  for (const key in names) {
    const value = filled(fields, names[key]);
    if (value !== undefined) told[key] = value;
  }
  return told;
}

function settlement(message: EcrMessage): ToldSettlement {
  const meaning = transbankResult(code(message));
  const deviceCode = code(message);
  if (meaning === undefined) return { outcome: "inDoubt", reason: "resultUnreadable", deviceCode };
  const { outcome, reason } = meaning;
  const count = numberIn(message.fields, "count");
  const amount = numberIn(message.fields, "amount");
  return {
    outcome,
    deviceCode,
    ...(reason === undefined ? {} : { reason }),
    ...(amount === undefined ? {} : { totals: count === undefined ? { amount } : { count, amount } }),
  };
}

function code({ fields }: EcrMessage): string {
  return filled(fields, "result") ?? "";
}
