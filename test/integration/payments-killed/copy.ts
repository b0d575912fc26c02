import { main } from "../../../src/cli/program.ts";
import { books } from "../../../src/sim/hq/books.ts";
import { ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { envelopes } from "../../support/hq-records.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { waitUntil } from "../../support/wait-until.ts";
import type { Counter } from "./counter.ts";

/**
 * Ends the daemon, and holds headquarters' copy against the ledger, record by record.
 *
 * @returns what is wrong with either, in words.
 * @throws when headquarters does not get all that the ledger holds.
 */
export async function sameAtHq(counter: Counter): Promise<readonly string[]> {
  const { hqDatabase, store } = counter;
  await waitUntil(
    "headquarters holds the whole ledger",
    async () => {
      const head = await counter.supervisor.metric("tillgate_ledger_head_seq");
      return books(hqDatabase).streams.every(({ upTo }) => upTo === head);
    },
    { withinMs: 60_000, everyMs: 100 },
  );
  const faults: string[] = [];
  const code = await counter.stop();
  if (code !== 0) faults.push(`the daemon stopped with ${code}`);
  const output = new CapturedOutput();
  if ((await main(["journal", "verify", "--store", store], output)) !== 0) faults.push(...output.complained);
  await using ledger = await ledgerIn(store);
  const inLedger = await envelopesIn(ledger);
  // What the daemon said of its own end may not have left it any more.
  envelopes(hqDatabase).forEach(({ seq, hash }, index) => {
    if (inLedger[index]?.hash !== hash) faults.push(`record ${seq} at headquarters is not the ledger's`);
  });
  const { streams, forks, gaps, chainBreaks, damaged, alarms } = books(hqDatabase);
  if (streams.length !== 1) faults.push(`${streams.length} streams`);
  const counts = { forks, gaps, chainBreaks, damaged, alarms: alarms.length };
  for (const [name, count] of Object.entries(counts)) if (count > 0) faults.push(`${count} ${name}`);
  return faults;
}
