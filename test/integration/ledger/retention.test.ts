import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { clockWith, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const DAY_MS = 86_400_000;
const KIB = 1024;

/** Whose minutes are short, so that tidying comes soon. */
const quickClock = clockWith({ synced: true, sleep: async () => new Promise((resolve) => setTimeout(resolve, 20)) });

async function appendMany(ledger: Ledger, count: number, from = 0): Promise<void> {
  for (let n = from; n < from + count; n += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, from + count - n) }, async (_, at) => ledger.append(sale(n + at))),
    );
  }
}

/** The value once it has not changed for a while. */
async function settled<T>(value: () => T): Promise<T> {
  for (let before = value(); ; before = value()) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (value() === before) return before;
  }
}

it("frees what is confirmed beyond its bytes, never what is not, and the chain begins where it left off", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path, { clock: quickClock, space: { keep: 100 * KIB, keepDays: 3650 } });
  await appendMany(ledger, 5_000);
  await ledger.confirm(seq(4_000));
  // Small records take some 100 bytes: 100 KiB are a thousand of them, more or less.
  await waitUntil("they are freed", () => ledger.first > 2_500);
  const first = await settled(() => ledger.first);
  expect(first).toBeLessThan(3_900);
  const report = await ledger.verify();
  expect(report).toEqual({ ok: true, freed: first - 1, records: 5_000 - first + 1 });
  expect((await ledger.page(first, 500))[0]?.seq).toBe(first);
  await expect(ledger.page(seq(first - 1), 10)).rejects.toMatchObject({ code: "record.freed" });
  await expect(ledger.page(seq(1), 10)).rejects.toMatchObject({ code: "record.freed" });
  expect(await ledger.append(sale(5_000))).toBe(5_001);
  await appendMany(ledger, 10, 5_001);
  expect((await ledger.verify()).ok).toBe(true);
});

it("never frees a record that somebody wants kept, nor what comes after it, until nobody does", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path, { clock: quickClock, space: { keep: 0, keepDays: 3650 } });
  await appendMany(ledger, 2_000);
  ledger.keep([seq(900), seq(700)]);
  await ledger.confirm(seq(1_500));
  await waitUntil("those before it are freed", () => ledger.first === 700);
  expect(await settled(() => ledger.first)).toBe(700);
  ledger.keep([]);
  await waitUntil("it is freed", () => ledger.first === 1_501);
});

it("keeps its place over a restart, and other processes read from there in both directions", async () => {
  await using dir = await tempDir();
  const space = { keep: 0, keepDays: 3650 };
  let first: number;
  {
    await using ledger = await ledgerIn(dir.path, { clock: quickClock, space });
    await appendMany(ledger, 2_000);
    await ledger.confirm(seq(1_500));
    await waitUntil("they are freed", () => ledger.first === 1_501);
    ({ first } = ledger);
  }
  await using again = await ledgerIn(dir.path, { space });
  expect(again.first).toBe(first);
  expect(await again.verify()).toEqual({ ok: true, freed: 1_500, records: 500 });
  using offline = openOfflineLedger(dir.path);
  expect(offline.first()).toBe(1_501);
  const seqs = Array.from({ length: 500 }, (_, n) => 1_501 + n);
  expect([...offline.forward()].map((record) => record.seq)).toEqual(seqs);
  expect([...offline.forward(seq(3))].map((record) => record.seq)).toEqual(seqs);
  expect([...offline.backward()].map((record) => record.seq)).toEqual(seqs.toReversed());
  expect(await offline.verify()).toEqual({ ok: true, freed: 1_500, records: 500 });
});

it("takes what it has freed for confirmed, also when the file with the mark is lost", async () => {
  await using dir = await tempDir();
  const space = { keep: 0, keepDays: 3650 };
  {
    await using ledger = await ledgerIn(dir.path, { clock: quickClock, space });
    await appendMany(ledger, 1_000);
    await ledger.confirm(seq(900));
    await waitUntil("they are freed", () => ledger.first === 901);
  }
  for (const suffix of ["", "-wal", "-shm"]) await rm(dir.file(`progress.db${suffix}`), { force: true });
  await using ledger = await ledgerIn(dir.path, { space });
  expect(ledger.mark()).toBe(900);
  expect((await ledger.page(seq(ledger.mark() + 1), 1))[0]?.seq).toBe(901);
});

it("never frees the newest record, even when all is confirmed", async () => {
  await using dir = await tempDir();
  const space = { keep: 0, keepDays: 0 };
  {
    await using ledger = await ledgerIn(dir.path, { clock: quickClock, space });
    await appendMany(ledger, 800);
    await ledger.confirm(seq(800));
    await waitUntil("the others are freed", () => ledger.first === 800);
  }
  await using ledger = await ledgerIn(dir.path, { space });
  expect(await ledger.append(sale(1))).toBe(801);
  expect(await ledger.verify()).toEqual({ ok: true, freed: 799, records: 2 });
});

