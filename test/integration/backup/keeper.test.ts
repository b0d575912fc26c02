import { mkdir } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { backupKeeper } from "../../../src/backup-keeper.ts";
import { noteDrill } from "../../../src/queue/backup/drill.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import { clockWith, HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { RunningTask } from "../../support/running-task.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { AT, namesIn } from "./a-store.ts";

const HOUR_MS = 3_600_000;

/** A clock that a test moves on; who waits for the next look does not wait long on it. */
class MovedClock {
  readonly clock: Clock;
  #aheadMs = 0;

  constructor() {
    const real = clockWith({
      synced: true,
      now: () => AT + this.#aheadMs,
      sleep: async (ms, signal) => delay(ms >= 10_000 ? 5 : ms, undefined, { signal }),
    });
    const monotonicMs = (): number => real.monotonicMs() + this.#aheadMs;
    this.clock = { ...real, monotonicMs, stamp: () => ({ ...real.stamp(), monotonicMs: Math.round(monotonicMs()) }) };
  }

  pass(ms: number): void {
    this.#aheadMs += ms;
  }
}

it("makes the first backup at once, the next when one is due and holds something new, and keeps as many as it should", async () => {
  await using dir = await tempDir("tillgate-keeper-");
  const backups = dir.file("backups");
  await mkdir(backups);
  const time = new MovedClock();
  await using ledger = await ledgerIn(dir.file("store"));
  await ledger.append(sale(1));
  const options = { store: dir.file("store"), directory: backups, everyH: 24, keep: 2 };
  const deps = { clock: time.clock, log: new HeardLog(), version: "0.0.0" };
  const keeper = backupKeeper(options, ledger, deps);
  expect(keeper.facts()).toMatchObject({ isKnown: false });
  const running = new RunningTask(keeper);
  const made = async (count: number): Promise<void> => {
    await waitUntil(`${count} backups are made`, () => {
      return deps.log.events.filter(({ event }) => event === "backup.made").length === count;
    });
  };
  await made(1);
  expect(keeper.facts()).toMatchObject({ isKnown: true, recordsSince: 0, onStoresDisk: true });
  time.pass(25 * HOUR_MS);
  await delay(100);
  // Nothing new: nothing is written.
  expect(await namesIn(backups)).toHaveLength(1);
  expect(keeper.facts().ageH).toBeGreaterThan(24);
  for (let n = 2; n <= 3; n += 1) {
    await ledger.append(sale(n));
    await made(n);
    time.pass(25 * HOUR_MS);
  }
  expect(await namesIn(backups)).toHaveLength(2);
  await noteDrill(dir.file("store"), { at: AT, clockSynced: true, ok: true, backup: "a.backup", records: 3 });
  await waitUntil("the drill is seen", () => keeper.facts().drill?.ok);
  await running.stop();

  // Another process goes by the names that it finds.
  const next = backupKeeper(options, ledger, deps);
  const nextRunning = new RunningTask(next);
  await waitUntil("it has looked", () => next.facts().isKnown);
  expect(next.facts().recordsSince).toBe(0);
  expect(next.facts().ageH).toBeGreaterThan(24);
  await nextRunning.stop();
});

it("says once why it cannot, tries again after a while, and says when it can", async () => {
  await using dir = await tempDir("tillgate-keeper-");
  const time = new MovedClock();
  await using ledger = await ledgerIn(dir.file("store"));
  await ledger.append(sale(1));
  const log = new HeardLog();
  const heard = (event: string): number => log.events.filter((said) => said.event === event).length;
  const keeper = backupKeeper({ store: dir.file("store"), directory: dir.file("usb"), everyH: 24, keep: 7 }, ledger, {
    clock: time.clock,
    log,
    version: "0.0.0",
  });
  const running = new RunningTask(keeper);
  await waitUntil("it fails", () => keeper.facts().failure?.code === "backup.noDirectory");
  time.pass(HOUR_MS);
  await delay(100);
  expect(heard("backup.failed")).toBe(1);
  expect(keeper.facts().failure?.remedy).toContain("Mount");
  await mkdir(dir.file("usb"));
  await delay(50);
  time.pass(HOUR_MS);
  await waitUntil("it succeeds", () => heard("backup.made") === 1);
  expect(keeper.facts().failure).toBeUndefined();
  expect(heard("backup.recovered")).toBe(1);
  await running.stop();
});
