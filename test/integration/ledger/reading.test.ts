import { readdir, readFile, stat } from "node:fs/promises";
import { expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { clockWith, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const MIB = 1024 * 1024;

it("another process reads a running gateway's ledger, oldest or newest first, while it grows", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await Promise.all(Array.from({ length: 1_203 }, async (_, n) => ledger.append(sale(n))));
  using offline = openOfflineLedger(dir.path);
  expect(offline.stream).toBe(ledger.stream);
  expect([...offline.forward()].map((record) => record.seq)).toEqual(Array.from({ length: 1_203 }, (_, n) => n + 1));
  expect([...offline.forward(seq(1_200))].map((record) => record.seq)).toEqual([1_200, 1_201, 1_202, 1_203]);
  await ledger.append(sale(1_203));
  expect(offline.head()).toBe(1_204);
  expect([...offline.backward()].map((record) => record.seq)).toEqual(
    Array.from({ length: 1_204 }, (_, n) => 1_204 - n),
  );
  expect([...offline.backward(seq(2))].map((record) => record.seq)).toEqual([2, 1]);
  expect(await offline.verify()).toEqual({ ok: true, records: 1_204 });
  const [first] = offline.forward();
  expect(first?.envelope.equals((await ledger.page(seq(1), 1))[0]?.envelope ?? Buffer.alloc(0))).toBe(true);
});

it("reads records of the largest size newest first, page by page", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  const text = "x".repeat(60_000);
  await Promise.all(Array.from({ length: 90 }, async (_, n) => ledger.append(sale(n, { body: { n, text } }))));
  using offline = openOfflineLedger(dir.path);
  expect([...offline.backward()].map((record) => record.seq)).toEqual(Array.from({ length: 90 }, (_, n) => 90 - n));
});

it("reading a stopped gateway's ledger changes nothing in it, and the gateway goes on with it", async () => {
  await using dir = await tempDir();
  {
    await using ledger = await ledgerIn(dir.path);
    await Promise.all(Array.from({ length: 600 }, async (_, n) => ledger.append(sale(n))));
  }
  expect((await readdir(dir.path)).toSorted()).toEqual([
    "cards.db",
    "cards.key",
    "ledger.db",
    "ledger.lock",
    "progress.db",
  ]);
  const before = await readFile(dir.file("ledger.db"));
  {
    using offline = openOfflineLedger(dir.path);
    expect([...offline.forward()]).toHaveLength(600);
    expect(await offline.verify()).toEqual({ ok: true, records: 600 });
  }
  expect((await readFile(dir.file("ledger.db"))).equals(before)).toBe(true);
  {
    // A gateway that starts while somebody reads is not held up.
    using offline = openOfflineLedger(dir.path);
    await using ledger = await ledgerIn(dir.path);
    expect(await ledger.append(sale(600))).toBe(601);
    expect([...offline.backward()]).toHaveLength(601);
  }
  await using ledger = await ledgerIn(dir.path);
  expect(await ledger.verify()).toEqual({ ok: true, records: 601 });
});

it("keeps the WAL small while it is written and read at once, and gives it back when nothing happens", async () => {
  await using dir = await tempDir();
  const minutes: (() => void)[] = [];
  const clock = clockWith({
    sleep: async (_ms, signal) =>
      new Promise((resolve, reject) => {
        minutes.push(resolve);
        signal.addEventListener("abort", () => reject(new Error("aborted", { cause: signal.reason })), { once: true });
      }),
  });
  await using ledger = await ledgerIn(dir.path, { clock });
  const walBytes = async (): Promise<number> => (await stat(dir.file("ledger.db-wal"))).size;
  const text = "x".repeat(400);
  const written = new AbortController();
  const reading = (async (): Promise<number> => {
    let read = 0;
    while (!written.signal.aborted) {
      for (let next = 1; next <= ledger.durable;) {
        const page = await ledger.page(seq(next), 500);
        next += page.length;
        read += page.length;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return read;
  })();
  let largest = 0;
  for (let round = 0; round < 60; round += 1) {
    await Promise.all(Array.from({ length: 500 }, async (_, n) => ledger.append(sale(n, { body: { n, text } }))));
    largest = Math.max(largest, await walBytes());
  }
  written.abort();
  expect(await reading).toBeGreaterThanOrEqual(30_000);
  // 30,000 records are 16 MiB. A reader that held its transaction would keep them all in the WAL.
  expect(largest).toBeLessThan(8 * MIB);

  const aMinutePasses = async (): Promise<void> => {
    await waitUntil("the ledger sleeps", () => minutes.length > 0);
    for (const wake of minutes.splice(0)) wake();
  };
  await aMinutePasses();
  await aMinutePasses();
  await waitUntil("the WAL is empty", async () => (await walBytes()) === 0);
  expect(await ledger.append(sale(0))).toBe(30_001);
});
