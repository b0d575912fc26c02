import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import type { Notice, Sample } from "../../../src/queue/messages.ts";
import { readSamples, Telemetry } from "../../../src/queue/telemetry.ts";
import { clockWith, ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const ALL = { from: 0, limit: 100_000 };
const MIB = 1024 * 1024;
const noticed: Notice[] = [];

function telemetryIn(directory: string, limit = 32 * MIB): Telemetry {
  return new Telemetry(directory, limit, (notice) => noticed.push(notice));
}

function samples(count: number, value: (n: number) => number | string, series = "load"): Sample[] {
  return Array.from({ length: count }, (_, n) => ({ series, at: 1_000 + n, mono: n, value: value(n) }));
}

function dropped(directory: string): unknown {
  const db = new Database(join(directory, "telemetry.db"), { readonly: true });
  try {
    return db.prepare("SELECT samples FROM dropped").pluck().get();
  } finally {
    db.close();
  }
}

it("keeps samples over a restart and hands them out by series, from a place on", async () => {
  await using dir = await tempDir();
  {
    await using ledger = await ledgerIn(dir.path);
    ledger.sample("load", 1);
    ledger.sample("state", "warn");
    ledger.sample("load", 2.5);
  }
  await using ledger = await ledgerIn(dir.path);
  ledger.sample("load", 4);
  const load = await ledger.samples({ series: "load", ...ALL });
  expect(load.map(({ value, times }) => ({ value, times }))).toEqual([1, 2.5, 4].map((value) => ({ value, times: 1 })));
  expect(load[0]?.at).toBeGreaterThan(Date.parse("2026-01-01"));
  expect((await ledger.samples({ series: "load", from: (load[0]?.id ?? 0) + 1, limit: 1 }))[0]?.value).toBe(2.5);
  expect((await ledger.samples({ series: "state", ...ALL }))[0]?.value).toBe("warn");
});

it("keeps equal values in a row as one", async () => {
  await using dir = await tempDir();
  const telemetry = telemetryIn(dir.path);
  telemetry.add(samples(100, (n) => (n < 60 ? 7 : 8)));
  telemetry.add(samples(10, () => 8));
  expect(readSamples(dir.path, { series: "load", ...ALL })).toMatchObject([
    { value: 7, times: 60, at: 1_000, lastAt: 1_059 },
    { value: 8, times: 50, at: 1_060, lastAt: 1_009 },
  ]);
  telemetry.close();
});

it("is a ring of 20,000: the oldest make room and are counted, over restarts too", async () => {
  await using dir = await tempDir();
  for (const round of [0, 1]) {
    const telemetry = telemetryIn(dir.path);
    for (let n = 0; n < 13; n += 1) telemetry.add(samples(1_000, (at) => round * 13_000 + n * 1_000 + at));
    telemetry.close();
  }
  const kept = readSamples(dir.path, { series: "load", ...ALL });
  expect(kept).toHaveLength(20_000);
  expect(kept.at(-1)?.value).toBe(25_999);
  expect(dropped(dir.path)).toBe(6_000);
});

it("stays within its bytes", async () => {
  await using dir = await tempDir();
  const telemetry = telemetryIn(dir.path, MIB);
  for (let n = 0; n < 40; n += 1) telemetry.add(samples(100, (at) => `${n}-${at}-${"x".repeat(1_000)}`));
  const kept = readSamples(dir.path, { series: "load", ...ALL });
  expect(kept.length).toBeLessThan(1_100);
  expect(kept.length).toBeGreaterThan(500);
  expect(String(kept.at(-1)?.value)).toMatch(/^39-99-/);
  expect(Number(dropped(dir.path)) + kept.length).toBe(4_000);
  telemetry.close();
});

it("when it was shed nothing is left of it, and what it held and was offered since is counted once it is back", async () => {
  await using dir = await tempDir();
  const telemetry = telemetryIn(dir.path);
  telemetry.add(samples(50, (n) => n));
  expect(telemetry.shed()).toBe(true);
  expect(telemetry.shed()).toBe(false);
  telemetry.add(samples(5, (n) => n));
  expect(readSamples(dir.path, { series: "load", ...ALL })).toEqual([]);
  telemetry.open();
  telemetry.add(samples(2, (n) => n));
  expect(readSamples(dir.path, { series: "load", ...ALL })).toHaveLength(2);
  expect(dropped(dir.path)).toBe(55);
  telemetry.close();
});

it("a damaged one is set aside, and the ledger does not notice", async () => {
  await using dir = await tempDir();
  await writeFile(dir.file("telemetry.db"), "not a database, but long enough to look at".repeat(100));
  await using ledger = await ledgerIn(dir.path);
  ledger.sample("load", 1);
  expect(await ledger.samples({ series: "load", ...ALL })).toHaveLength(1);
  await rm(dir.file("telemetry.db.aside-1"));
});

it("remembers over a restart how much was written in the last 24 hours of running", async () => {
  await using dir = await tempDir();
  const clock = clockWith({ sleep: async () => new Promise((resolve) => setTimeout(resolve, 20)) });
  const told = async (): Promise<number> => {
    await using ledger = await ledgerIn(dir.path, { clock });
    for (let n = 0; n < 200; n += 1) await ledger.append({ kind: "clock", body: { filler: "x".repeat(5_000) } });
    await waitUntil("it is measured", () => (ledger.space.writtenPerDay ?? 0) > 0);
    const before = ledger.space;
    await waitUntil("it is measured again", () => ledger.space !== before);
    ledger.sample("load", 1);
    await ledger.samples({ series: "load", ...ALL });
    return ledger.space.writtenPerDay ?? 0;
  };
  const first = await told();
  expect(first).toBeGreaterThan(1e6);
  expect(await told()).toBeGreaterThan(first + 1e6);
});
