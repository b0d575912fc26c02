import { open, readFile, stat } from "node:fs/promises";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import type { ChainReport } from "../../../src/queue/chain-report.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";

const RECORDS = 3_000;

async function filled(directory: string): Promise<Ledger> {
  const ledger = await ledgerIn(directory);
  await Promise.all(
    Array.from({ length: RECORDS }, async (_, n) => ledger.append(sale(n, { body: { n, text: `text ${n}` } }))),
  );
  return ledger;
}

/** Changes an open ledger behind the gateway's back, and checks it both ways: from outside, and by the gateway itself. */
async function verdicts(statements: string): Promise<readonly ChainReport[]> {
  await using dir = await tempDir();
  await using ledger = await filled(dir.path);
  sql(statements)(dir.file("ledger.db"));
  using offline = openOfflineLedger(dir.path);
  return [await offline.verify(), await ledger.verify()];
}

/** Lets `damage` at a stopped ledger's file, and checks it from outside: the gateway would set it aside. */
async function verdictAfter(damage: (path: string) => Promise<void>): Promise<ChainReport> {
  await using dir = await tempDir();
  await (await filled(dir.path))[Symbol.asyncDispose]();
  await damage(dir.file("ledger.db"));
  using offline = openOfflineLedger(dir.path);
  return await offline.verify();
}

function sql(statements: string): (path: string) => void {
  return (path) => {
    const db = new Database(path);
    db.exec(statements);
    db.close();
  };
}

describe("the check names the first bad record", () => {
  it.each([
    [
      "a body that was changed",
      "UPDATE record SET body = replace(body, 'text 1233', 'text 9999') WHERE seq = 1234",
      1234,
      "hash",
    ],
    ["a time that was changed", "UPDATE record SET at = at + 1 WHERE seq = 17", 17, "hash"],
    ["a terminal that was changed", "UPDATE record SET terminal = 'till-2' WHERE seq = 3000", 3000, "hash"],
    ["a boot id that was changed", "UPDATE boot SET boot_id = 'another'", 1, "hash"],
    ["a row that was removed", "DELETE FROM record WHERE seq = 2000", 2000, "missing"],
    ["a first row that was removed", "DELETE FROM record WHERE seq = 1", 1, "missing"],
    [
      "two bodies that were swapped",
      `UPDATE record SET body = CASE seq WHEN 501 THEN (SELECT body FROM record WHERE seq = 1502) ELSE (SELECT body FROM record WHERE seq = 501) END
       WHERE seq IN (501, 1502)`,
      501,
      "hash",
    ],
    ["a hash that was changed", "UPDATE record SET hash = randomblob(32) WHERE seq = 2500", 2500, "hash"],
    [
      "two whole rows that changed places",
      "UPDATE record SET seq = -1 WHERE seq = 70; UPDATE record SET seq = 70 WHERE seq = 71; UPDATE record SET seq = 71 WHERE seq = -1",
      70,
      "hash",
    ],
  ])("%s", async (_what, statements, firstBad, reason) => {
    for (const report of await verdicts(statements)) {
      expect(report).toEqual({ ok: false, records: firstBad - 1, firstBad: { seq: firstBad, reason } });
    }
  });

  it("a byte that flipped in the file", async () => {
    const needle = "text 2222";
    const report = await verdictAfter(async (path) => {
      const at = (await readFile(path)).indexOf(needle);
      expect(at).toBeGreaterThan(0);
      await using file = await open(path, "r+");
      await file.write(Buffer.from([needle.charCodeAt(0) ^ 0x20]), 0, 1, at);
    });
    expect(report.firstBad).toEqual({ seq: 2223, reason: "hash" });
  });

  it("a stretch of the file that turned to zeros", async () => {
    const fromOutside = await verdictAfter(async (path) => {
      const at = (await readFile(path)).indexOf("text 2222");
      const { size } = await stat(path);
      await using file = await open(path, "r+");
      const from = at - (at % 2048);
      await file.write(Buffer.alloc(Math.min(2048, size - from)), 0, Math.min(2048, size - from), from);
    });
    expect(fromOutside.ok).toBe(false);
    expect(fromOutside.firstBad?.reason).not.toBe("hash");
    // Some records before it lie on the same page.
    expect(fromOutside.records).toBeGreaterThan(2_200);
    expect(fromOutside.records).toBeLessThan(2_223);
  });
});

it("a page never jumps over a hole", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await Promise.all(Array.from({ length: 20 }, async (_, n) => ledger.append(sale(n))));
  sql("DELETE FROM record WHERE seq = 11")(dir.file("ledger.db"));
  expect(await ledger.page(seq(1), 500)).toHaveLength(10);
  await expect(ledger.page(seq(11), 500)).rejects.toMatchObject({ code: "record.missing" });
  await expect(ledger.page(seq(12), 500)).rejects.toMatchObject({ code: "record.missing" });
  expect(await ledger.page(seq(13), 500)).toHaveLength(8);
  expect(await ledger.verify()).toMatchObject({ ok: false, firstBad: { seq: 11, reason: "missing" } });
});

it("says that the newest record is missing when it was removed behind the gateway's back", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await Promise.all(Array.from({ length: 5 }, async (_, n) => ledger.append(sale(n))));
  sql("DELETE FROM record WHERE seq = 5")(dir.file("ledger.db"));
  expect(await ledger.verify()).toEqual({ ok: false, records: 4, firstBad: { seq: 5, reason: "missing" } });
});
