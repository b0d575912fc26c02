import type { CardToken } from "../../../domain/card.ts";
import { nibbleAt } from "../../wire/bcd.ts";
import { type CardReading, panDigits, trackCard } from "./card-reading.ts";
import { maskCard } from "./card.ts";
import { chipDataHasCard } from "./chip-data.ts";
import type { Draft } from "./draft.ts";
import type { FieldIndex } from "./field-index.ts";

/** DE53: the third digit is 1 when the track is encrypted (reference iso8583.md, 1.4). */
const TRACK_PROTECTION = 2;
const ENCRYPTED = 1;

/** Shorter numbers belong to no payment card: they are masked but make no token. */
const SHORTEST_TOKENISED = 12;

/** DE2, 35, 36, 45 and 55, of which a mask, a token and presence come out; presence of DE52 and DE64. */
export function readCard(
  out: Draft,
  frame: Uint8Array,
  index: FieldIndex,
  tokenise: ((panDigits: string) => CardToken) | undefined,
): void {
  if (index.has(52)) out.pinPresent = true;
  if (index.has(64)) out.macPresent = true;
  const hasTrack = index.has(35);
  if (index.has(2) || hasTrack || index.has(36) || index.has(45)) out.cardPresent = true;
  else if (index.has(55)) readChip(out, frame, index);
  const track = hasTrack ? readTrack(frame, index) : undefined;
  const pan = index.has(2) ? panDigits(frame, index.valueStart(2), index.length(2)) : "";
  const digits = pan === "" && track !== undefined ? track.digits : pan;
  if (digits === "") return;
  out.card = maskCard(digits, track?.chipExpected);
  if (tokenise !== undefined && digits.length >= SHORTEST_TOKENISED) out.cardToken = tokenise(digits);
}

function readChip(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  const start = index.valueStart(55);
  if (chipDataHasCard(frame, start, start + index.length(55))) out.cardPresent = true;
}

function readTrack(frame: Uint8Array, index: FieldIndex): CardReading | undefined {
  const encrypted = index.has(53) && nibbleAt(frame, 2 * index.valueStart(53) + TRACK_PROTECTION) === ENCRYPTED;
  return trackCard(frame, index.valueStart(35), index.length(35), encrypted);
}
