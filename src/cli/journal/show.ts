import type { Seq } from "../../domain/record.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { Output } from "../output.ts";
import { printable } from "../text.ts";
import { Dating } from "./dating.ts";
import { transactionTable } from "./list.ts";
import { envelopeOf, toldBy } from "./selection.ts";

const NOT_FOUND = 1;

/** `journal show SEQ`: one record as it stands in the ledger; a transaction also as people read it. */
export function show(ledger: OfflineLedger, seq: Seq, output: Output): number {
  const head = ledger.head();
  const first = ledger.first();
  const [record] = seq >= first && seq <= head ? ledger.forward(seq) : [];
  if (record === undefined) {
    output.complain(
      head === 0 ? "The ledger is empty." : `There is no record ${seq}: the ledger goes from ${first} to ${head}.`,
    );
    return NOT_FOUND;
  }
  const told = toldBy(record);
  if (told !== undefined) {
    const { lines, notes } = transactionTable([told], new Dating(ledger));
    for (const line of [...lines, ...notes, ""]) output.print(line);
  }
  for (const line of JSON.stringify(envelopeOf(record), null, 2).split("\n")) output.print(printable(line));
  return 0;
}
