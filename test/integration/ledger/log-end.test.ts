import { readFile, rm, truncate } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fillAndCrash, fillLedger, flipBit, overwrite, recordsIn } from "../../support/damaged-ledger.ts";
import { carriedEnvelope, envelopesIn, quarantinedSchema } from "../../support/ledger-reading.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";

const FRAME = 24 + 2048;
const RECORDS = 400;
/** Records in one commit: several pages of the log each. */
const TOGETHER = 20;

interface Frame {
  readonly at: number;
  readonly isCommit: boolean;
  readonly salts: string;
}

/** sqlite.org/fileformat2.html, section 4.1. */
async function framesOf(path: string): Promise<readonly Frame[]> {
  const bytes = await readFile(path);
  const frames: Frame[] = [];
  for (let at = 32; at + FRAME <= bytes.length; at += FRAME) {
    frames.push({ at, isCommit: bytes.readUInt32BE(at + 4) !== 0, salts: bytes.toString("hex", at + 8, at + 16) });
  }
  return frames;
}

/** The frames of the log's present life, by transaction: each ends with its commit. */
async function transactionsOf(path: string): Promise<readonly (readonly Frame[])[]> {
  const frames = await framesOf(path);
  const transactions: Frame[][] = [[]];
  for (const frame of frames) {
    if (frame.salts !== frames[0]?.salts) break;
    transactions.at(-1)?.push(frame);
    if (frame.isCommit) transactions.push([]);
  }
  return transactions.filter((one) => one.length > 0);
}

function nth<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  if (item === undefined) throw new RangeError(`there is no item ${index}`);
  return item;
}

interface Crashed {
  readonly log: string;
  readonly stream: string | undefined;
  readonly written: ReturnType<typeof recordsIn>;
}

/** The power is gone, and with it the memory that the log was shared through: it is in no file that was synced. */
async function crashed(dir: TempDir): Promise<Crashed> {
  await fillAndCrash(dir.path, RECORDS, TOGETHER);
  const written = recordsIn(dir.path);
  await rm(dir.file("ledger.db-shm"), { force: true });
  return { log: dir.file("ledger.db-wal"), stream: written[0]?.stream, written };
}

describe("what a kill or a power loss leaves raises no alarm", () => {
  it("the last transaction is cut off in its middle", async () => {
    await using dir = await tempDir();
    const { log, stream } = await crashed(dir);
    const last = nth(await transactionsOf(log), -1);
    expect(last.length).toBeGreaterThan(2);
    await truncate(log, nth(last, 1).at + 700);
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.stream).toBe(stream);
    expect(ledger.durable).toBe(RECORDS - TOGETHER);
  });

  it("of the last transaction the first page never reached the disk, but its commit did", async () => {
    await using dir = await tempDir();
    const { log, stream } = await crashed(dir);
    const [first] = nth(await transactionsOf(log), -1);
    await overwrite(log, first?.at ?? 0, Buffer.alloc(FRAME));
    const heard = new HeardLog();
    await using ledger = await ledgerIn(dir.path, { log: heard });
    expect(heard.events.map(({ event }) => event)).toEqual(["ledger.tornEnd"]);
    expect(ledger.stream).toBe(stream);
    expect(ledger.durable).toBe(RECORDS - TOGETHER);
  });

  it("of its first page only the first sector reached the disk", async () => {
    await using dir = await tempDir();
    const { log, stream } = await crashed(dir);
    const [first] = nth(await transactionsOf(log), -1);
    await overwrite(log, (first?.at ?? 0) + 512, Buffer.alloc(FRAME - 512, 0xa5));
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.stream).toBe(stream);
    expect(ledger.durable).toBe(RECORDS - TOGETHER);
  });

  it("behind the log's end stand whole commits of its life before", async () => {
    await using dir = await tempDir();
    // Large enough to be copied back and begun anew.
    await fillLedger(dir.path, 100);
    await fillAndCrash(dir.path, 9_000, 100);
    const frames = await framesOf(dir.file("ledger.db-wal"));
    const old = frames.filter(({ salts }) => salts !== frames[0]?.salts);
    expect(old.filter(({ isCommit }) => isCommit).length).toBeGreaterThan(2);
    const [first] = recordsIn(dir.path);
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.stream).toBe(first?.stream);
    expect(ledger.durable).toBe(9_000);
  });
});

