// Power loss, tried on paper: a run is traced system call by system call, and every state in which a power loss could
// have left its files is put together and opened.
//
// What a power loss may do here: take any number of the last writes, truncations, creations and removals that no fsync
// has covered, in each file for itself, and in the directory's names for itself. Every such state is tried, at every
// fsync; only in the long run, which is there for the checkpoints, some numbers of lost writes are left out.
//
// What this does not cover: a write that reached the disk in part (torn sectors), later writes of one file that reached
// it before earlier ones, disks that confirm an fsync and lie, and what a file system does beyond POSIX. For these one
// would cut the power under a block device; this kernel has no device-mapper to do so.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mutant, type Mutation } from "../../support/mutant.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { type Replay, replay } from "./power-loss/replay.ts";
import { type Traced, traceTo } from "./power-loss/strace.ts";
import type { WriterOptions } from "./writer-words.ts";

const WRITER = join(import.meta.dirname, "writer.ts");
/** Images are files like any others: in memory thousands of them are opened in a minute. */
const MEMORY = "/dev/shm";

async function traced(
  writer: string,
  options: Omit<WriterOptions, "directory">,
  step = 1,
): Promise<Traced & { readonly replay: Replay }> {
  await using dir = await tempDir();
  await using scratch = await tempDir(`${MEMORY}/tillgate-`);
  const store = dir.file("store");
  const trace = dir.file("trace");
  const run = await traceTo(trace, [process.execPath, writer, JSON.stringify({ ...options, directory: store })]);
  return { ...run, replay: await replay(trace, store, scratch.path, step) };
}

describe("a power loss at any moment leaves every acknowledged record, in a whole chain", () => {
  it.each([
    ["one sale after the other", { tills: 1, each: 150, textBytes: 600 }, 1],
    ["eight tills at once", { tills: 8, each: 40, textBytes: 600 }, 1],
    ["a thousand sales, while the WAL is copied back and begun anew", { tills: 8, each: 125, textBytes: 9_000 }, 25],
  ])("%s", { timeout: 300_000 }, async (_what, options, step) => {
    const { code, said, replay: found } = await traced(WRITER, options, step);
    expect(found.faults, said).toEqual([]);
    expect(code, said).toBe(0);
    expect(found.acknowledged).toBe(options.tills * options.each);
    expect(found.images).toBeGreaterThan(found.flushes * 2);
    expect(found.checkpoints, "of which the last is the clean end's").toBeGreaterThan(step > 1 ? 1 : 0);
  });
});

/** What better-sqlite3 does unless it is told otherwise. */
const NOT_FULL: Mutation = {
  file: "src/queue/schema.ts",
  from: 'db.pragma(`synchronous = ${journal.mode === "wal" ? "FULL" : "EXTRA"}`);',
  to: "",
};
const UNNOTICED: Mutation = {
  file: "src/queue/record-log.ts",
  from: "if (synchronous !== DURABLE.get(journalMode)) {",
  to: "if (!DURABLE.has(journalMode)) {",
};

describe("without the explicit `synchronous = FULL`", () => {
  const options = { tills: 2, each: 20 };
  const files = ["writer.ts", "writer-words.ts"].map((name) => `test/integration/promise/${name}`);

  it("the ledger notices after its first write, and acknowledges nothing", async () => {
    await using copy = await mutant([NOT_FULL], files);
    const { said, replay: found } = await traced(copy.path(files[0] ?? ""), options);
    expect(said).toContain("store.notDurable");
    expect(found).toMatchObject({ acknowledged: 0, faults: [] });
  });

  it("a power loss would take acknowledged records, were it not noticed", async () => {
    await using copy = await mutant([NOT_FULL, UNNOTICED], files);
    const { replay: found } = await traced(copy.path(files[0] ?? ""), options);
    expect(found.acknowledged).toBeGreaterThan(0);
    expect(found.faults[0]).toMatch(/record 1 is lost|the ledger is empty/);
  });
});
