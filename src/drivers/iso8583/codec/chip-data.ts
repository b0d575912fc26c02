import { readTlv } from "../../wire/ber-tlv.ts";

/** EMV book 3, annex A: application PAN, and track 2 equivalent data. */
const CARD_TAGS: ReadonlySet<number> = new Set([0x5a, 0x57]);

/** Whether DE55 carries a card number. The number itself is never taken from there. */
export function chipDataHasCard(frame: Uint8Array, start: number, end: number): boolean {
  let tlv = readTlv(frame, start, end);
  while (tlv !== undefined) {
    if (CARD_TAGS.has(tlv.tag)) return true;
    tlv = readTlv(frame, tlv.end, end);
  }
  return false;
}
