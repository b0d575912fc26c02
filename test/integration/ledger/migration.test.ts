import { readdir, readFile } from "node:fs/promises";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { seq } from "../../../src/domain/record.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { fillLedger, recordsIn } from "../../support/damaged-ledger.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { asSchema1 } from "../../support/ledger-schema-1.ts";
import { smallDisk } from "../../support/small-disk.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";

const RECORDS = 1_500;

async function ledgerOfSchema1(directory: string): Promise<void> {
  await fillLedger(directory, RECORDS);
  {
    await using ledger = await ledgerIn(directory);
    await ledger.confirm(seq(400));
  }
  asSchema1(directory);
}

function versionOf(path: string): unknown {
  const db = new Database(path, { readonly: true });
  try {
    return db.pragma("user_version", { simple: true });
  } finally {
    db.close();
  }
}

it("a ledger of schema 1 with a backlog goes on: same stream, chain, mark and pages, and a copy of it as it was", async () => {
  await using dir = await tempDir();
  await ledgerOfSchema1(dir.path);
  const written = recordsIn(dir.path);
  const file = await readFile(dir.file("ledger.db"));
  const log = new HeardLog();
  {
    await using ledger = await ledgerIn(dir.path, { log });
    expect(ledger.stream).toBe(written[0]?.stream);
    expect(ledger.mark()).toBe(400);
    expect(await ledger.head()).toEqual({ seq: RECORDS, hash: written.at(-1)?.hash });
    expect(await envelopesIn(ledger)).toEqual(written);
    expect(await ledger.append(sale(1))).toBe(RECORDS + 1);
    expect(await ledger.verify()).toEqual({ ok: true, records: RECORDS + 1 });
  }
  expect(versionOf(dir.file("ledger.db"))).toBe(4);
  expect((await readFile(dir.file("ledger.db.schema-1"))).equals(file)).toBe(true);
  expect(log.events.find(({ event }) => event === "ledger.migrated")?.fields).toMatchObject({ from: 1, to: 4 });
  await using again = await ledgerIn(dir.path);
  expect(again.durable).toBe(RECORDS + 1);
  const copies = (await readdir(dir.path)).filter((name) => name.includes("schema"));
  expect(copies).toEqual(["ledger.db.schema-1"]);
});

it("a step that fails leaves the file as it was, and says what to do", async () => {
  await using dir = await tempDir();
  await ledgerOfSchema1(dir.path);
  const written = recordsIn(dir.path);
  // The last of the columns is there already, so the last statement fails after all the others have run.
  const db = new Database(dir.file("ledger.db"));
  db.exec("ALTER TABLE ledger ADD COLUMN machine TEXT");
  db.close();
  await expect(ledgerIn(dir.path)).rejects.toMatchObject({ code: "store.notMigrated" });
  await expect(ledgerIn(dir.path)).rejects.toThrow(/Install the version that ran before/);
  const after = new Database(dir.file("ledger.db"), { readonly: true });
  const columns = after.prepare("SELECT name FROM pragma_table_info('ledger')").pluck().all();
  after.close();
  expect(columns).toEqual(["only_row", "stream", "machine"]);
  expect(versionOf(dir.file("ledger.db"))).toBe(1);
  expect(recordsIn(dir.path)).toEqual(written);
});

it("whoever only reads a stopped ledger of schema 1 does not change it", async () => {
  await using dir = await tempDir();
  await ledgerOfSchema1(dir.path);
  const file = await readFile(dir.file("ledger.db"));
  {
    using offline = openOfflineLedger(dir.path);
    expect([...offline.forward()]).toHaveLength(RECORDS);
    expect([...offline.backward()]).toHaveLength(RECORDS);
    expect(await offline.verify()).toEqual({ ok: true, records: RECORDS });
  }
  const output = new CapturedOutput();
  expect(await main(["journal", "verify", "--store", dir.path], output)).toBe(0);
  expect((await readFile(dir.file("ledger.db"))).equals(file)).toBe(true);
});

it("a damaged ledger of schema 1 is salvaged like one of today", async () => {
  await using dir = await tempDir();
  await ledgerOfSchema1(dir.path);
  const db = new Database(dir.file("ledger.db"));
  db.exec(`UPDATE record SET body = '{}' WHERE seq = ${RECORDS}`);
  db.close();
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  expect((await envelopesIn(ledger)).filter(({ kind }) => kind === "carried")).toHaveLength(RECORDS - 1);
});

it("on a disk without room for a copy, columns are added without one, and that is said", async () => {
  await using disk = await smallDisk();
  const directory = `${disk.path}/store`;
  await ledgerOfSchema1(directory);
  const log = new HeardLog();
  await using ledger = await ledgerIn(directory, { log });
  expect(await ledger.append(sale(1))).toBe(RECORDS + 1);
  const { fields } = log.events.find(({ event }) => event === "ledger.migrated") ?? {};
  expect(fields).toMatchObject({ from: 1, to: 4, copy: "none: the disk has no room for one" });
  expect((await readdir(directory)).filter((name) => name.includes("schema"))).toEqual([]);
});
