import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { machineIdOf } from "../../../src/queue/machine-id.ts";
import { beginNewStream } from "../../../src/queue/open-store.ts";
import { writeStreamOrder } from "../../../src/queue/stream-order.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { fillAndCrash, fillLedger, overwrite, recordsIn } from "../../support/damaged-ledger.ts";
import { carriedEnvelope, envelopesIn, quarantinedSchema, streamBegunSchema } from "../../support/ledger-reading.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";

const PAGE = 2048;
const RECORDS = 600;

/** The envelopes of the earlier stream that this ledger carries, in its order. */
async function carriedIn(ledger: Ledger): Promise<ReturnType<typeof recordsIn>> {
  return (await envelopesIn(ledger)).filter(({ kind }) => kind === "carried").map(carriedEnvelope);
}

async function begunIn(ledger: Ledger): Promise<ReturnType<typeof streamBegunSchema.parse>> {
  return streamBegunSchema.parse((await envelopesIn(ledger))[0]?.body);
}

function changed(directory: string, statements: string): void {
  const db = new Database(join(directory, "ledger.db"));
  db.exec(statements);
  db.close();
}

describe("a stream ends, whole, and another takes its records over", () => {
  it("when the directory is a copy in another place: both sell on, and no number is given twice", async () => {
    await using dir = await tempDir();
    const original = dir.file("original");
    const copy = dir.file("copy");
    await fillLedger(original, RECORDS);
    const written = recordsIn(original);
    await cp(original, copy, { recursive: true });
    {
      await using ledger = await ledgerIn(copy);
      expect(ledger.openedAs.begun?.because).toBe("copied");
      expect(ledger.openedAs.begun?.name).toMatch(/^set-aside\/copied-/);
      expect(await begunIn(ledger)).toEqual({
        event: "streamBegun",
        because: "copied",
        prevStream: written[0]?.stream,
        prevHead: { seq: RECORDS, hash: written.at(-1)?.hash },
      });
      expect(await carriedIn(ledger)).toEqual(written);
      // Nothing was damaged, so nothing was quarantined.
      expect(ledger.durable).toBe(RECORDS + 1);
      expect(await ledger.append(sale(1))).toBe(RECORDS + 2);
    }
    {
      await using again = await ledgerIn(copy);
      expect(again.openedAs.begun).toBeUndefined();
      expect(again.durable).toBe(RECORDS + 2);
    }
    await using ledger = await ledgerIn(original);
    expect(ledger.stream).toBe(written[0]?.stream);
    expect(await ledger.append(sale(1))).toBe(RECORDS + 1);
  });

  it("but not where the machine has no id: then nothing can be told", async () => {
    await using dir = await tempDir();
    expect(machineIdOf(dir.path, dir.file("no-such-file"))).toBeUndefined();
    await writeFile(dir.file("id"), "uninitialized\n");
    expect(machineIdOf(dir.path, dir.file("id"))).toBeUndefined();
    await writeFile(dir.file("id"), `${"0123456789abcdef".repeat(2)}\n`);
    expect(machineIdOf(dir.path, dir.file("id"))).toMatch(/^[0-9a-f]{64}$/);
    await fillLedger(dir.path, 10);
    changed(dir.path, "UPDATE ledger SET machine = NULL");
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.openedAs.begun).toBeUndefined();
  });

  it("when HQ says that it holds more: at the next open, which the ledger asks for", async () => {
    await using dir = await tempDir();
    await fillLedger(dir.path, RECORDS);
    const written = recordsIn(dir.path);
    const log = new HeardLog();
    {
      await using ledger = await ledgerIn(dir.path, { log });
      await ledger.noteBehindHq(seq(RECORDS));
      expect(ledger.reopening.aborted).toBe(false);
      await ledger.noteBehindHq(seq(RECORDS + 40));
      expect(ledger.reopening.aborted).toBe(true);
      expect(String(ledger.reopening.reason)).toContain(`record ${RECORDS + 40}`);
      expect(log.events.map(({ event }) => event)).toContain("ledger.streamEnds");
      // Selling goes on until then.
      expect(await ledger.append(sale(1))).toBe(RECORDS + 1);
    }
    {
      await using ledger = await ledgerIn(dir.path);
      expect(ledger.openedAs.begun?.because).toBe("behindHq");
      expect(ledger.stream).not.toBe(written[0]?.stream);
      expect((await carriedIn(ledger)).slice(0, -1)).toEqual(written);
      expect(ledger.durable).toBe(RECORDS + 2);
    }
    await using again = await ledgerIn(dir.path);
    expect(again.openedAs.begun).toBeUndefined();
  });

  it("when HQ had confirmed more than the ledger holds now", async () => {
    await using dir = await tempDir();
    await fillLedger(dir.path, RECORDS);
    {
      await using ledger = await ledgerIn(dir.path);
      await ledger.confirm(seq(RECORDS));
    }
    changed(dir.path, `DELETE FROM record WHERE seq > ${RECORDS - 10}`);
    await using ledger = await ledgerIn(dir.path);
    expect(await begunIn(ledger)).toMatchObject({ because: "behindHq", prevHead: { seq: RECORDS - 10 } });
    // All of it is at HQ: none of it may stand in a terminal's way.
    expect((await envelopesIn(ledger)).filter(({ terminal }) => terminal !== undefined)).toEqual([]);
  });

  it("when a backup took its place: whoever put it there asks for it", async () => {
    await using dir = await tempDir();
    await fillLedger(dir.path, RECORDS);
    const written = recordsIn(dir.path);
    const clock = systemClock();
    const log = new HeardLog();
    const restored = await beginNewStream(
      dir.path,
      { because: "restored", reason: "from the backup of Sunday" },
      { at: clock.now(), stamp: clock.stamp() },
      ({ event, fields }) => log.warn(event, fields),
    );
    expect(restored).toMatchObject({
      because: "restored",
      stream: written[0]?.stream,
      result: { carried: { count: RECORDS } },
    });
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.stream).toBe(restored.begun);
    expect(await carriedIn(ledger)).toEqual(written);
    await expect(async () =>
      beginNewStream(
        dir.path,
        { because: "restored", reason: "" },
        { at: clock.now(), stamp: clock.stamp() },
        () => undefined,
      ),
    ).rejects.toMatchObject({ code: "store.locked" });
  });

  it("when records that HQ waits for cannot be read any more: at the next open, which the ledger asks for", async () => {
    await using dir = await tempDir();
    await using ledger = await ledgerIn(dir.path);
    await Promise.all(Array.from({ length: 20 }, async (_, n) => ledger.append(sale(n))));
    changed(dir.path, "DELETE FROM record WHERE seq = 11");
    await expect(ledger.page(seq(11), 500)).rejects.toMatchObject({ code: "record.missing" });
    expect(ledger.reopening.aborted).toBe(true);
    expect(ledger.integrity).toEqual({ state: "damaged", found: "record 11: record 11 is not in the ledger" });
    await ledger[Symbol.asyncDispose]();
    await using again = await ledgerIn(dir.path);
    expect((await carriedIn(again)).map((envelope) => envelope.seq)).toEqual([
      ...Array.from({ length: 10 }, (_, n) => n + 1),
      ...Array.from({ length: 8 }, (_, n) => n + 13),
    ]);
  });
});

