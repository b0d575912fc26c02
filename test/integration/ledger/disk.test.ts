import { existsSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { clockWith, HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { failingDisk, smallDisk } from "../../support/small-disk.ts";
import { waitUntil } from "../../support/wait-until.ts";

const MIB = 1024 * 1024;

async function codeOf(appending: Promise<unknown>): Promise<string> {
  try {
    await appending;
    return "taken";
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
}

const LARGE = { body: { filler: "x".repeat(20_000) } };

/** Appends until one is refused. @returns its code. */
async function refusalOf(ledger: Ledger): Promise<string> {
  for (let n = 0; ; n += 1) {
    const code = await codeOf(ledger.append(sale(n, LARGE)));
    if (code !== "taken") return code;
  }
}

async function expectWhole(directory: string, records: number): Promise<void> {
  using offline = openOfflineLedger(directory);
  expect(await offline.verify()).toEqual({ ok: true, records });
}

describe("a disk that is full (ext4 on a loop device, filled by another file)", () => {
  it("takes records as long as there is ballast, then refuses them, and goes on when space is back", async () => {
    await using disk = await smallDisk();
    const directory = `${disk.path}/store`;
    const log = new HeardLog();
    {
      const clock = clockWith({ sleep: async () => new Promise((resolve) => setTimeout(resolve, 50)) });
      await using ledger = await ledgerIn(directory, { clock, log, space: { ballast: 4 * MIB, minFree: MIB } });
      ledger.sample("store.bytes", 1);
      await ledger.samples({ series: "store.bytes", from: 0, limit: 1 });
      await waitUntil("the ballast is whole", () => ledger.space.ballast === "whole");
      expect(ledger.refusesMoneyBecause).toBeUndefined();

      await disk.fill();
      // The WAL's own room lets some through; then telemetry goes, then the ballast.
      while (ledger.space.ballast === "whole") expect(await codeOf(ledger.append(sale(1, LARGE)))).toBe("taken");
      expect(existsSync(`${directory}/ballast`)).toBe(false);
      expect(existsSync(`${directory}/telemetry.db`)).toBe(false);
      expect(ledger.refusesMoneyBecause).toMatchObject({ code: "store.full" });
      const told = log.events.map(({ event }) => event).filter((event) => event !== "store.space");
      expect(told.slice(0, 2)).toEqual(["telemetry.shed", "store.ballastReleased"]);
      const spaceTold = log.events
        .filter(({ event }) => event === "store.space")
        .map(({ fields }) => fields["ballast"]);
      expect(spaceTold).toContain("released");
      const taken = ledger.durable;
      expect(await codeOf(ledger.append(sale(2))), "what the ballast made room for").toBe("taken");
      expect(await refusalOf(ledger)).toBe("store.full");
      expect(ledger.durable).toBeGreaterThan(taken + 50);
      expect(await refusalOf(ledger), "a refused commit may leave room for a smaller one, no more").toBe("store.full");

      await disk.free();
      expect(await codeOf(ledger.append(sale(4)))).toBe("taken");
      await waitUntil("the ballast is back", () => ledger.space.ballast === "whole");
      expect(ledger.refusesMoneyBecause).toBeUndefined();
      await expectWhole(directory, ledger.durable);
    }
    await using again = await ledgerIn(directory, { space: { ballast: 4 * MIB } });
    expect(again.space.ballast, "it is still there after a restart").toBe("whole");
  }, 240_000);

  it("moves the mark with the ballast's room, so that what HQ holds can be freed", async () => {
    await using disk = await smallDisk();
    const clock = clockWith({ sleep: async () => new Promise((resolve) => setTimeout(resolve, 50)) });
    const space = { ballast: 4 * MIB, minFree: 2 * MIB, keep: 100 * MIB };
    await using ledger = await ledgerIn(`${disk.path}/store`, { clock, space });
    await waitUntil("the ballast is whole", () => ledger.space.ballast === "whole");
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 500 }, async (_, n) => ledger.append(sale(n))));
    }
    await disk.fill();
    expect(await ledger.confirm(ledger.durable)).toBe("moved");
    await waitUntil("everything confirmed is freed", () => ledger.first === ledger.durable);
    expect(await codeOf(ledger.append(sale(1)))).toBe("taken");
  }, 240_000);
});

