import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { expect, it } from "vitest";
import type { Envelope } from "../../../src/domain/record.ts";
import { seq } from "../../../src/domain/record.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { fillAndCrash, fillLedger, flipBit, overwrite, recordsIn } from "../../support/damaged-ledger.ts";
import { carriedEnvelope, envelopesIn, quarantinedSchema, streamBegunSchema } from "../../support/ledger-reading.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { HeardLog, ledgerIn, sale, TILL } from "../../contract/ledger/a-ledger.ts";

const PAGE = 2048;

interface Salvaged {
  readonly carried: readonly Envelope[];
  /** The records that carry them. */
  readonly carriers: readonly Envelope[];
  readonly begun: ReturnType<typeof streamBegunSchema.parse>;
  readonly quarantined: ReturnType<typeof quarantinedSchema.parse>;
}

/** Reads a ledger that was begun by a salvage; throws where it is not as a salvage must leave it. */
async function salvagedIn(ledger: Ledger): Promise<Salvaged> {
  expect(await ledger.verify()).toEqual({ ok: true, records: ledger.durable });
  const [first, ...rest] = await envelopesIn(ledger);
  const carriers = rest.filter(({ kind }) => kind === "carried");
  const last = rest[carriers.length];
  return {
    begun: streamBegunSchema.parse(first?.body),
    carriers,
    carried: carriers.map(carriedEnvelope),
    quarantined: quarantinedSchema.parse(last?.body),
  };
}

/** Every record that was once written is carried, or counted as left behind, or lies in a stretch that is named unreadable. */
function expectAccounted(written: readonly Envelope[], { carried, begun, quarantined }: Salvaged): void {
  const hashes = new Map(written.map((envelope) => [envelope.seq, envelope.hash]));
  for (const envelope of carried) expect(envelope.hash).toBe(hashes.get(envelope.seq));
  expect(carried.map((envelope) => envelope.seq)).toEqual(
    carried.map((envelope) => envelope.seq).toSorted((a, b) => a - b),
  );
  expect(quarantined.carried).toMatchObject({ count: carried.length });
  expect(new Set(carried.map((envelope) => envelope.seq)).size).toBe(carried.length);
  expect(begun.prevHead?.seq).toBe(carried.at(-1)?.seq);
  const held = new Set(carried.map((envelope) => envelope.seq));
  const missing = written.filter((envelope) => !held.has(envelope.seq));
  const unnamed = missing.filter(
    ({ seq: at }) => !quarantined.unreadable.some(({ from, to }) => from <= at && at <= to),
  );
  const beyond =
    quarantined.endUnknown === true ? unnamed.filter(({ seq: at }) => at > (begun.prevHead?.seq ?? 0)) : [];
  expect(quarantined.leftBehind.count).toBeGreaterThanOrEqual(unnamed.length - beyond.length);
  expect(quarantined.leftBehind.count).toBeLessThanOrEqual(missing.length);
}

async function quarantinedFolders(dir: TempDir): Promise<readonly string[]> {
  return readdir(dir.file("quarantine"));
}

it("sets a damaged ledger aside, carries what it can prove into a new stream, and goes on recording", async () => {
  await using dir = await tempDir();
  await fillLedger(dir.path, 2_000);
  const written = recordsIn(dir.path);
  {
    await using ledger = await ledgerIn(dir.path);
    await ledger.confirm(seq(500));
  }
  const sound = await readFile(dir.file("ledger.db"));
  const at = sound.indexOf('"n":1201,');
  await overwrite(dir.file("ledger.db"), at - (at % PAGE), Buffer.alloc(PAGE));
  const damaged = await readFile(dir.file("ledger.db"));

  const log = new HeardLog();
  await using ledger = await ledgerIn(dir.path, { log });
  expect(await ledger.append(sale(1))).toBe(ledger.durable);
  const salvaged = await salvagedIn(ledger);
  expectAccounted(written, salvaged);
  const { begun, carried, carriers, quarantined } = salvaged;
  expect(carried.length).toBeGreaterThan(1_980);
  expect(begun).toMatchObject({
    because: "salvaged",
    prevStream: written[0]?.stream,
    prevHead: { seq: 2_000, hash: written[1_999]?.hash },
  });
  expect(quarantined.stream).toBe(written[0]?.stream);
  expect(quarantined.endUnknown).toBeUndefined();
  const [hole] = quarantined.unreadable;
  expect(hole?.from).toBeLessThanOrEqual(1_202);
  expect(hole?.to).toBeGreaterThanOrEqual(1_202);
  // The one behind the hole is whole, but nobody can prove it.
  expect(quarantined.leftBehind).toEqual({
    count: 1,
    sums: [{ currency: "CNY", count: 1, amount: 100 + (hole?.to ?? 0) }],
  });
  const amounts = carried.flatMap((envelope) => (envelope.kind === "transaction" ? [99 + envelope.seq] : []));
  expect(quarantined.carried.sums).toEqual([
    { currency: "CNY", count: amounts.length, amount: amounts.reduce((a, b) => a + b, 0) },
  ]);

  // What HQ confirmed must not hold back the terminal's news; what it did not keeps its order among them.
  for (const [index, envelope] of carried.entries()) {
    expect(carriers[index]?.terminal).toBe(envelope.seq > 500 && envelope.kind === "transaction" ? TILL : undefined);
  }
  const [folder] = await quarantinedFolders(dir);
  expect(quarantined.name).toBe(`quarantine/${folder}`);
  expect(folder).toMatch(/^\d{4}-\d{2}-\d{2}T\d{6}Z-1$/);
  expect((await readFile(dir.file(`${quarantined.name}/ledger.db`))).equals(damaged)).toBe(true);
  expect(log.events.find(({ event }) => event === "ledger.streamBegun")?.fields).toMatchObject({
    because: "salvaged",
    carried: carried.length,
    leftBehind: 1,
  });
});