it("finds damage in confirmed history in the background, says so, and lets the day's work go on until a start", async () => {
  await using dir = await tempDir();
  await fillLedger(dir.path, RECORDS);
  {
    await using ledger = await ledgerIn(dir.path);
    await ledger.confirm(seq(RECORDS));
  }
  changed(dir.path, "UPDATE record SET at = at + 1 WHERE seq = 100");
  const log = new HeardLog();
  {
    await using ledger = await ledgerIn(dir.path, { log });
    expect(ledger.integrity).toEqual({ state: "unknown" });
    expect(await ledger.checkIntegrity(0, AbortSignal.timeout(60_000))).toEqual({
      state: "damaged",
      found: "record 100: hash",
    });
    expect(log.events.map(({ event }) => event)).toContain("ledger.damaged");
    expect(ledger.reopening.aborted).toBe(false);
    expect(await ledger.append(sale(1))).toBe(RECORDS + 1);
  }
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  expect((await carriedIn(ledger)).map((envelope) => envelope.seq)).not.toContain(100);
  expect(await ledger.checkIntegrity(0, AbortSignal.timeout(60_000))).toEqual({ state: "pass" });
});

describe("whatever is left of a file, the gateway starts, and nothing is deleted", () => {
  it.each([
    ["a header of zeros", async (dir: TempDir) => overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100)), RECORDS],
    ["a first page of zeros", async (dir: TempDir) => overwrite(dir.file("ledger.db"), 0, Buffer.alloc(PAGE)), RECORDS],
    [
      "a page size that is none",
      async (dir: TempDir) => overwrite(dir.file("ledger.db"), 16, Buffer.from([3, 7])),
      RECORDS,
    ],
    ["another application id", async (dir: TempDir) => changed(dir.path, "PRAGMA application_id = 5"), RECORDS],
    [
      "a schema that only a writer finds damaged",
      async (dir: TempDir) => {
        const at = (await readFile(dir.file("ledger.db"))).indexOf("CHECK (only_row");
        await overwrite(dir.file("ledger.db"), at, Buffer.from("CHECK (lnly_row"));
      },
      RECORDS,
    ],
    ["no schema version", async (dir: TempDir) => changed(dir.path, "PRAGMA user_version = 0"), RECORDS],
    ["no stream id", async (dir: TempDir) => changed(dir.path, "DELETE FROM ledger"), RECORDS],
    ["a file cut in the middle of a page", async (dir: TempDir) => cutOff(dir, 0.5), 200],
    ["a file of one page", async (dir: TempDir) => cutOff(dir, 0), 0],
    ["an empty file", async (dir: TempDir) => truncate(dir.file("ledger.db"), 0), 0],
    ["no file", async (dir: TempDir) => rm(dir.file("ledger.db")), 0],
    ["a text", async (dir: TempDir) => writeFile(dir.file("ledger.db"), "no database ".repeat(1_000)), 0],
  ])("%s", async (_what, damage, atLeast) => {
    await using dir = await tempDir();
    await fillLedger(dir.path, RECORDS);
    const written = recordsIn(dir.path);
    {
      await using ledger = await ledgerIn(dir.path);
      await ledger.append(sale(RECORDS, { cardToken: ledger.tokenise("6212340000000001") }));
    }
    await damage(dir);
    const remains = await readFile(dir.file("ledger.db")).catch(() => undefined);
    await using ledger = await ledgerIn(dir.path);
    expect(await ledger.append(sale(1))).toBe(ledger.durable);
    expect(await ledger.verify()).toMatchObject({ ok: true });
    const carried = await carriedIn(ledger);
    expect(carried.length).toBeGreaterThanOrEqual(atLeast);
    const begun = await begunIn(ledger);
    expect(begun).toMatchObject({ because: "salvaged", prevStream: written[0]?.stream });
    expect(begun.prevHead?.seq).toBe(carried.at(-1)?.seq);
    const envelopes = await envelopesIn(ledger);
    const quarantined = quarantinedSchema.parse(envelopes[carried.length + 1]?.body);
    // A card that was seen with the last sale tells that it was there.
    if (carried.length <= RECORDS) expect(quarantined.unreadable.at(-1)?.to).toBe(RECORDS + 1);
    if (remains !== undefined) {
      expect((await readFile(dir.file(`${quarantined.name}/ledger.db`))).equals(remains)).toBe(true);
    }
  });

  it("a file cut off between the pages of one record, whose log knows how long it was", async () => {
    await using dir = await tempDir();
    await fillLedger(dir.path, RECORDS);
    await fillAndCrash(dir.path, RECORDS + 10, 5);
    const { size } = await stat(dir.file("ledger.db"));
    for (let cut = 1; cut <= 24; cut += 1) {
      await using copy = await tempDir();
      await cp(dir.path, copy.path, { recursive: true });
      await truncate(copy.file("ledger.db"), size - cut * 2 * PAGE + 300);
      await using ledger = await ledgerIn(copy.path);
      expect(await ledger.append(sale(1))).toBe(ledger.durable);
      expect(await begunIn(ledger)).toMatchObject({ because: "salvaged" });
    }
  });

  it("an empty database whose log is full: SQLite would remove the log", async () => {
    await using dir = await tempDir();
    await fillAndCrash(dir.path, RECORDS);
    const written = recordsIn(dir.path);
    await truncate(dir.file("ledger.db"), 0);
    await using ledger = await ledgerIn(dir.path);
    expect(await carriedIn(ledger)).toEqual(written);
  });

  it("boot ids that are gone from their table stand in its index too", async () => {
    await using dir = await tempDir();
    await fillLedger(dir.path, RECORDS);
    const db = new Database(dir.file("ledger.db"), { readonly: true });
    const root = db.prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'boot'").pluck().get() ?? 0;
    db.close();
    await overwrite(dir.file("ledger.db"), (root - 1) * PAGE, Buffer.alloc(PAGE));
    await using ledger = await ledgerIn(dir.path);
    expect(await carriedIn(ledger)).toHaveLength(RECORDS);
  });

  it("what retention has freed does not come back from the pages that held it", async () => {
    await using dir = await tempDir();
    await fillLedger(dir.path, RECORDS);
    {
      await using ledger = await ledgerIn(dir.path);
      await ledger.confirm(seq(200));
    }
    changed(
      dir.path,
      `UPDATE ledger SET floor_seq = 100, floor_hash = (SELECT hash FROM record WHERE seq = 100);
       DELETE FROM record WHERE seq <= 100`,
    );
    await overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100));
    await using ledger = await ledgerIn(dir.path);
    const carried = await carriedIn(ledger);
    expect(carried.map((envelope) => envelope.seq)).toEqual(Array.from({ length: RECORDS - 100 }, (_, n) => n + 101));
    const last = quarantinedSchema.parse((await envelopesIn(ledger)).at(-1)?.body);
    expect(last.unreadable).toEqual([]);
    expect(last.leftBehind.count).toBe(0);
  });

  it("a record whose envelope is too large to be wrapped is left behind, and counted", async () => {
    await using dir = await tempDir();
    {
      await using ledger = await ledgerIn(dir.path);
      const body = { event: "answered", text: "x".repeat(64_300), transaction: { amount: 5, currency: "CNY" } };
      await ledger.append(sale(1));
      await ledger.append(sale(2, { body }));
      await ledger.append(sale(3));
    }
    await overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100));
    await using ledger = await ledgerIn(dir.path);
    expect((await carriedIn(ledger)).map((envelope) => envelope.seq)).toEqual([1, 3]);
    const last = quarantinedSchema.parse((await envelopesIn(ledger)).at(-1)?.body);
    expect(last.leftBehind).toEqual({ count: 1, sums: [{ currency: "CNY", count: 1, amount: 5 }] });
    expect(last.unreadable).toEqual([]);
  });

  it("twice in a row: what was carried is carried on", async () => {
    await using dir = await tempDir();
    await fillLedger(dir.path, 50);
    const written = recordsIn(dir.path);
    await overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100));
    await (await ledgerIn(dir.path))[Symbol.asyncDispose]();
    await overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100));
    await using ledger = await ledgerIn(dir.path);
    const second = await carriedIn(ledger);
    expect(second.filter(({ kind }) => kind === "carried").map(carriedEnvelope)).toEqual(written);
    expect(await readdir(dir.file("quarantine"))).toHaveLength(2);
  });
});

