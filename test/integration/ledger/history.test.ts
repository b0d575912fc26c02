import { writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { type HistoryHour, single } from "../../../src/domain/history.ts";
import { HistoryFile } from "../../../src/queue/history/history-file.ts";
import { readHistory, readSeries } from "../../../src/queue/history/read-history.ts";
import type { Notice } from "../../../src/queue/messages.ts";
import { clockWith, ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";

const HOUR_MS = 3_600_000;
const TEN = Date.UTC(2026, 0, 31, 10) / HOUR_MS;
const noticed: Notice[] = [];

function fileIn(directory: string, limit = 32 * 1024 * 1024): HistoryFile {
  return new HistoryFile(directory, limit, (notice) => noticed.push(notice));
}

function anHour(hour: number, minutes: readonly number[] = [0], differs: Partial<HistoryHour> = {}): HistoryHour {
  return { series: "a", hour, isUndated: false, minutes: new Map(minutes.map((n) => [n, single(n)])), ...differs };
}

function hoursOf(directory: string, step: "minute" | "hour", from = 0, to = (TEN + 1) * HOUR_MS): readonly number[] {
  return readHistory(directory, { series: "a", from, to, step }).map(({ at }) => at / HOUR_MS);
}

it("is there again after a restart, one whole with what is measured since", async () => {
  await using dir = await tempDir();
  const clock = clockWith({ now: () => TEN * HOUR_MS + 90_000, synced: true });
  const query = { series: "load", from: TEN * HOUR_MS, to: (TEN + 1) * HOUR_MS, step: "minute" } as const;
  {
    await using ledger = await ledgerIn(dir.path, { clock });
    ledger.sample("load", 1);
    ledger.sample("state", "warn");
    expect(await ledger.history(query)).toEqual([{ at: TEN * HOUR_MS + 60_000, ...single(1) }]);
  }
  await using ledger = await ledgerIn(dir.path, { clock });
  ledger.sample("load", 4);
  const whole = { count: 2, min: 1, mean: 2.5, max: 4 };
  expect(await ledger.history(query)).toEqual([{ at: TEN * HOUR_MS + 60_000, ...whole }]);
  expect(await ledger.history({ ...query, step: "hour" })).toEqual([{ at: TEN * HOUR_MS, ...whole }]);
  expect(await ledger.historySeries()).toEqual({
    series: [{ series: "load", first: TEN * HOUR_MS, last: TEN * HOUR_MS }],
    dropped: 0,
  });
});

it("a second write of an hour adds to the first", async () => {
  await using dir = await tempDir();
  const file = fileIn(dir.path);
  file.write([anHour(TEN, [1, 2])]);
  file.write([anHour(TEN, [2, 3])]);
  file.close();
  const ask = { series: "a", from: TEN * HOUR_MS, to: (TEN + 1) * HOUR_MS };
  const minutes = readHistory(dir.path, { ...ask, step: "minute" });
  expect(minutes.map(({ count, mean }) => [count, mean])).toEqual([
    [1, 1],
    [2, 2],
    [1, 3],
  ]);
  expect(readHistory(dir.path, { ...ask, step: "hour" })).toMatchObject([{ count: 4, min: 1, mean: 2, max: 3 }]);
});

it("keeps minutes for 35 days and hours for 400, by a right clock only", async () => {
  await using dir = await tempDir();
  const file = fileIn(dir.path);
  const old = [401, 399, 36, 34].map((days) => anHour(TEN - days * 24));
  file.write([...old, anHour(TEN)]);
  file.write([anHour(TEN + 100 * 365 * 24, [0], { isUndated: true })]);
  file.close();
  const from = (TEN - 500 * 24) * HOUR_MS;
  expect(hoursOf(dir.path, "minute", from)).toEqual([TEN - 34 * 24, TEN]);
  expect(hoursOf(dir.path, "hour", from)).toEqual([399, 36, 34, 0].map((days) => TEN - days * 24));
  expect(readSeries(dir.path).series[0]?.first).toBe((TEN - 399 * 24) * HOUR_MS);
});

it("says of an hour whose clock was not right that it is undated", async () => {
  await using dir = await tempDir();
  const file = fileIn(dir.path);
  file.write([anHour(TEN, [5], { isUndated: true })]);
  file.close();
  for (const step of ["minute", "hour"] as const) {
    const points = readHistory(dir.path, { series: "a", from: TEN * HOUR_MS, to: (TEN + 1) * HOUR_MS, step });
    expect(points).toMatchObject([{ undated: true }]);
  }
});

it("stays within its bytes: the oldest minutes go first, and are counted", async () => {
  await using dir = await tempDir();
  const limit = 512 * 1024;
  const file = fileIn(dir.path, limit);
  const all = Array.from({ length: 60 }, (_, n) => n);
  for (let hour = 0; hour < 400; hour += 1) {
    file.write(
      Array.from({ length: 10 }, (_, n) => anHour(TEN - 400 + hour, all, { series: n === 0 ? "a" : `s${n}` })),
    );
  }
  file.close();
  const from = (TEN - 500) * HOUR_MS;
  const kept = new Set(hoursOf(dir.path, "minute", from).map(Math.floor));
  expect(kept.size).toBeGreaterThan(48);
  expect(kept.size).toBeLessThan(200);
  expect(Math.max(...kept)).toBe(TEN - 1);
  expect(hoursOf(dir.path, "hour", from)).toHaveLength(400);
  expect(readSeries(dir.path).dropped).toBe((400 - kept.size) * 10);
});

it("a damaged one reads as empty, is set aside with the next write, and the ledger does not notice", async () => {
  await using dir = await tempDir();
  await writeFile(dir.file("history.db"), "not a database, but long enough to look at".repeat(100));
  {
    await using ledger = await ledgerIn(dir.path);
    expect((await ledger.historySeries()).series).toEqual([]);
    ledger.sample("load", 1);
  }
  expect(existsSync(dir.file("history.db.aside-1"))).toBe(true);
  expect(readSeries(dir.path).series).toMatchObject([{ series: "load" }]);
});

it("when it was shed nothing is left of it, and it begins anew", async () => {
  await using dir = await tempDir();
  const file = fileIn(dir.path);
  expect(file.shed()).toBe(false);
  file.write([anHour(TEN)]);
  expect(file.shed()).toBe(true);
  expect(existsSync(dir.file("history.db"))).toBe(false);
  file.write([anHour(TEN)]);
  file.close();
  expect(hoursOf(dir.path, "minute", TEN * HOUR_MS)).toEqual([TEN]);
});
