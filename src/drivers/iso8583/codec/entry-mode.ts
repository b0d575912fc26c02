import type { EntryMode } from "../../../domain/transaction.ts";
import { nibbleNumber } from "../../wire/bcd.ts";
import { firstDigit } from "./packed-field.ts";

/** Digits 1 and 2 of DE22 (reference iso8583.md, 1.4). What is not listed is `other`. */
const METHODS: ReadonlyMap<string, EntryMode["method"]> = new Map([
  ["00", "unspecified"],
  ["01", "keyed"],
  ["02", "magstripe"],
  ["05", "chip"],
  ["07", "contactless"],
  ["80", "fallback"],
  ["91", "contactlessMagstripe"],
  ["95", "contactless"],
  ["96", "contactless"],
  ["98", "contactless"],
]);

function pinOf(digit: string): EntryMode["pin"] {
  return digit === "1" ? "entered" : digit === "2" ? "none" : "unspecified";
}

/** All thousand codes, made once: a message then costs one look-up. */
const MODES: readonly EntryMode[] = Array.from({ length: 1000 }, (_, value) => {
  const code = String(value).padStart(3, "0");
  const method = METHODS.get(code.slice(0, 2)) ?? "other";
  return Object.freeze<EntryMode>({ code, method, pin: pinOf(code.slice(2)) });
});

/** @returns undefined when the digits of DE22 are not decimal. */
export function entryModeAt(frame: Uint8Array, at: number): EntryMode | undefined {
  return MODES[nibbleNumber(frame, firstDigit(frame, at, 3, "left"), 3)];
}

/** The same, read from the stripe because the chip could not be (DE60.5 = 2, reference 1.6). */
export function afterFailedChip(mode: EntryMode): EntryMode {
  return mode.method === "magstripe" ? { ...mode, method: "fallback" } : mode;
}
