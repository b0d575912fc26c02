import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import type Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { streamId } from "../../../src/domain/record.ts";
import { RecordLog } from "../../../src/queue/record-log.ts";
import { createLedgerFile } from "../../../src/queue/schema.ts";
import { probeJournal } from "../../../src/queue/wal-probe.ts";
import { fillAndCrash, recordsIn } from "../../support/damaged-ledger.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";

/** A directory in which SQLite itself fails to share memory: something that is no file has the names that it needs. */
async function forbidSharedMemory(dir: TempDir): Promise<void> {
  for (const name of ["wal-probe.db-shm", "ledger.db-shm"]) {
    await rm(dir.file(name), { force: true });
    await mkdir(dir.file(name));
    await writeFile(dir.file(`${name}/in-use`), "");
  }
}

describe("the probe for write-ahead logging", () => {
  it("finds that it works, and leaves nothing behind", async () => {
    await using dir = await tempDir();
    expect(probeJournal(dir.path)).toEqual({ mode: "wal" });
    expect(await readdir(dir.path)).toEqual([]);
  });

  it("is not misled by what a killed one left", async () => {
    await using dir = await tempDir();
    for (const suffix of ["", "-wal", "-shm"]) await writeFile(dir.file(`wal-probe.db${suffix}`), "left over");
    expect(probeJournal(dir.path)).toEqual({ mode: "wal" });
    expect(await readdir(dir.path)).toEqual([]);
  });

  it("finds that it does not, although the journal mode is said to be wal", async () => {
    await using dir = await tempDir();
    await forbidSharedMemory(dir);
    const journal = probeJournal(dir.path);
    expect(journal.mode).toBe("delete");
    expect(JSON.stringify(journal)).toContain("SQLITE_READONLY");
  });
});

it("records without a log where logging does not work, as durably, and says so", async () => {
  await using dir = await tempDir();
  await forbidSharedMemory(dir);
  const log = new HeardLog();
  {
    await using ledger = await ledgerIn(dir.path, { log });
    expect(ledger.openedAs.journal).toBe("delete");
    expect(ledger.openedAs.noWalBecause).toContain("SQLITE_READONLY");
    expect(log.events.map(({ event }) => event)).toContain("ledger.withoutWal");
    await Promise.all(Array.from({ length: 300 }, async (_, n) => ledger.append(sale(n))));
    expect(await ledger.durability()).toEqual({ journalMode: "delete", synchronous: 3 });
    // Readers and the writer take turns.
    const appended = Promise.all(Array.from({ length: 300 }, async (_, n) => ledger.append(sale(300 + n))));
    expect(await ledger.verify()).toMatchObject({ ok: true });
    await appended;
    expect(await envelopesIn(ledger)).toHaveLength(600);
  }
  expect(await readdir(dir.path)).not.toContain("ledger.db-wal");
  await using again = await ledgerIn(dir.path);
  expect(again.durable).toBe(600);
  expect(await again.append(sale(601))).toBe(601);
});

it("takes over a ledger that was logged elsewhere, with what stands in its log alone", async () => {
  await using dir = await tempDir();
  await fillAndCrash(dir.path, 700);
  const written = recordsIn(dir.path);
  await forbidSharedMemory(dir);
  {
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.openedAs.journal).toBe("delete");
    expect(await envelopesIn(ledger)).toEqual(written);
    expect(await ledger.append(sale(1))).toBe(701);
  }
  for (const name of ["wal-probe.db-shm", "ledger.db-shm"]) await rm(dir.file(name), { recursive: true });
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.journal).toBe("wal");
  expect(await ledger.append(sale(2))).toBe(702);
  expect(await ledger.durability()).toEqual({ journalMode: "wal", synchronous: 2 });
});

it.each([
  ["wal", "NORMAL"],
  ["wal", "OFF"],
  ["delete", "FULL"],
  ["delete", "NORMAL"],
  ["truncate", "EXTRA"],
  ["memory", "EXTRA"],
] as const)("refuses to commit with journal_mode=%s and synchronous=%s", async (journal, synchronous) => {
  await using dir = await tempDir();
  const stream = streamId("0b8b6a51-7c3a-4f7e-9a0e-6b0f6a3b0001");
  const db: Database.Database = createLedgerFile(dir.file("ledger.db"), { mode: "wal" }, { stream });
  try {
    db.pragma(`journal_mode = ${journal}`);
    db.pragma(`synchronous = ${synchronous}`);
    const records = new RecordLog(db, stream);
    records.add({
      generation: 0,
      first: 1,
      hasMore: false,
      bootId: "boot",
      drafts: [
        {
          seq: 1,
          at: 0,
          kind: "clock",
          lane: "money",
          terminal: null,
          quotedBootId: '"boot"',
          monotonicMs: 0,
          synced: false,
          body: "{}",
          token: undefined,
        },
      ],
    });
    expect(() => records.commit()).toThrow(expect.objectContaining({ code: "store.notDurable" }));
    records.rollBack();
    expect(records.head.seq).toBe(0);
  } finally {
    db.close();
  }
});
