import { expect } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { books } from "../../../src/sim/hq/books.ts";
import { ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { envelopes } from "../../support/hq-records.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { waitUntil } from "../../support/wait-until.ts";
import type { Counter } from "./counter.ts";

/** Ends the daemon. What headquarters holds is the ledger, record by record, and the ledger is whole. */
export async function expectSameAtHq(counter: Counter): Promise<void> {
  const { hqDatabase, store } = counter;
  await waitUntil(
    "headquarters holds the whole ledger",
    async () => {
      const head = await counter.supervisor.metric("tillgate_ledger_head_seq");
      return books(hqDatabase).streams.every(({ upTo }) => upTo === head);
    },
    { withinMs: 60_000, everyMs: 100 },
  );
  expect(await counter.stop(), "a clean stop").toBe(0);
  const output = new CapturedOutput();
  expect(await main(["journal", "verify", "--store", store], output), output.complained.join("\n")).toBe(0);
  await using ledger = await ledgerIn(store);
  const atHq = envelopes(hqDatabase);
  // What the daemon said of its own end may not have left it any more.
  expect((await envelopesIn(ledger)).slice(0, atHq.length)).toEqual(atHq);
  const { streams, forks, gaps, chainBreaks, damaged, alarms } = books(hqDatabase);
  expect({ streams: streams.length, forks, gaps, chainBreaks, damaged, alarms }).toEqual({
    streams: 1,
    forks: 0,
    gaps: 0,
    chainBreaks: 0,
    damaged: 0,
    alarms: [],
  });
}
