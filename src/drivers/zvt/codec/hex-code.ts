import { pairText } from "../../wire/bcd.ts";

/** Hexadecimal in upper case, as people write ZVT codes, e.g. `6C`. */
export function hexCode(code: number): string {
  return pairText(Uint8Array.of(code), 0);
}
