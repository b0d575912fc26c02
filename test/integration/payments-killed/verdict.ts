import type { Outcome } from "../../../src/domain/transaction.ts";
import type { ZvtBooking } from "../../../src/sim/zvt/books.ts";

/** One order as everybody has it in the end. */
export interface Account {
  readonly key: string;
  /** What the terminals' books hold of it: every arrival, whatever came of it. */
  readonly bookings: readonly Pick<ZvtBooking, "outcome">[];
  /** Everything that the till was ever told, the last word included. */
  readonly told: readonly Outcome[];
  readonly ledger: Outcome;
  readonly hq: Outcome | undefined;
}

/** @returns what is wrong, in words; nothing when each has the money where the others have it. */
export function faultsIn({ key, bookings, told, ledger, hq }: Account): readonly string[] {
  const charges = bookings.filter(({ outcome }) => outcome === "approved").length;
  const faults: string[] = [];
  if (bookings.length > 1) faults.push(`came to a terminal ${bookings.length} times`);
  if (charges > 1) faults.push(`was charged ${charges} times`);
  for (const outcome of new Set(told)) {
    if (outcome === "inDoubt") continue;
    if ((outcome === "approved") !== charges > 0) faults.push(`the till was told ${outcome}: ${charges} charges`);
  }
  if (bookings.some(({ outcome }) => outcome === "pending")) faults.push("is still under way at its terminal");
  if ((ledger === "approved") !== charges > 0) faults.push(`the ledger has it as ${ledger}: ${charges} charges`);
  if (ledger === "inDoubt") faults.push("is in doubt for ever");
  if (bookings.some(({ outcome }) => outcome === "declined") && ledger !== "declined") {
    faults.push(`was declined, and the ledger has it as ${ledger}`);
  }
  if (hq !== ledger) faults.push(`headquarters has it as ${hq}, the ledger as ${ledger}`);
  return faults.map((fault) => `${key}: ${fault}`);
}
