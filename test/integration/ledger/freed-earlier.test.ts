import { cp, readFile, truncate } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { ParkedDesk } from "../../../src/uplink/parked-desk.ts";
import { clockWith, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { fillLedger, overwrite, recordsIn } from "../../support/damaged-ledger.ts";
import { carriedEnvelope, quarantinedSchema, streamBegunSchema } from "../../support/ledger-reading.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const RECORDS = 600;
const PAGE = 2048;
const FREEING = {
  clock: clockWith({ synced: true, sleep: async () => new Promise((resolve) => setTimeout(resolve, 20)) }),
  space: { keep: 0, keepDays: 3650 },
};

/** Headquarters confirms up to here, and retention frees it. */
async function free(ledger: Ledger, upTo: number): Promise<void> {
  await ledger.confirm(seq(upTo));
  await waitUntil("it is freed", () => ledger.first === upTo + 1);
}

/** A ledger of one stream that has freed its oldest records. */
async function freedLedger(directory: string, upTo: number): Promise<string> {
  await fillLedger(directory, RECORDS);
  await using ledger = await ledgerIn(directory, FREEING);
  await free(ledger, upTo);
  return ledger.stream;
}

/** The beginning of a stopped ledger's stream. */
function begunIn(directory: string): ReturnType<typeof streamBegunSchema.parse> {
  return streamBegunSchema.parse(recordsIn(directory)[0]?.body);
}

function quarantinedIn(directory: string): ReturnType<typeof quarantinedSchema.parse> {
  return quarantinedSchema.parse(recordsIn(directory).findLast(({ kind }) => kind === "gap")?.body);
}

function changed(directory: string, statements: string): void {
  const db = new Database(join(directory, "ledger.db"));
  db.exec(statements);
  db.close();
}

/** A gateway has this one open, and finds out. */
async function foundDamaged(directory: string): Promise<void> {
  await using ledger = await ledgerIn(directory);
  expect((await ledger.checkIntegrity(0, AbortSignal.timeout(60_000))).state).toBe("damaged");
}

/** Overwrites every page that shows this. */
async function wipePages(directory: string, isIt: (page: Buffer) => boolean): Promise<void> {
  changed(directory, "PRAGMA wal_checkpoint(TRUNCATE)");
  const path = join(directory, "ledger.db");
  const file = await readFile(path);
  for (let at = PAGE; at < file.length; at += PAGE) {
    if (isIt(file.subarray(at, at + PAGE))) await overwrite(path, at, Buffer.alloc(PAGE));
  }
}

it("a new stream says how far the one before it was freed, and a third what of both", async () => {
  await using dir = await tempDir();
  const [one, two, three] = [dir.file("one"), dir.file("two"), dir.file("three")];
  const first = await freedLedger(one, 200);
  await cp(one, two, { recursive: true });
  let second: string;
  {
    await using ledger = await ledgerIn(two, FREEING);
    second = ledger.stream;
    expect(begunIn(two).freed).toEqual([{ stream: first, upTo: 200 }]);
    expect(await ledger.freedEarlier()).toEqual([{ stream: first, upTo: 200 }]);
    // Record 2 carries 201 of the first: record 51, the newest that is freed, carries 250.
    await free(ledger, 51);
    expect(await ledger.freedEarlier()).toEqual([{ stream: first, upTo: 250 }]);
  }
  await cp(two, three, { recursive: true });
  await using ledger = await ledgerIn(three, FREEING);
  const freed = [
    { stream: second, upTo: 51 },
    { stream: first, upTo: 250 },
  ];
  expect(begunIn(three).freed).toEqual(freed);
  // Record 2 carries 52 of the second, which carries 251 of the first.
  await free(ledger, 11);
  expect(await ledger.freedEarlier()).toEqual([
    { stream: second, upTo: 61 },
    { stream: first, upTo: 260 },
  ]);
  // Headquarters comes back empty: what begins the stream is freed by now, and only this names those before.
  const desk = new ParkedDesk({ outbox: ledger, clock: systemClock(), failed: () => undefined });
  const gap = await desk.declareUnavailable(1, 11, AbortSignal.timeout(10_000));
  expect(JSON.parse(Buffer.from((await ledger.page(gap ?? seq(0), 1))[0]?.envelope ?? "").toString())).toMatchObject({
    body: {
      event: "unavailable",
      from: 1,
      to: 11,
      freed: [
        { stream: second, upTo: 61 },
        { stream: first, upTo: 260 },
      ],
    },
  });
  const carriedOf = recordsIn(three).filter(({ kind }) => kind === "carried");
  expect(carriedEnvelope(carriedOf[0] ?? expect.fail("none is carried")).seq).toBe(62);
  // Everything that is carried goes: all of both is told as freed.
  ledger.needsNoMore("uplink.parked");
  await free(ledger, carriedOf.at(-1)?.seq ?? 0);
  expect(await ledger.freedEarlier()).toEqual([
    { stream: second, upTo: 401 },
    { stream: first, upTo: RECORDS },
  ]);
}, 60_000);

it("a stream of which nothing was freed before says nothing of it", async () => {
  await using dir = await tempDir();
  await fillLedger(dir.file("one"), 20);
  await cp(dir.file("one"), dir.file("two"), { recursive: true });
  await using ledger = await ledgerIn(dir.file("two"));
  expect(begunIn(dir.file("two")).freed).toBeUndefined();
  expect(await ledger.freedEarlier()).toEqual([]);
});

it("where the floor cannot be read it is not claimed: what is below the oldest record counts as unreadable", async () => {
  await using dir = await tempDir();
  const stream = await freedLedger(dir.path, 200);
  await wipePages(dir.path, (page) => page.includes(stream) && !page.includes('"event"'));
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  expect(begunIn(dir.path)).toMatchObject({ prevStream: stream, prevHead: { seq: RECORDS } });
  expect(begunIn(dir.path).freed).toBeUndefined();
  const { unreadable, leftBehindAt } = quarantinedIn(dir.path);
  // Pages that were freed may still show some; and nobody can prove the oldest that was not.
  const named = [...unreadable, ...(leftBehindAt ?? [])];
  const carried = recordsIn(dir.path)
    .filter(({ kind }) => kind === "carried")
    .map(carriedEnvelope);
  const held = new Set(carried.map((envelope) => envelope.seq));
  for (let at = 1; at <= RECORDS; at += 1) {
    if (!held.has(seq(at)))
      expect(
        named.some(({ from, to }) => from <= at && at <= to),
        `record ${at}`,
      ).toBe(true);
  }
});

it("a floor that damage has moved up is not believed: what it would hide is carried", async () => {
  await using dir = await tempDir();
  await fillLedger(dir.path, RECORDS);
  const written = recordsIn(dir.path);
  changed(dir.path, `UPDATE ledger SET floor_seq = 300, floor_hash = zeroblob(32)`);
  await overwrite(dir.file("ledger.db"), 0, Buffer.alloc(100));
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  expect(begunIn(dir.path).freed).toBeUndefined();
  expect(
    recordsIn(dir.path)
      .filter(({ kind }) => kind === "carried")
      .map(carriedEnvelope),
  ).toEqual(written);
});

it("where the record above the floor cannot be read, headquarters' word stands for it", async () => {
  await using dir = await tempDir();
  const stream = await freedLedger(dir.path, 210);
  const oldest = recordsIn(dir.path)[0];
  // All that could show what was freed, too: else it would be carried once more.
  changed(dir.path, "VACUUM");
  await wipePages(dir.path, (page) => page.includes(`"n":${(oldest?.seq ?? 0) - 1},`));
  await using ledger = await ledgerIn(dir.path);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  expect(begunIn(dir.path).freed).toEqual([{ stream, upTo: 210 }]);
  expect(quarantinedIn(dir.path).unreadable[0]?.from).toBe(211);
});

it("damage in records that carry others names what was in them", async () => {
  await using dir = await tempDir();
  const [one, two] = [dir.file("one"), dir.file("two")];
  await fillLedger(one, RECORDS);
  const [{ stream: first } = { stream: "" }] = recordsIn(one);
  await cp(one, two, { recursive: true });
  {
    await using ledger = await ledgerIn(two);
    expect(ledger.openedAs.begun?.because).toBe("copied");
  }
  // 100 of the ledger, in its own words: it carries 99.
  changed(two, "UPDATE record SET body = '{}' WHERE seq = 100");
  await foundDamaged(two);
  await using ledger = await ledgerIn(two);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  const { leftBehindAt, earlier } = quarantinedIn(two);
  expect(leftBehindAt).toEqual([{ from: 100, to: 100 }]);
  expect(earlier).toEqual([{ stream: first, notCarried: [{ from: 99, to: 99 }] }]);
});

it("the streams before are still known when the ledger's own row is lost, and its file with it", async () => {
  await using dir = await tempDir();
  const [one, two] = [dir.file("one"), dir.file("two")];
  const first = await freedLedger(one, 200);
  await cp(one, two, { recursive: true });
  let second: string;
  {
    await using ledger = await ledgerIn(two, FREEING);
    second = ledger.stream;
    await ledger.append(sale(1));
    await free(ledger, ledger.durable - 1);
  }
  await truncate(join(two, "ledger.db"), 1_000);
  await using ledger = await ledgerIn(two);
  expect(ledger.openedAs.begun?.because).toBe("salvaged");
  expect(begunIn(two)).toMatchObject({ prevStream: second, freed: [{ stream: first, upTo: 200 }] });
  const { unreadable, earlier, endUnknown, lastKnown } = quarantinedIn(two);
  expect({ unreadable, endUnknown, lastKnown }).toEqual({
    unreadable: [{ from: 1, to: 401 }],
    endUnknown: true,
    lastKnown: 401,
  });
  expect(earlier).toEqual([{ stream: first, notCarried: [{ from: 201, to: RECORDS }] }]);
});
