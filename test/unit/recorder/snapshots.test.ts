import { expect, it } from "vitest";
import { type Seq, seq } from "../../../src/domain/record.ts";
import type { TransactionRecord } from "../../../src/domain/transaction.ts";
import type { Driver } from "../../../src/drivers/driver.ts";
import { restoreDrivers } from "../../../src/restore-drivers.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { snapshotKeeper } from "../../../src/snapshot-keeper.ts";
import { clockWith } from "../../contract/ledger/a-ledger.ts";
import { aTransaction, LedgerInMemory } from "../../support/ledger-in-memory.ts";
import { RunningTask } from "../../support/running-task.ts";
import { waitUntil } from "../../support/wait-until.ts";

/** A driver that only remembers. */
class Remembering implements Driver {
  readonly name = "relay:union";
  readonly restored: Seq[] = [];
  readonly snapshotTaken = Promise.withResolvers<Seq>();
  taken = 0;

  snapshot(): { readonly state: string; readonly upTo: Promise<Seq> } {
    this.taken += 1;
    return { state: "memory", upTo: this.snapshotTaken.promise };
  }

  restoreSnapshot(): boolean {
    return true;
  }

  restore(_: TransactionRecord, at: Seq): void {
    this.restored.push(at);
  }

  counters(): Readonly<Record<string, number>> {
    return {};
  }

  terminals(): readonly [] {
    return [];
  }

  async run(): Promise<void> {
    await Promise.resolve();
  }
}

it("a driver without a snapshot is given what the ledger still holds", async () => {
  const ledger = new LedgerInMemory();
  for (let n = 0; n < 10; n += 1) ledger.tell(aTransaction());
  ledger.freeBefore(seq(7));
  const driver = new Remembering();
  const source = {
    durable: await ledger.head(),
    first: ledger.first(),
    page: async (from: Seq, limit: number) => ledger.page(from, limit),
    loadSnapshot: async () => Promise.resolve(undefined),
  };
  expect(await restoreDrivers(source, new Map([["union", driver]]))).toBe(4);
  expect(driver.restored).toEqual([7, 8, 9, 10]);
});

it("a memory is not saved while some of what it knows waits for the disk, and is when that is written", async () => {
  const driver = new Remembering();
  const saved: Seq[] = [];
  let isHolding = false;
  const store = {
    durable: seq(0),
    saveSnapshot: async (_: string, upTo: Seq) => {
      saved.push(upTo);
      return Promise.resolve();
    },
  };
  const clock = clockWith({
    sleep: async (_, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      signal.throwIfAborted();
    },
  });
  const task = new RunningTask(
    snapshotKeeper(store, [driver], { clock, log: silentLog, replayed: 0, isHolding: () => isHolding }),
  );
  store.durable = seq(6_000);
  await waitUntil("a snapshot was taken", () => driver.taken === 1);
  // Between its taking and the answer of the disk, the disk begins to refuse.
  isHolding = true;
  driver.snapshotTaken.resolve(seq(5_990));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(saved).toEqual([]);
  expect(driver.taken, "nobody asks for what cannot be saved").toBe(1);
  isHolding = false;
  await waitUntil("it is saved", () => saved.length === 1);
  await task.stop();
});