async function cutOff(dir: TempDir, share: number): Promise<void> {
  const { size } = await stat(dir.file("ledger.db"));
  await truncate(dir.file("ledger.db"), share === 0 ? PAGE : Math.floor(size * share) + 700);
}

it("hands the snapshots of the stream before over, with how far they reach, until there are others", async () => {
  await using dir = await tempDir();
  await fillLedger(dir.path, 50);
  const before = recordsIn(dir.path)[0]?.stream;
  {
    await using ledger = await ledgerIn(dir.path);
    await ledger.saveSnapshot("driver", seq(40), "memory");
  }
  await overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100));
  {
    await using ledger = await ledgerIn(dir.path);
    const snapshot = await ledger.loadSnapshot("driver");
    expect(snapshot).toEqual({ seq: 0, state: "memory", of: { stream: before, seq: 40 } });
    expect(await ledger.loadSnapshot("another")).toBeUndefined();
    await ledger.saveSnapshot("driver", ledger.durable, "more");
  }
  await using again = await ledgerIn(dir.path);
  expect(await again.loadSnapshot("driver")).toEqual({ seq: again.durable, state: "more" });
});

it.each([
  ["nothing was moved", []],
  ["the log was moved", ["ledger.db-wal"]],
  ["the old ledger was moved, and the new one not yet put in its place", ["ledger.db-wal", "ledger.db"]],
])("ends a change that was decided when it was interrupted: %s", async (_what, moved) => {
  await using dir = await tempDir();
  await fillAndCrash(dir.path, RECORDS);
  const written = recordsIn(dir.path);
  const ended = written[0]?.stream;
  if (ended === undefined) throw new Error("nothing was written");
  writeStreamOrder(dir.path, { stream: ended, because: "salvaged", reason: "record 7: hash" });
  const old = await Promise.all(
    ["ledger.db", "ledger.db-wal"].map(async (name) => [name, await readFile(dir.file(name))] as const),
  );
  const first = await ledgerIn(dir.path);
  const { stream } = first;
  await first[Symbol.asyncDispose]();
  // Back to the moment in which the new ledger was complete, and the old one still in its place.
  const folder = dir.file(first.openedAs.begun?.name ?? "");
  for (const name of await readdir(folder)) await rm(join(folder, name));
  await rename(dir.file("ledger.db"), join(folder, "ledger.db.next"));
  for (const [name, content] of old)
    await writeFile(moved.includes(name) ? join(folder, name) : dir.file(name), content);

  await using ledger = await ledgerIn(dir.path);
  expect(ledger.stream).toBe(stream);
  expect(await carriedIn(ledger)).toEqual(written);
  expect((await readdir(folder)).toSorted()).toEqual(["ledger.db", "ledger.db-wal"]);
  for (const [name, content] of old) expect((await readFile(join(folder, name))).equals(content)).toBe(true);
  expect(await readdir(dir.file("quarantine"))).toHaveLength(1);
});

