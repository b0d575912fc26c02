import type { CardToken } from "../../../domain/card.ts";
import { nibbleAt } from "../../wire/bcd.ts";
import { chipExpectedBy, panDigits, trackDigits } from "./card-reading.ts";
import { luhnOk, maskCard, maskPackedCard, SHORTEST_CARD } from "../../wire/card.ts";
import { chipDataHasCard } from "./chip-data.ts";
import type { Draft } from "./draft.ts";
import type { FieldIndex } from "./field-index.ts";

/** DE53: the third digit is 1 when the track is encrypted (reference iso8583.md, 1.4). */
const TRACK_PROTECTION = 2;
const ENCRYPTED = 1;

/** Shorter numbers belong to no payment card: they are masked but make no token. */
const SHORTEST_TOKENISED = 12;

/** Most numbers have as many, leave no free nibble, and so certainly begin with their first byte. */
const USUAL_DIGITS = 16;

/** DE2, 35, 36, 45 and 55, of which a mask, a token and presence come out; presence of DE52 and DE64. */
export function readCard(
  out: Draft,
  frame: Uint8Array,
  index: FieldIndex,
  tokenise: ((panDigits: string) => CardToken) | undefined,
): void {
  if (index.has(52)) out.pinPresent = true;
  if (index.has(64)) out.macPresent = true;
  if (index.has(2) || index.has(35) || index.has(36) || index.has(45)) out.cardPresent = true;
  else if (index.has(55)) readChip(out, frame, index);
  const pan = index.has(2) ? panDigits(frame, index.valueStart(2), index.length(2)) : "";
  const digits = pan === "" && index.has(35) ? readTrack(frame, index) : pan;
  if (digits === "") return;
  const chip = index.has(35) ? readServiceCode(frame, index, digits.length) : undefined;
  const packed = pan !== "" && index.length(2) === USUAL_DIGITS;
  out.card = packed ? maskPackedCard(pan, frame, index.valueStart(2), chip) : maskCard(digits, chip);
  if (tokenise !== undefined && digits.length >= SHORTEST_TOKENISED) out.cardToken = tokenise(digits);
}

function readChip(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  const start = index.valueStart(55);
  if (chipDataHasCard(frame, start, start + index.length(55))) out.cardPresent = true;
}

/** Of an encrypted track the tail is noise, and the number may be: only a right check digit makes it one. */
function readTrack(frame: Uint8Array, index: FieldIndex): string {
  const digits = trackDigits(frame, index.valueStart(35), index.length(35));
  const believed = !trackEncrypted(frame, index) || (digits.length >= SHORTEST_CARD && luhnOk(digits));
  return believed ? digits : "";
}

function readServiceCode(frame: Uint8Array, index: FieldIndex, digits: number): boolean | undefined {
  if (trackEncrypted(frame, index)) return undefined;
  return chipExpectedBy(frame, index.valueStart(35), index.length(35), digits);
}

function trackEncrypted(frame: Uint8Array, index: FieldIndex): boolean {
  return index.has(53) && nibbleAt(frame, 2 * index.valueStart(53) + TRACK_PROTECTION) === ENCRYPTED;
}
