// Opens the ledger as a starting daemon does and prints how long it took until the first append was durable.
import { seq } from "../../src/domain/record.ts";
import { SNAPSHOT, TAIL } from "./snapshot.ts";
import { ledgerIn, SALE } from "./subjects.ts";

const [, , directory, mode] = process.argv;
if (directory === undefined) throw new Error("usage: opening-child.ts DIRECTORY plain|snapshot");

const startedAt = performance.now();
await using ledger = await ledgerIn(directory);
const unsent = ledger.durable - ledger.mark();
if (mode === "snapshot") {
  const snapshot = await ledger.loadSnapshot(SNAPSHOT);
  if (snapshot === undefined) throw new Error("there is no snapshot");
  JSON.parse(snapshot.state);
  for (let next = snapshot.seq + 1, left = TAIL; left > 0;) {
    const page = await ledger.page(seq(next), Math.min(left, 500));
    for (const { envelope } of page) JSON.parse(envelope.toString("utf8"));
    next += page.length;
    left -= page.length;
  }
}
await ledger.append(SALE);
const ms = performance.now() - startedAt;
console.log(JSON.stringify({ firstAppendMs: ms, withSnapshotMs: ms, unsent }));
