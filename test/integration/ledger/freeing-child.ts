// Appends, confirms and frees as fast as it can, until it is killed; says so when it has begun to.
import { seq } from "../../../src/domain/record.ts";
import { clockWith, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";

const [, , directory] = process.argv;
if (directory === undefined) throw new Error("usage: freeing-child.ts DIRECTORY");

const clock = clockWith({ synced: true, sleep: async () => new Promise((resolve) => setTimeout(resolve, 5)) });
await using ledger = await ledgerIn(directory, { clock, space: { keep: 0 } });
for (;;) {
  await Promise.all(Array.from({ length: 1_000 }, async (_, n) => ledger.append(sale(n))));
  await ledger.confirm(seq(ledger.durable - 200));
  if (ledger.first > 1) console.log("freeing");
}
