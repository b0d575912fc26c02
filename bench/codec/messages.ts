import { encodeMessage, type MessageContent } from "../../src/drivers/iso8583/codec/encode.ts";
import type { Framing } from "../../src/drivers/iso8583/codec/observation.ts";
import type { FieldValue } from "../../src/drivers/iso8583/codec/raw-message.ts";

export const FRAMING: Framing = { length: "be16", tpdu: true, headerBytes: 6, maxFrameBytes: 4096 };

/** Messages of one run; all differ, as a shop's do. */
const MESSAGES = 512;
const TERMINALS = 16;

/** One message as each side takes it: ours with bytes where the wire has bytes, the peer's with their hexadecimal text. */
export interface Sample {
  readonly ours: MessageContent;
  readonly frame: Uint8Array;
  readonly peer: Readonly<Record<string, string>>;
}

/**
 * Sales and their answers, field for field those of test/vectors/iso8583/sale-0200 and invalid-merchant-0210 (sixteen
 * each), with card, amount, trace number and terminal of their own.
 */
export function samples(): readonly Sample[] {
  return Array.from({ length: MESSAGES }, (_, i) => sample(i % 2 === 0 ? "0200" : "0210", 1 + (i >> 1)));
}

function sample(mti: "0200" | "0210", number: number): Sample {
  const fields = mti === "0200" ? sale(number) : answer(number);
  const ours = { mti, tpdu: "6000030000", header: "603100310100", fields };
  return { ours, frame: encodeMessage(ours, FRAMING), peer: { 0: mti, ...texts(fields) } };
}

type Fields = Readonly<Record<number, FieldValue>>;

function shared(number: number): Fields {
  const terminal = number % TERMINALS;
  return {
    2: withLuhn(`621234${digits(number * 7_919, 9)}`),
    3: "000000",
    4: digits(number * 137, 12),
    11: digits(number, 6),
    25: "00",
    41: digits(10_000_000 + terminal, 8),
    42: `9990000999900${digits(terminal, 2)}`,
    49: "156",
    60: "2200000100060",
  };
}

function sale(number: number): Fields {
  return {
    ...shared(number),
    14: "3012",
    22: "051",
    23: "001",
    26: "12",
    52: Buffer.from(digits(number * 104_729, 16), "hex"),
    53: "2600000000000000",
    64: Buffer.from(digits(number * 1_299_709, 16), "hex"),
  };
}

function answer(number: number): Fields {
  return {
    ...shared(number),
    12: "101530",
    13: "0930",
    32: "48020000",
    37: `101530${digits(number, 6)}`,
    39: "03",
    44: "01020000   48020000   ",
    63: "CUP",
  };
}

function texts(fields: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(fields).map(([de, value]) => [de, textOf(value)]));
}

function textOf(value: FieldValue): string {
  if (typeof value === "string") return value;
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value.digits;
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0").slice(-count);
}

function withLuhn(front: string): string {
  const sum = front.split("").reduceRight((total, digit, i) => {
    const doubled = (front.length - i) % 2 === 1 ? 2 * Number(digit) : Number(digit);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return front + String((10 - (sum % 10)) % 10);
}
