import type { ZvtBooking } from "./books.ts";
import { TOTAL_ROWS, type ZvtCard } from "./cards.ts";
import type { ZvtIdentity } from "./identity.ts";
import { bcd, byteField, container, countedField, field, joined, message, text, tlv } from "./writing.ts";

/** All that a status information about one order may tell. */
export interface TransactionFacts {
  readonly result: number;
  /** As it is told, which may differ from what was booked. */
  readonly amount: number;
  readonly booking: ZvtBooking;
  readonly original?: ZvtBooking;
  readonly card?: ZvtCard;
  /** The card number is not hidden. */
  readonly showsCard: boolean;
  readonly identity: ZvtIdentity;
  readonly currency: number;
  /** By the terminal's clock. MMDD, hhmmss. */
  readonly date: string;
  readonly time: string;
  /** The till understands TLVs. */
  readonly withTlv: boolean;
}

const PIN_PAYMENT = 0x70;
const ONLINE_PAYMENT = 0x60;

/** 04 0F with the fields in the order of the specification's own table, which old tills rely on. */
export function statusInformation(facts: TransactionFacts): Uint8Array {
  const { result, amount, booking, original, card, identity, currency } = facts;
  const approved = result === 0;
  return message(
    0x040f,
    byteField(0x27, result),
    field(0x04, bcd(amount, 6)),
    booking.trace === undefined ? NOTHING : field(0x0b, bcd(booking.trace, 3)),
    original?.trace === undefined ? NOTHING : field(0x37, bcd(original.trace, 3)),
    field(0x0c, bcd(facts.time, 3)),
    field(0x0d, bcd(facts.date, 2)),
    card === undefined ? NOTHING : byteField(0x19, card.withPin ? PIN_PAYMENT : ONLINE_PAYMENT),
    card === undefined ? NOTHING : countedField(0x22, 2, packedPan(card.pan, facts.showsCard)),
    field(0x29, bcd(identity.terminalNumber, 4)),
    approved ? field(0x3b, text(authorisation(booking).padEnd(8, "\0"), "cp437")) : NOTHING,
    field(0x49, bcd(currency, 2)),
    booking.receipt === undefined ? NOTHING : field(0x87, bcd(booking.receipt, 2)),
    card === undefined ? NOTHING : byteField(0x8a, card.type),
    card === undefined ? NOTHING : countedField(0x8b, 2, text(`${card.name}\0`, "cp437")),
    field(0x2a, text(identity.merchantNumber.padEnd(15).slice(0, 15), "cp437")),
    facts.withTlv && card !== undefined ? container(tlv(0x1f12, Uint8Array.of(card.technology))) : NOTHING,
  );
}

/** 04 0F of what came to nothing before a host was asked. */
export function failedStatus(result: number): Uint8Array {
  return message(0x040f, byteField(0x27, result));
}

/** 04 0F of an end of day: BMP 60 has first and last receipt, then count and amount for each kind of card. */
export function totalsStatus(
  batch: readonly ZvtBooking[],
  { identity, currency, date, time }: Pick<TransactionFacts, "identity" | "currency" | "date" | "time">,
): Uint8Array {
  const counted = batch.filter(({ kind, closed }) => (kind === "charge" || kind === "completion") && !closed);
  const receipts = batch.flatMap(({ receipt }) => (receipt === undefined ? [] : [receipt]));
  const rows = TOTAL_ROWS.map((row) => {
    const ofRow = counted.filter(({ card = "other" }) => card === row);
    return joined(Uint8Array.of(Math.min(ofRow.length, 0xff)), bcd(sum(ofRow), 6));
  });
  return message(
    0x040f,
    byteField(0x27, 0),
    field(0x04, bcd(sum(counted), 6)),
    field(0x0c, bcd(time, 3)),
    field(0x0d, bcd(date, 2)),
    field(0x29, bcd(identity.terminalNumber, 4)),
    field(0x49, bcd(currency, 2)),
    countedField(0x60, 3, joined(bcd(receipts.at(0) ?? 0, 2), bcd(receipts.at(-1) ?? 0, 2), ...rows)),
  );
}

/** What the host gave it, made from what is unique. */
export function authorisation({ trace = 0 }: ZvtBooking): string {
  return String((trace * 7_919) % 1_000_000).padStart(6, "0");
}

/** BMP 22: E for each hidden digit, F where the last half is empty. */
function packedPan(pan: string, shows: boolean): Uint8Array {
  const digits = shows ? pan : pan.slice(0, 6) + "E".repeat(pan.length - 10) + pan.slice(-4);
  const even = digits.length % 2 === 0 ? digits : `${digits}F`;
  return Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function sum(bookings: readonly ZvtBooking[]): number {
  return bookings.reduce((total, { amount }) => total + amount, 0);
}

const NOTHING = new Uint8Array(0);
