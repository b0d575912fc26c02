import { isDecimal, nibbleText } from "../../wire/bcd.ts";
import { Memo } from "../../wire/memo.ts";
import { lengthBytes, mtiOffset } from "./framing.ts";
import type { Framing } from "./observation.ts";

const MTI_BYTES = 2;
const TPDU_BYTES = 5;

/** What stands before the bitmap. */
export interface Head {
  /** Four decimal digits; empty when they are not. */
  readonly mti: string;
  /** Hexadecimal in upper case: recorded, never validated, because hosts differ. */
  readonly tpdu: string | undefined;
  readonly header: string | undefined;
}

/** The heads of one terminal's messages are all alike. Nothing in them is card data. */
const withTpdu = new Memo((frame, start, end) => makeHead(frame, start, start + TPDU_BYTES, end));
const withoutTpdu = new Memo((frame, start, end) => makeHead(frame, start, start, end));
const LONGEST_REMEMBERED = 16;

/** The frame must reach beyond the MTI. */
export function headOf(frame: Uint8Array, framing: Framing): Head {
  const start = lengthBytes(framing);
  const end = mtiOffset(framing) + MTI_BYTES;
  if (end - start > LONGEST_REMEMBERED) return makeHead(frame, start, framing.tpdu ? start + TPDU_BYTES : start, end);
  return (framing.tpdu ? withTpdu : withoutTpdu).get(frame, start, end);
}

function makeHead(frame: Uint8Array, start: number, header: number, end: number): Head {
  const mti = end - MTI_BYTES;
  return {
    mti: isDecimal(frame, mti, MTI_BYTES) ? bytesText(frame, mti, end) : "",
    tpdu: header === start ? undefined : bytesText(frame, start, header),
    header: mti === header ? undefined : bytesText(frame, header, mti),
  };
}

function bytesText(frame: Uint8Array, start: number, end: number): string {
  return nibbleText(frame, 2 * start, 2 * (end - start));
}
