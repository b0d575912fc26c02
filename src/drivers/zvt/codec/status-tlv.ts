import { isPrintable, trimmedText } from "../../wire/ascii.ts";
import { nibbleText } from "../../wire/bcd.ts";
import { readTlv } from "../../wire/ber-tlv.ts";
import { byteAt, uint16At } from "../../wire/bytes.ts";
import type { Tokenise } from "./pan.ts";
import { type Charset, terminalText } from "./text.ts";

/** What the codec is told from outside. */
export interface Reading {
  readonly charset: Charset;
  /** Absent: card numbers are masked and nothing else. */
  readonly tokenise?: Tokenise;
}

/** What is taken from the TLV container. */
export interface StatusTlv {
  /** 1F12: 00 stripe, 01 chip, 02 contactless. */
  cardTechnology?: number;
  /** 13, e.g. `Z3`. */
  extendedResult?: string;
  /** 1F16 and 1F17. */
  extendedError?: number;
  errorText?: string;
  /** 1F2B. */
  longTrace?: string;
  /** 1F1F, hexadecimal. */
  uniqueId?: string;
  /** 08 in 23: receipts of the holds that are open. */
  openHolds?: string[];
  /** E4. */
  model?: string;
  software?: string;
  serial?: string;
  deviceState?: number;
  terminalNumber?: string;
  /** 24/07: what the terminal shows. */
  displayText?: string;
  /** 1F07: 1 merchant, 2 customer, 3 administration. */
  receiptType?: number;
  /** 25/07, line by line. */
  lines?: string[];
}

/** Open holds, display text, print text, payment type, application, device. */
const CONTAINERS: ReadonlySet<number> = new Set([0x23, 0x24, 0x25, 0x2f, 0x60, 0xe4]);
/** Containers inside of containers that are followed. */
const DEEPEST = 4;
/** Lines of one print block, and open holds of one list. */
const MOST_LINES = 500;

/** Reads the elements that {@link StatusTlv} has, in whatever container they stand. Tracks (1F08..1F0A) are never looked at. */
export function readStatusTlv(
  bytes: Uint8Array,
  at: number,
  end: number,
  reading: Reading,
  parent = 0,
  out: StatusTlv = {},
  depth = 0,
): StatusTlv {
  let i = at;
  for (let element = readTlv(bytes, i, end); element !== undefined; element = readTlv(bytes, i, end)) {
    const { tag, valueStart, end: valueEnd } = element;
    if (CONTAINERS.has(tag)) {
      if (depth < DEEPEST) readStatusTlv(bytes, valueStart, valueEnd, reading, tag, out, depth + 1);
    } else {
      READERS.get(tag)?.(out, { bytes, start: valueStart, end: valueEnd, charset: reading.charset, parent });
    }
    i = valueEnd;
  }
  return out;
}

/** Some write characters, some packed digits. */
function serialOf(bytes: Uint8Array, start: number, end: number): string {
  const last = Math.min(end, start + 32);
  return isPrintable(bytes, start, last)
    ? trimmedText(bytes, start, last)
    : nibbleText(bytes, 2 * start, 2 * (last - start));
}

function lineOf(out: StatusTlv, line: string): void {
  out.lines ??= [];
  if (out.lines.length < MOST_LINES) out.lines.push(line);
}

function holdOf(out: StatusTlv, receipt: string): void {
  out.openHolds ??= [];
  if (out.openHolds.length < MOST_LINES) out.openHolds.push(receipt);
}

/** Where one element's value stands, and in which container. */
interface Element {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly charset: Charset;
  readonly parent: number;
}

type Reader = (out: StatusTlv, element: Element) => void;

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [
    0x07,
    (out, element) => {
      if (element.parent === 0x24) out.displayText = textOf(element);
      if (element.parent === 0x25) lineOf(out, textOf(element));
    },
  ],
  [
    0x08,
    (out, { parent, bytes, start, end }) => {
      if (parent === 0x23 && end - start >= 2) holdOf(out, nibbleText(bytes, 2 * start, 4));
    },
  ],
  [0x13, (out, { bytes, start, end }) => (out.extendedResult = trimmedText(bytes, start, Math.min(end, start + 8)))],
  [0x1f07, byteReader("receiptType")],
  [0x1f12, byteReader("cardTechnology")],
  [
    0x1f16,
    (out, { bytes, start, end }) => {
      if (end > start) out.extendedError = end - start > 1 ? uint16At(bytes, start) : byteAt(bytes, start);
    },
  ],
  [0x1f17, (out, element) => (out.errorText = textOf(element))],
  [
    0x1f1f,
    (out, { bytes, start, end }) => {
      if (end > start) out.uniqueId = nibbleText(bytes, 2 * start, 2 * Math.min(end - start, 16));
    },
  ],
  [
    0x1f2b,
    (out, { bytes, start, end }) => {
      const digits = nibbleText(bytes, 2 * start, 2 * Math.min(end - start, 6)).replace(/^0+(?=\d{6})/, "");
      if (/^\d+$/.test(digits)) out.longTrace = digits;
    },
  ],
  [0x1f40, (out, element) => (out.model = textOf(element).trim())],
  [0x1f41, (out, element) => (out.software = textOf(element).trim())],
  [0x1f42, (out, { bytes, start, end }) => (out.serial = serialOf(bytes, start, end))],
  [0x1f43, byteReader("deviceState")],
  [
    0x1f44,
    (out, { bytes, start, end }) => (out.terminalNumber = nibbleText(bytes, 2 * start, 2 * Math.min(end - start, 8))),
  ],
]);

function byteReader(member: "receiptType" | "cardTechnology" | "deviceState"): Reader {
  return (out, { bytes, start, end }) => {
    if (end > start) out[member] = byteAt(bytes, start);
  };
}

function textOf({ bytes, start, end, charset }: Element): string {
  return terminalText(bytes, start, end, charset);
}
