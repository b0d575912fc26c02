import { bytesWritten } from "./queue/bytes.ts";
import { flood } from "./queue/flood.ts";
import { opening } from "./queue/opening.ts";
import { saveSnapshot } from "./queue/snapshot.ts";
import { latency, throughput } from "./queue/speed.ts";
import { BareSqlite, ledgerIn } from "./queue/subjects.ts";
import { verifying } from "./queue/verifying.ts";
import type { Bench, BenchRow } from "./row.ts";

const UNSENT = 1_000_000;

/** The ledger beside bare better-sqlite3 on the same disk in the same run. Needs 700 MB in the scratch directory. */
export const run: Bench = async (context) => {
  const directory = `${context.scratch}/ledger`;
  const rows: BenchRow[] = [];
  {
    await using ledger = await ledgerIn(directory);
    using bare = new BareSqlite(`${context.scratch}/bare.db`);
    rows.push(...(await latency(ledger, bare, context)));
    rows.push(...(await throughput(ledger, bare, context)));
    rows.push(...(await bytesWritten(ledger, bare, context)));
  }
  rows.push(...(await flood(directory, UNSENT, context)));
  {
    await using ledger = await ledgerIn(directory);
    rows.push(...(await verifying(ledger, context)));
    await saveSnapshot(ledger);
  }
  rows.push(...(await opening(directory, context)));
  return rows;
};
