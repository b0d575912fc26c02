import { byteAt } from "../../wire/bytes.ts";
import { pairValue, NOT_DECIMAL } from "../../wire/bcd.ts";
import { commandOf, headBytes } from "./apdu.ts";
import { lllLength, readBmps } from "./bmp.ts";
import { readStatus, type StatusInformation } from "./status-information.ts";
import { readStatusTlv, type Reading, type StatusTlv } from "./status-tlv.ts";
import { isTerminalStatus } from "./terminal-status.ts";
import { terminalText } from "./text.ts";
import { readTlv } from "../../wire/ber-tlv.ts";

/** What a terminal sends (PA00P015, chapter 3). `dialUp` to `unknown` are its own commands to the ECR. */
export type Message =
  | { readonly type: "positive" }
  | { readonly type: "negative"; readonly code: number }
  | { readonly type: "status"; readonly status: StatusInformation }
  | {
      readonly type: "intermediate";
      readonly code: number;
      /** From now on the terminal may be silent so long. */
      readonly minutes?: number;
      readonly text?: string;
    }
  | { readonly type: "completion"; readonly completion: Completion }
  /** 06 1E. `status` is what stands behind the code. */
  | { readonly type: "abort"; readonly code: number; readonly status: StatusInformation }
  | { readonly type: "printLine"; readonly attribute: number; readonly line: string; readonly feed: number }
  | { readonly type: "printBlock"; readonly receiptType?: number; readonly lines: readonly string[] }
  | { readonly type: "setDateTime" }
  | { readonly type: "dialUp" }
  | { readonly type: "blockedListQuery" }
  | { readonly type: "unknown"; readonly command: number };

/** 06 0F. Which members mean something depends on the command that is completed. */
export interface Completion {
  readonly status: StatusInformation;
  /** Of a status enquiry. */
  readonly terminalStatus?: number;
  readonly softwareVersion?: string;
}

const LINE_FEEDS = 0xff;

/**
 * Reads one whole APDU of a terminal. Never throws and never says what it does not know: what cannot be read is `unread` of
 * the status, or `unknown`. Card data does not come out of it but masked.
 */
export function decodeMessage(apdu: Uint8Array, reading: Reading): Message {
  const command = commandOf(apdu);
  const start = headBytes(apdu, 0, apdu.length);
  const end = apdu.length;
  if (start === 0) return { type: "unknown", command };
  if (command === 0x8000) return { type: "positive" };
  if (command >> 8 === 0x84) return { type: "negative", code: negativeCode(apdu, start) };
  switch (command) {
    case 0x040f:
      return { type: "status", status: readStatus(apdu, start, end, reading) };
    case 0x04ff:
      return intermediate(apdu, start, end, reading);
    case 0x060f:
      return { type: "completion", completion: completion(apdu, start, end, reading) };
    case 0x061e:
      return {
        type: "abort",
        code: start < end ? byteAt(apdu, start) : SYSTEM_ERROR,
        status: readStatus(apdu, Math.min(start + 1, end), end, reading),
      };
    case 0x06d1:
      return printLine(apdu, start, end, reading);
    case 0x06d3:
      return printBlock(apdu, start, end, reading);
    case 0x0401:
      return { type: "setDateTime" };
    case 0x06e4:
      return { type: "blockedListQuery" };
    default:
      return command >= 0x06d8 && command <= 0x06dd ? { type: "dialUp" } : { type: "unknown", command };
  }
}

/** 84 1E says "aborted", and the reason stands behind it. Never 0 because of that: 84 00 is a yes. */
function negativeCode(apdu: Uint8Array, start: number): number {
  const code = byteAt(apdu, 1);
  return code === ABORTED && start < apdu.length ? byteAt(apdu, start) || code : code;
}

const ABORTED = 0x1e;

/** An abort that names no reason. */
const SYSTEM_ERROR = 0xff;

function intermediate(apdu: Uint8Array, start: number, end: number, reading: Reading): Message {
  const code = start < end ? byteAt(apdu, start) : SYSTEM_ERROR;
  let at = start + 1;
  let minutes: number | undefined;
  // A time-out is one packed byte; 06 in its place may also be the TLV container, which is longer.
  if (at < end && !(byteAt(apdu, at) === 0x06 && isContainer(apdu, at, end))) {
    const value = pairValue(apdu, at++);
    if (value !== NOT_DECIMAL) minutes = value;
  }
  const { displayText } = readStatus(apdu, Math.min(at, end), end, reading).tlv ?? {};
  return {
    type: "intermediate",
    code,
    ...(minutes === undefined ? {} : { minutes }),
    ...(displayText === undefined ? {} : { text: displayText }),
  };
}

function isContainer(apdu: Uint8Array, at: number, end: number): boolean {
  return readTlv(apdu, at, end)?.end === end;
}

/** A status enquiry is completed with `[Fx Fy Fz version] status [06 TLV]`; all others with a list of fields. */
function completion(apdu: Uint8Array, start: number, end: number, reading: Reading): Completion {
  const version = lllLength(apdu, start, end);
  const at = version < 0 || start + 3 + version >= end ? start : start + 3 + version;
  const first = byteAt(apdu, at);
  const isStatus = at < end && (at > start || at + 1 === end || looksLikeStatus(apdu, at, end, first));
  if (!isStatus) return { status: readStatus(apdu, start, end, reading) };
  return {
    status: readStatus(apdu, at + 1, end, reading),
    terminalStatus: first,
    ...(at > start ? { softwareVersion: terminalText(apdu, start + 3, at, reading.charset).trim() } : {}),
  };
}

/** A status byte and a TLV container behind it, to the end, where the same bytes are no list of fields. */
function looksLikeStatus(apdu: Uint8Array, at: number, end: number, first: number): boolean {
  if (byteAt(apdu, at + 1) !== 0x06 || !isContainer(apdu, at + 1, end)) return false;
  return isTerminalStatus(first) || readBmps(apdu, at, end, () => undefined) !== undefined;
}

function printLine(apdu: Uint8Array, start: number, end: number, reading: Reading): Message {
  const attribute = start < end ? byteAt(apdu, start) : 0;
  if (attribute === LINE_FEEDS) return { type: "printLine", attribute, line: "", feed: byteAt(apdu, start + 1) };
  const line = terminalText(apdu, Math.min(start + 1, end), end, reading.charset);
  return { type: "printLine", attribute, line, feed: 1 };
}

function printBlock(apdu: Uint8Array, start: number, end: number, reading: Reading): Message {
  const tlv = containerOf(apdu, start, end, reading);
  return {
    type: "printBlock",
    lines: tlv.lines ?? [],
    ...(tlv.receiptType === undefined ? {} : { receiptType: tlv.receiptType }),
  };
}

/** 06 D3 carries BMP 06 and nothing else. */
function containerOf(apdu: Uint8Array, start: number, end: number, reading: Reading): StatusTlv {
  return readStatus(apdu, start, end, reading).tlv ?? readStatusTlv(apdu, start, end, reading);
}
