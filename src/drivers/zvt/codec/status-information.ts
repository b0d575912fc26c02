import type { CardToken, MaskedCard } from "../../../domain/card.ts";
import { type MinorUnits, minorUnits } from "../../../domain/money.ts";
import { isPrintable, trimmedText } from "../../wire/ascii.ts";
import { fourDigits, nibbleNumber, nibbleText, sixDigits } from "../../wire/bcd.ts";
import { byteAt } from "../../wire/bytes.ts";
import { readBmps, type Unread } from "./bmp.ts";
import { readPan } from "./pan.ts";
import { type Reading, readStatusTlv, type StatusTlv } from "./status-tlv.ts";
import { terminalText } from "./text.ts";
import { readTotals, type Totals } from "./totals.ts";

/**
 * Fields of a 04 0F, or of any other list of BMPs, as far as they are safe to keep: the card number is masked, tracks and
 * check values are left out. Members that the terminal does not tell are absent.
 */
export interface StatusInformation {
  /** BMP 27. */
  result?: number;
  /** BMP A0: the host's code where it does not fit BMP 27. */
  resultAs?: number;
  amount?: MinorUnits;
  /** BMP 49, three digits. */
  currencyNumber?: string;
  /** BMP 87, four digits; absent when it is FFFF: there is none. */
  receiptNumber?: string;
  /** BMP 0B, or TLV 1F2B when that has more than six digits. */
  trace?: string;
  originalTrace?: string;
  /** hhmmss by the terminal's clock. */
  time?: string;
  /** MMDD. */
  date?: string;
  /** BMP 29, eight digits. */
  terminalNumber?: string;
  /** BMP 2A. */
  merchantNumber?: string;
  /** BMP 3B. */
  authCode?: string;
  /** BMP 19: 40 offline, 60 online, 70 with PIN; in a registration's completion the status byte. */
  statusByte?: number;
  cardType?: number;
  cardName?: string;
  card?: MaskedCard;
  cardToken?: CardToken;
  additionalText?: string;
  totals?: Totals;
  tlv?: StatusTlv;
  /** Tracks, expiry or check values came, and were left out. */
  secretsDropped?: true;
  unread?: Unread;
}

/** Expiry, tracks, chip data and check value: never looked at. */
const SECRETS = [0x0e, 0x23, 0x24, 0x2d, 0x2e, 0x3a, 0xa7];

/** Reads the fields at `at`..`end`. Never throws: what cannot be read is named in `unread`. */
export function readStatus(bytes: Uint8Array, at: number, end: number, reading: Reading): StatusInformation {
  const out: StatusInformation = {};
  const unread = readBmps(bytes, at, end, (name, start, valueEnd) => {
    READERS[name]?.(out, bytes, start, valueEnd, reading);
  });
  if (out.tlv?.longTrace !== undefined) out.trace = out.tlv.longTrace;
  if (unread !== undefined) out.unread = unread;
  return out;
}

type Reader = (out: StatusInformation, bytes: Uint8Array, start: number, end: number, reading: Reading) => void;

const READERS: readonly (Reader | undefined)[] = readers();

function readers(): (Reader | undefined)[] {
  const table: (Reader | undefined)[] = Array.from({ length: 256 }, () => undefined);
  table[0x04] = readAmount;
  table[0x06] = (out, bytes, start, end, reading) => {
    out.tlv = readStatusTlv(bytes, start, end, reading, 0, out.tlv);
  };
  table[0x0b] = (out, bytes, start) => put(out, "trace", sixDigits(bytes, start));
  table[0x0c] = (out, bytes, start) => put(out, "time", sixDigits(bytes, start));
  table[0x0d] = (out, bytes, start) => put(out, "date", fourDigits(bytes, start));
  table[0x19] = (out, bytes, start) => (out.statusByte = byteAt(bytes, start));
  table[0x22] = readCard;
  table[0x27] = (out, bytes, start) => (out.result = byteAt(bytes, start));
  table[0x29] = (out, bytes, start) => put(out, "terminalNumber", nibbleText(bytes, 2 * start, 8));
  table[0x2a] = (out, bytes, start, end) => put(out, "merchantNumber", trimmedText(bytes, start, end));
  table[0x37] = (out, bytes, start) => put(out, "originalTrace", sixDigits(bytes, start));
  table[0x3b] = (out, bytes, start, end) => put(out, "authCode", authCode(bytes, start, end));
  table[0x3c] = (out, bytes, start, end, { charset }) =>
    put(out, "additionalText", terminalText(bytes, start, end, charset));
  table[0x49] = (out, bytes, start) => put(out, "currencyNumber", fourDigits(bytes, start).slice(1));
  table[0x60] = (out, bytes, start, end) => {
    const totals = readTotals(bytes, start, end);
    if (totals !== undefined) out.totals = totals;
  };
  table[0x87] = (out, bytes, start) => put(out, "receiptNumber", fourDigits(bytes, start));
  table[0x8a] = (out, bytes, start) => (out.cardType = byteAt(bytes, start));
  table[0x8b] = (out, bytes, start, end, { charset }) =>
    put(out, "cardName", terminalText(bytes, start, endOfText(bytes, start, end), charset));
  table[0xa0] = (out, bytes, start) => (out.resultAs = byteAt(bytes, start));
  for (const secret of SECRETS) table[secret] = (out) => (out.secretsDropped = true);
  return table;
}

function readAmount(out: StatusInformation, bytes: Uint8Array, start: number): void {
  const value = nibbleNumber(bytes, 2 * start, 12);
  if (value >= 0) out.amount = minorUnits(value);
}

function readCard(out: StatusInformation, bytes: Uint8Array, start: number, end: number, reading: Reading): void {
  const read = readPan(bytes, start, end, reading.tokenise);
  if (read === undefined) return;
  out.card = read.card;
  if (read.token !== undefined) out.cardToken = read.token;
}

type TextMember =
  | "currencyNumber"
  | "receiptNumber"
  | "trace"
  | "originalTrace"
  | "time"
  | "date"
  | "terminalNumber"
  | "merchantNumber"
  | "authCode"
  | "cardName"
  | "additionalText";

function put(out: StatusInformation, member: TextMember, text: string): void {
  if (text !== "") out[member] = text;
}

/** The approval: characters where they are characters, else as it stands. */
function authCode(bytes: Uint8Array, start: number, end: number): string {
  const printable = isPrintable(bytes, start, endOfText(bytes, start, end));
  return printable
    ? trimmedText(bytes, start, endOfText(bytes, start, end))
    : nibbleText(bytes, 2 * start, 2 * (end - start));
}

function endOfText(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && byteAt(bytes, i) !== 0) i++;
  return i;
}
