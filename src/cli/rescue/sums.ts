import { currency, minorUnits } from "../../domain/money.ts";
import type { RescueManifest } from "../../rescue/manifest.ts";
import { displayAmount } from "../text.ts";

/** What the records name, for people who compare two slips of paper. */
export function describeSums(sums: RescueManifest["sums"]): readonly string[] {
  return sums.map(({ count, amount, currency: code }) => {
    return `${count} of them name an amount, together ${displayAmount(minorUnits(amount), currency(code))}.`;
  });
}