it("frees by age only by a clock that is right, and looks past what was written before it was", async () => {
  await using dir = await tempDir();
  let now = Date.parse("2026-03-01T10:00:00Z");
  let synced = true;
  const clock = {
    ...quickClock,
    now: () => clockWith({ now: () => now }).now(),
    stamp: () => ({ ...quickClock.stamp(), synced }),
  };
  await using ledger = await ledgerIn(dir.path, { clock, space: { keepDays: 7 } });
  const tidied = async (): Promise<void> => {
    const before = ledger.space;
    await waitUntil("it was tidied", () => ledger.space !== before);
    await new Promise((resolve) => setTimeout(resolve, 200));
  };
  // A battery clock that stands in 1970 until the network has set it.
  const right = now;
  [now, synced] = [0, false];
  await appendMany(ledger, 1_200);
  [now, synced] = [right, true];
  await appendMany(ledger, 300, 1_200);
  await ledger.confirm(seq(1_500));
  await tidied();
  expect(ledger.first, "they look as if they were from 1970").toBe(1);

  now += 8 * DAY_MS;
  synced = false;
  await tidied();
  expect(ledger.first, "the clock may have jumped").toBe(1);
  await appendMany(ledger, 10, 1_500);
  synced = true;
  await waitUntil("all are freed that are older than a week", () => ledger.first === 1_501);
  expect(await ledger.verify()).toMatchObject({ ok: true });
});

it("keeps what a consumer's snapshot does not hold yet", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path, { clock: quickClock, space: { keep: 0 } });
  ledger.needs("exposure");
  await ledger.saveSnapshot("somebody who is gone", seq(1), "{}");
  await appendMany(ledger, 1_000);
  await ledger.confirm(seq(1_000));
  const before = ledger.space;
  await waitUntil("it was tidied", () => ledger.space !== before);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(ledger.first, "a consumer without a snapshot replays everything").toBe(1);
  await ledger.saveSnapshot("exposure", seq(600), "{}");
  await waitUntil("the rest is freed", () => ledger.first === 601);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(ledger.first).toBe(601);
});

it("frees nothing before the snapshots that stand for it would survive a power loss", async () => {
  await using dir = await tempDir();
  await using after = await tempDir();
  const surviving = ["ledger.db", "ledger.db-wal", "progress.db"];
  {
    await using ledger = await ledgerIn(dir.path, { clock: quickClock, space: { keep: 0 } });
    ledger.needs("exposure");
    await appendMany(ledger, 1_000);
    await ledger.confirm(seq(1_000));
    await ledger.saveSnapshot("exposure", seq(900), "{}");
    await waitUntil("they are freed", () => ledger.first === 901);
    // What was written there without fsync stands in the WAL alone, and goes with the power.
    for (const file of surviving) await copyFile(dir.file(file), after.file(file));
  }
  for (const file of await readdir(dir.path)) await rm(dir.file(file), { recursive: true });
  for (const file of surviving) await copyFile(after.file(file), dir.file(file));
  await using survivor = await ledgerIn(dir.path);
  expect(survivor.first).toBe(901);
  expect((await survivor.loadSnapshot("exposure"))?.seq).toBe(900);
});

it("frees everything that is confirmed when the quota gets short, and refuses money only when that does not help", async () => {
  await using dir = await tempDir();
  const space = { quota: 1_024 * KIB, keepDays: 3650, keep: 100 * 1_024 * KIB };
  await using ledger = await ledgerIn(dir.path, { clock: quickClock, space });
  while (ledger.space.level !== "full") await appendMany(ledger, 500, ledger.durable);
  expect(ledger.refusesMoneyBecause).toMatchObject({ code: "store.full" });
  expect(ledger.first).toBe(1);
  expect(await ledger.append(sale(1)), "what the relay saw is recorded all the same").toBe(ledger.durable);
  const head = ledger.durable;
  await ledger.confirm(seq(head - 100));
  await waitUntil("everything confirmed is freed", () => ledger.first === head - 99);
  await waitUntil("there is room", () => ledger.space.level === "ok");
  expect(ledger.refusesMoneyBecause).toBeUndefined();
});

it("a kill -9 while records are freed leaves a whole chain", async () => {
  await using dir = await tempDir();
  for (let round = 0; round < 6; round += 1) {
    const child = spawn(process.execPath, [join(import.meta.dirname, "freeing-child.ts"), dir.path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (child.stdout === null) throw new Error("the child has no output");
    const ended = once(child, "exit");
    await once(child.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, 37 * round));
    child.kill("SIGKILL");
    await ended;
    using offline = openOfflineLedger(dir.path);
    const report = await offline.verify();
    expect(report.firstBad).toBeUndefined();
    expect((report.freed ?? 0) + report.records).toBe(offline.head());
    expect([...offline.forward()]).toHaveLength(report.records);
    if (round > 1) expect(report.freed, "some were freed").toBeGreaterThan(0);
  }
});

it("reads a ledger of the first schema, which has no floor", async () => {
  await using dir = await tempDir();
  {
    await using ledger = await ledgerIn(dir.path);
    await appendMany(ledger, 20);
  }
  const db = new Database(dir.file("ledger.db"));
  for (const column of [
    "floor_seq",
    "floor_hash",
    "begun_because",
    "prev_stream",
    "prev_seq",
    "prev_hash",
    "machine",
  ]) {
    db.exec(`ALTER TABLE ledger DROP COLUMN ${column}`);
  }
  db.exec("DROP TABLE record_key");
  db.pragma("user_version = 1");
  db.close();
  using offline = openOfflineLedger(dir.path);
  expect(offline.first()).toBe(1);
  expect(await offline.verify()).toEqual({ ok: true, records: 20 });
});