const SEED = Number(process.env["TILLGATE_SEED"] ?? Math.floor(Math.random() * 1_000_000));
/** A hundred and more by hand: `TILLGATE_FLIPS`. */
const FLIPS = Number(process.env["TILLGATE_FLIPS"] ?? 40);
/** Records in the log's last commit. */
const LAST_COMMIT = 20;

it(`accounts for every record after bits have flipped anywhere in database or log (TILLGATE_SEED=${SEED})`, async () => {
  await using origin = await tempDir();
  await fillLedger(origin.path, 4_200);
  await fillAndCrash(origin.path, 5_000, LAST_COMMIT);
  const written = recordsIn(origin.path);
  expect(written).toHaveLength(5_000);
  const files = new Map<string, Buffer>();
  for (const name of ["ledger.db", "ledger.db-wal", "cards.db", "progress.db"]) {
    files.set(name, await readFile(origin.file(name)));
  }
  expect(files.get("ledger.db-wal")?.length).toBeGreaterThan(100_000);
  const random = seededRandom(SEED);
  const outcomes = new Map<string, number>();
  for (let flip = 0; flip < FLIPS; flip += 1) {
    const name = random() < 0.6 ? "ledger.db" : "ledger.db-wal";
    const at = Math.floor(random() * (files.get(name)?.length ?? 0));
    await rm(origin.path, { recursive: true });
    await restoreFiles(origin, files);
    await flipBit(origin.file(name), at, Math.floor(random() * 8));
    const outcome = await outcomeOf(origin, written, `${name} at ${at}`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect(outcomes.get("salvaged")).toBeGreaterThan(FLIPS / 4);
}, 900_000);

async function restoreFiles(dir: TempDir, files: ReadonlyMap<string, Buffer>): Promise<void> {
  await mkdir(dir.path, { recursive: true });
  for (const [name, content] of files) await writeFile(dir.file(name), content);
}

/** Opens, looks at everything, and opens once more if that found damage: what a gateway does over two starts. */
async function outcomeOf(dir: TempDir, written: readonly Envelope[], what: string): Promise<string> {
  try {
    const first = await lookAt(dir, written);
    return first ?? (await lookAt(dir, written)) ?? "found damage twice";
  } catch (error) {
    throw new Error(`after a flipped bit in ${what}`, { cause: error });
  }
}

async function lookAt(dir: TempDir, written: readonly Envelope[]): Promise<string | undefined> {
  await using ledger = await ledgerIn(dir.path);
  if (ledger.stream !== written[0]?.stream) {
    expectAccounted(written, await salvagedIn(ledger));
    expect(await ledger.append(sale(0))).toBe(ledger.durable);
    return "salvaged";
  }
  const { state } = await ledger.checkIntegrity(0, AbortSignal.timeout(60_000));
  if (state === "damaged") return undefined;
  const kept = await envelopesIn(ledger);
  expect(kept.map(({ hash }) => hash)).toEqual(written.slice(0, kept.length).map(({ hash }) => hash));
  // A damaged last transaction cannot be told from one that the power tore before it was acknowledged.
  expect(kept.length).toBeGreaterThanOrEqual(written.length - LAST_COMMIT);
  expect(await ledger.append(sale(0))).toBe(kept.length + 1);
  return kept.length === written.length ? "unharmed" : "torn end";
}
