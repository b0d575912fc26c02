import { INVENTED_IBAN } from "./cards.ts";
import { authorisation, type TransactionFacts } from "./status-fields.ts";
import type { ZvtBooking } from "./books.ts";

/** TLV 1F07. */
export const RECEIPT = { merchant: 1, customer: 2, administration: 3 } as const;
export type ReceiptType = (typeof RECEIPT)[keyof typeof RECEIPT];

/** Lines of a payment's receipt, set in columns. With `showsCard` it has card and account numbers as no receipt should. */
export function paymentReceipt(type: ReceiptType, facts: TransactionFacts): readonly string[] {
  const { booking, card, identity, result, amount, original } = facts;
  return [
    "     Musterladen GmbH",
    "     Musterstraße 1",
    "     12345 Musterstadt",
    type === RECEIPT.merchant ? "** Händlerbeleg **" : "** Kundenbeleg **",
    `Terminal-ID: ${identity.terminalNumber.padStart(11)}`,
    `TA-Nr. ${digits(booking.trace, 6)}  Beleg-Nr. ${digits(booking.receipt, 4)}`,
    original?.receipt === undefined ? "" : `zu Beleg-Nr. ${digits(original.receipt, 4)}`,
    TITLES[booking.kind],
    card?.name ?? "",
    card === undefined ? "" : `Karte  ${facts.showsCard ? inGroups(card.pan) : hidden(card.pan)}`,
    facts.showsCard ? `Konto  ${INVENTED_IBAN}` : "",
    `Datum ${facts.date.slice(2)}.${facts.date.slice(0, 2)}.  ${facts.time.slice(0, 2)}:${facts.time.slice(2, 4)} Uhr`,
    `Betrag EUR ${money(amount).padStart(12)}`,
    result === 0 ? `Gen.-Nr. ${authorisation(booking)}` : `Abgelehnt ${result}`,
    result === 0 ? "Zahlung erfolgt" : "Zahlung nicht möglich",
  ].filter((line) => line !== "");
}

export function settlementReceipt(batch: readonly ZvtBooking[], terminalNumber: string): readonly string[] {
  const charged = batch.filter(({ kind, closed }) => (kind === "charge" || kind === "completion") && !closed);
  return [
    "** Kassenschnitt **",
    `Terminal-ID: ${terminalNumber.padStart(11)}`,
    `Anzahl ${String(charged.length).padStart(5)}`,
    `Summe EUR ${money(charged.reduce((total, { amount }) => total + amount, 0)).padStart(12)}`,
  ];
}

const TITLES: Readonly<Record<ZvtBooking["kind"], string>> = {
  charge: "Kartenzahlung",
  hold: "Reservierung",
  completion: "Buchung Reservierung",
  release: "Storno Reservierung",
  void: "Storno",
  refund: "Gutschrift",
};

function digits(value: number | undefined, count: number): string {
  return String(value ?? 0).padStart(count, "0");
}

function hidden(pan: string): string {
  return "#".repeat(pan.length - 4) + pan.slice(-4);
}

function inGroups(pan: string): string {
  return (pan.match(/.{1,4}/g) ?? []).join(" ");
}

function money(amount: number): string {
  return `${Math.floor(amount / 100)},${String(amount % 100).padStart(2, "0")}`;
}