describe("a disk that fails", () => {
  it("I/O errors refuse what waits, and the same process goes on when they are over", async () => {
    await using disk = await failingDisk();
    const directory = `${disk.path}/store`;
    await using ledger = await ledgerIn(directory);
    for (let n = 0; n < 50; n += 1) await ledger.append(sale(n));
    await disk.fail();
    expect(await refusalOf(ledger)).toBe("store.ioError");
    expect(ledger.refusesMoneyBecause).toMatchObject({ code: "store.ioError" });
    for (let n = 0; n < 5; n += 1) expect(await codeOf(ledger.append(sale(n)))).toBe("store.ioError");
    const before = ledger.durable;
    await disk.heal();
    await waitUntil("it takes records again", async () => (await codeOf(ledger.append(sale(7)))) === "taken");
    expect(ledger.durable).toBe(before + 1);
    expect(ledger.refusesMoneyBecause).toBeUndefined();
    await expectWhole(directory, before + 1);
  }, 240_000);

  it("one that turns read-only is let go of when it is unmounted, and taken up where it was left when it is back", async () => {
    await using disk = await smallDisk();
    const directory = `${disk.path}/store`;
    const log = new HeardLog();
    await using ledger = await ledgerIn(directory, { log });
    for (let n = 0; n < 50; n += 1) await ledger.append(sale(n));
    await disk.turnReadOnly();
    expect(["store.ioError", "store.readOnly"]).toContain(await refusalOf(ledger));
    expect(["store.ioError", "store.readOnly"]).toContain(await codeOf(ledger.append(sale(1))));
    const before = ledger.durable;

    const repaired = disk.repair();
    await waitUntil("it is gone, and nothing is begun in its place", async () => {
      return (await codeOf(ledger.append(sale(1)))) === "store.missing";
    });
    expect(existsSync(directory)).toBe(false);
    await repaired;
    await waitUntil("it takes records again", async () => (await codeOf(ledger.append(sale(7)))) === "taken");
    expect(ledger.durable).toBe(before + 1);
    expect((await ledger.page(ledger.durable, 1)).length, "the reader found it too").toBe(1);
    expect(await ledger.confirm(ledger.durable)).toBe("moved");
    expect(log.events.map(({ event }) => event)).toContain("store.reopened");
    await expectWhole(directory, before + 1);
  }, 240_000);

  it("never goes on with a ledger that is not the one it left", async () => {
    await using disk = await smallDisk();
    const directory = `${disk.path}/store`;
    await using ledger = await ledgerIn(directory);
    for (let n = 0; n < 50; n += 1) await ledger.append(sale(n));
    await disk.turnReadOnly();
    await refusalOf(ledger);
    const repaired = disk.repair();
    await waitUntil("it is gone", async () => (await codeOf(ledger.append(sale(1)))) === "store.missing");
    await repaired;
    {
      await using other = await ledgerIn(directory);
      await other.append(sale(1));
      expect(await codeOf(ledger.append(sale(2))), "somebody else has it").toBe("store.locked");
    }
    expect(await codeOf(ledger.append(sale(2)))).toBe("store.failed");
    await expectWhole(directory, 51);
  }, 240_000);
});

const LONGEST = 48 * MIB;

/** @returns the longest that was seen. */
async function writeMuch(ledger: Ledger): Promise<number> {
  let longest = 0;
  const filler = "x".repeat(10_000);
  for (let written = 0; written < 10_000; written += 50) {
    await Promise.all(Array.from({ length: 50 }, async (_, n) => ledger.append(sale(n, { body: { n, filler } }))));
    longest = Math.max(longest, ledger.space.wal);
  }
  await waitUntil("the last of it was seen", async () => {
    await ledger.append(sale(1));
    return ledger.space.files > 100e6;
  });
  return Math.max(longest, ledger.space.wal);
}

describe("the WAL stays short while 100 MB are written", () => {
  it("and somebody reads slowly, page by page", async () => {
    await using disk = await smallDisk(256);
    const directory = `${disk.path}/store`;
    await using ledger = await ledgerIn(directory);
    const done = new AbortController();
    const reading = (async () => {
      while (!done.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        using offline = openOfflineLedger(directory);
        for (const { seq } of offline.forward()) {
          if (done.signal.aborted) break;
          if (seq % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    })();
    expect(await writeMuch(ledger)).toBeLessThan(LONGEST);
    done.abort();
    await reading;
  }, 240_000);

  it("and at every moment somebody reads", async () => {
    await using disk = await smallDisk(256);
    const directory = `${disk.path}/store`;
    await using ledger = await ledgerIn(directory);
    await ledger.append(sale(1));
    const [one, other] = [0, 1].map(() => new Database(`${directory}/ledger.db`, { readonly: true }));
    const takeTurns = setInterval(() => {
      for (const reader of [one, other]) {
        if (reader?.inTransaction === true) reader.exec("COMMIT");
        reader?.exec("BEGIN; SELECT count(*) FROM boot");
      }
    }, 20);
    expect(await writeMuch(ledger)).toBeLessThan(LONGEST);
    clearInterval(takeTurns);
    one?.close();
    other?.close();
  }, 240_000);
});
