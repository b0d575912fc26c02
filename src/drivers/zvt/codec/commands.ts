import { ascii, bcd, bmp, joined, tlv } from "./writing.ts";
import { encodeApdu } from "./apdu.ts";

// What the ECR sends (PA00P015, chapter 2). Passwords are six digits, amounts minor units, currencies three digits.

const COMMAND = {
  statusEnquiry: 0x0501,
  registration: 0x0600,
  authorisation: 0x0601,
  logOff: 0x0602,
  repeatReceipt: 0x0620,
  preAuthorisation: 0x0622,
  partialReversal: 0x0623,
  bookTotal: 0x0624,
  preAuthorisationReversal: 0x0625,
  reversal: 0x0630,
  refund: 0x0631,
  endOfDay: 0x0650,
  diagnosis: 0x0670,
  setDateTime: 0x0691,
  initialisation: 0x0693,
  abort: 0x06b0,
} as const;

export interface Registration {
  readonly password: string;
  /** What the ECR does itself and what it wants to be told: bits in the family's README. */
  readonly configByte: number;
  readonly currencyNumber?: string;
  readonly serviceByte?: number;
  /** Commands that the terminal may send, TLV 26. */
  readonly permitted?: readonly number[];
  /** FF: the terminal's default, code page 437. FE: UTF-8. TLV 14. */
  readonly charset?: number;
}

export function registration(wanted: Registration): Uint8Array {
  const { currencyNumber, serviceByte, permitted = [], charset } = wanted;
  const container = joined(
    charset === undefined ? NOTHING : tlv(0x14, Uint8Array.of(charset)),
    permitted.length === 0 ? NOTHING : tlv(0x26, ...permitted.map((command) => tlv(0x0a, word(command)))),
  );
  return encodeApdu(
    COMMAND.registration,
    joined(
      bcd(wanted.password, 3),
      Uint8Array.of(wanted.configByte),
      currencyNumber === undefined ? NOTHING : bcd(currencyNumber, 2),
      serviceByte === undefined ? NOTHING : bmp(0x03, Uint8Array.of(serviceByte)),
      container.length === 0 ? NOTHING : bmp(0x06, container),
    ),
  );
}

export function logOff(): Uint8Array {
  return encodeApdu(COMMAND.logOff);
}

export interface AuthorisationAmount {
  readonly amount: number;
  readonly currencyNumber?: string;
  /** BMP 19: 40 leaves it to the terminal. */
  readonly paymentType?: number;
}

export function authorisation(wanted: AuthorisationAmount): Uint8Array {
  return encodeApdu(COMMAND.authorisation, amounts(wanted));
}

export function preAuthorisation(wanted: AuthorisationAmount): Uint8Array {
  return encodeApdu(COMMAND.preAuthorisation, amounts(wanted));
}

function amounts({ amount, currencyNumber, paymentType }: AuthorisationAmount): Uint8Array {
  return joined(
    bmp(0x04, bcd(amount, 6)),
    currencyNumber === undefined ? NOTHING : bmp(0x49, bcd(currencyNumber, 2)),
    paymentType === undefined ? NOTHING : bmp(0x19, Uint8Array.of(paymentType)),
  );
}

/** @param amount  What the customer used of the hold. */
export function bookTotal(receiptNumber: string, amount: number): Uint8Array {
  return encodeApdu(COMMAND.bookTotal, joined(receipt(receiptNumber), bmp(0x04, bcd(amount, 6))));
}

/** @param amount  What is given back of the hold, not what is used. */
export function partialReversal(receiptNumber: string, amount: number): Uint8Array {
  return encodeApdu(COMMAND.partialReversal, joined(receipt(receiptNumber), bmp(0x04, bcd(amount, 6))));
}

/** Asks for the holds that are open. The answer is an abort with B8 and the receipts. */
export function openHoldsEnquiry(): Uint8Array {
  return encodeApdu(COMMAND.partialReversal, bmp(0x87, word(0xffff)));
}

/** Gives the whole hold back. */
export function preAuthorisationReversal(receiptNumber: string): Uint8Array {
  return encodeApdu(COMMAND.preAuthorisationReversal, receipt(receiptNumber));
}

export function reversal(password: string, receiptNumber: string): Uint8Array {
  return encodeApdu(COMMAND.reversal, joined(bcd(password, 3), receipt(receiptNumber)));
}

export function refund(password: string, amount: number, currencyNumber?: string): Uint8Array {
  return encodeApdu(
    COMMAND.refund,
    joined(bcd(password, 3), amounts(currencyNumber === undefined ? { amount } : { amount, currencyNumber })),
  );
}

export function endOfDay(password: string): Uint8Array {
  return encodeApdu(COMMAND.endOfDay, bcd(password, 3));
}

/** @param password  Asks for more than the status alone, where the terminal has more to tell. */
export function statusEnquiry(password?: string): Uint8Array {
  return encodeApdu(COMMAND.statusEnquiry, password === undefined ? NOTHING : bcd(password, 3));
}

/** @param type  TLV 1B: 01 line, 02 extended, 03 configuration, 04 EMV. The terminal takes 02 by itself. */
export function diagnosis(type?: 1 | 2 | 3 | 4): Uint8Array {
  return encodeApdu(COMMAND.diagnosis, type === undefined ? NOTHING : bmp(0x06, tlv(0x1b, Uint8Array.of(type))));
}

export function initialisation(password: string): Uint8Array {
  return encodeApdu(COMMAND.initialisation, bcd(password, 3));
}

/** @param date  YYMMDD. @param time  hhmmss. Both as the shop's clock shows them. */
export function setDateTime(password: string, date: string, time: string): Uint8Array {
  return encodeApdu(COMMAND.setDateTime, joined(bcd(password, 3), bmp(0xaa, bcd(date, 3)), bmp(0x0c, bcd(time, 3))));
}

export function repeatReceipt(password: string): Uint8Array {
  return encodeApdu(COMMAND.repeatReceipt, bcd(password, 3));
}

export function abortCommand(): Uint8Array {
  return encodeApdu(COMMAND.abort);
}

const NOTHING = ascii("");

function receipt(number: string): Uint8Array {
  return bmp(0x87, bcd(number, 2));
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
