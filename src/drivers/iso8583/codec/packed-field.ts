import { nibbleAt } from "../../wire/bcd.ts";
import type { Alignment } from "./fields.ts";

/**
 * At which end the digits of a packed field stand. An odd number of them leaves a nibble free: the table says which,
 * and is believed unless that nibble cannot be padding and the one at the other end can.
 */
export function alignmentAt(frame: Uint8Array, at: number, count: number, expected: Alignment): Alignment {
  if (count % 2 === 0) return expected;
  const first = nibbleAt(frame, 2 * at);
  const last = nibbleAt(frame, 2 * at + count);
  if (expected === "left") return !isPadding(last) && isPadding(first) ? "right" : "left";
  return !isPadding(first) && isPadding(last) ? "left" : "right";
}

/** Index of the first digit, counted in nibbles from the frame's first. */
export function firstDigit(frame: Uint8Array, at: number, count: number, expected: Alignment): number {
  return count % 2 === 1 && alignmentAt(frame, at, count, expected) === "right" ? 2 * at + 1 : 2 * at;
}

/** 0, F and D are met in free nibbles (reference iso8583.md, 1.2). */
function isPadding(nibble: number): boolean {
  return nibble === 0 || nibble === 0xf || nibble === 0xd;
}