const KILLS = 8;

/**
 * Starts a gateway's ledger in another process and kills it so many milliseconds after the change has begun.
 *
 * @returns whether it was killed before the change was over.
 */
async function killedWhileChanging(dir: TempDir, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "appending-child.ts"), dir.path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let hasOpened = false;
  child.stdout.on("data", () => {
    hasOpened = true;
    child.kill("SIGKILL");
  });
  const ended = once(child, "exit");
  while (!existsSync(dir.file("quarantine")) && child.exitCode === null) await delay(1);
  await delay(afterMs);
  child.kill("SIGKILL");
  await ended;
  return !hasOpened;
}

it(`comes to the same end when the change is killed at any moment (${KILLS} times)`, async () => {
  await using dir = await tempDir();
  await fillLedger(dir.path, 6_000);
  const written = recordsIn(dir.path);
  const names = ["ledger.db", "progress.db", "cards.db", "cards.key"];
  const files = await Promise.all(names.map(async (name) => [name, await readFile(dir.file(name))] as const));
  let interrupted = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await rm(dir.path, { recursive: true });
    await mkdir(dir.path);
    for (const [name, content] of files) await writeFile(dir.file(name), content);
    await overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100));
    if (await killedWhileChanging(dir, (kill / KILLS) * 250)) interrupted += 1;

    await using ledger = await ledgerIn(dir.path);
    expect(await ledger.verify()).toMatchObject({ ok: true });
    expect(await begunIn(ledger)).toMatchObject({ because: "salvaged", prevHead: { seq: 6_000 } });
    // One that was not killed in time has appended already.
    expect((await carriedIn(ledger)).slice(0, written.length)).toEqual(written);
    const folders = await readdir(dir.file("quarantine"));
    expect(folders).toHaveLength(1);
    expect(await readdir(dir.file(`quarantine/${folders[0]}`))).toEqual(["ledger.db"]);
  }
  expect(interrupted).toBeGreaterThan(0);
}, 300_000);