describe("acknowledged commits behind a damaged place of the log are noticed, which SQLite does not do", () => {
  it.each([
    ["a bit of a page", async (log: string, frame: Frame) => flipBit(log, frame.at + 900, 3)],
    ["a bit of a salt", async (log: string, frame: Frame) => flipBit(log, frame.at + 9, 0)],
    ["a bit of a checksum", async (log: string, frame: Frame) => flipBit(log, frame.at + 17, 5)],
    ["a page number", async (log: string, frame: Frame) => overwrite(log, frame.at, Buffer.alloc(4))],
    ["a stretch of zeros", async (log: string, frame: Frame) => overwrite(log, frame.at - 100, Buffer.alloc(FRAME))],
  ])("%s", async (_what, damage) => {
    await using dir = await tempDir();
    const { log, written } = await crashed(dir);
    const transactions = await transactionsOf(log);
    await damage(log, nth(nth(transactions, Math.floor(transactions.length / 2)), 0));
    const damagedLog = await readFile(log);

    await using ledger = await ledgerIn(dir.path);
    expect(ledger.openedAs.begun?.because).toBe("salvaged");
    const envelopes = await envelopesIn(ledger);
    const carried = envelopes.filter(({ kind }) => kind === "carried").map(carriedEnvelope);
    // The pages behind the damaged one are whole, and most records stand in more than one of them.
    expect(carried.length).toBeGreaterThan(RECORDS - 2 * TOGETHER);
    expect(carried.at(-1)).toEqual(written.at(-1));
    const held = new Set(carried.map((envelope) => envelope.hash));
    const missing = written.filter((envelope) => !held.has(envelope.hash));
    const quarantined = quarantinedSchema.parse(envelopes[carried.length + 1]?.body);
    const named = missing.filter(({ seq }) => quarantined.unreadable.some(({ from, to }) => from <= seq && seq <= to));
    expect(quarantined.leftBehind.count).toBe(missing.length - named.length);
    expect(quarantined.reason).toMatch(/stand behind a damaged place/);
    expect((await readFile(dir.file(`${quarantined.name}/ledger.db-wal`))).equals(damagedLog)).toBe(true);
    expect(await ledger.append(sale(1))).toBe(ledger.durable);
  });

  it("the log's own header", async () => {
    await using dir = await tempDir();
    const { log, written } = await crashed(dir);
    await flipBit(log, 20, 1);
    // SQLite alone would see none of it.
    await using ledger = await ledgerIn(dir.path);
    const carried = (await envelopesIn(ledger)).filter(({ kind }) => kind === "carried").map(carriedEnvelope);
    expect(carried.length).toBeGreaterThan(RECORDS - TOGETHER);
    expect(carried.at(-1)).toEqual(written.at(-1));
  });

  it("its end, when the memory that it was shared through still knows of it", async () => {
    await using dir = await tempDir();
    const { log, written } = await crashed(dir);
    // Whoever looks leaves that memory behind as a killed writer does.
    recordsIn(dir.path);
    const transactions = await transactionsOf(log);
    await truncate(log, nth(nth(transactions, -3), 0).at);
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.openedAs.begun?.because).toBe("salvaged");
    const envelopes = await envelopesIn(ledger);
    const carried = envelopes.filter(({ kind }) => kind === "carried").map(carriedEnvelope);
    expect(carried).toEqual(written.slice(0, RECORDS - 3 * TOGETHER));
    expect(quarantinedSchema.parse(envelopes.at(-1)?.body).endUnknown).toBe(true);
  });
});
