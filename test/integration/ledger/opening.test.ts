import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { directoryProblem } from "../../../src/queue/directory.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { HeardLog, ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";

async function refusalOf(open: () => unknown): Promise<LedgerError> {
  try {
    await open();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error("it was opened");
}

describe("a ledger is refused, with a code and a remedy,", () => {
  it("when another one in this process has it, and opens once that is disposed", async () => {
    await using dir = await tempDir();
    {
      await using first = await ledgerIn(dir.path);
      expect(first.durable).toBe(0);
      const error = await refusalOf(async () => ledgerIn(dir.path));
      expect(error.code).toBe("store.locked");
      expect(error.remedy).toMatch(/stop it/i);
    }
    await using again = await ledgerIn(dir.path);
    expect(await again.append(sale(1))).toBe(1);
  });

  it("when another process has it, and opens the moment that one was killed", async () => {
    await using dir = await tempDir();
    const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, "appending-child.ts"), dir.path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (child.stdout === null) throw new Error("the child has no output");
    await once(child.stdout, "data");
    expect((await refusalOf(async () => ledgerIn(dir.path))).code).toBe("store.locked");
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    await using ledger = await ledgerIn(dir.path);
    expect(ledger.lost.aborted).toBe(false);
  });

  it("when a newer version wrote it, and leaves it as it was", async () => {
    await using dir = await tempDir();
    {
      await using ledger = await ledgerIn(dir.path);
      await ledger.append(sale(1));
    }
    const db = new Database(dir.file("ledger.db"));
    db.pragma("user_version = 7");
    db.close();
    const before = await readFile(dir.file("ledger.db"));
    expect((await refusalOf(async () => ledgerIn(dir.path))).code).toBe("store.newerSchema");
    expect((await refusalOf(() => openOfflineLedger(dir.path))).code).toBe("store.newerSchema");
    expect((await readFile(dir.file("ledger.db"))).equals(before)).toBe(true);
  });

  it("when the file is another program's database", async () => {
    await using dir = await tempDir();
    const db = new Database(dir.file("ledger.db"));
    db.exec("CREATE TABLE theirs (x)");
    db.close();
    expect((await refusalOf(async () => ledgerIn(dir.path))).code).toBe("store.notALedger");
    expect((await refusalOf(() => openOfflineLedger(dir.path))).code).toBe("store.notALedger");
  });

  it("when the directory's parent is missing, or when it is a file", async () => {
    await using dir = await tempDir();
    expect((await refusalOf(async () => ledgerIn(dir.file("no/such")))).code).toBe("store.missing");
    await writeFile(dir.file("file"), "");
    expect((await refusalOf(async () => ledgerIn(dir.file("file")))).code).toBe("store.notADirectory");
    expect((await refusalOf(() => openOfflineLedger(dir.path))).code).toBe("store.missing");
  });

  it("when it would live in memory, unless that is what was asked for", async () => {
    const inMemory = await mkdtemp("/dev/shm/tillgate-");
    try {
      const error = await refusalOf(async () => ledgerIn(inMemory, { allowVolatile: false }));
      expect(error.code).toBe("store.volatile");
      expect(error.detail).toContain("tmpfs");
      // Also when the directory itself is yet to be made.
      expect(directoryProblem(join(inMemory, "new"))?.code).toBe("store.volatile");
      await using ledger = await ledgerIn(inMemory);
      expect(await ledger.append(sale(1))).toBe(1);
    } finally {
      await rm(inMemory, { recursive: true });
    }
  });

  it("when this user may not write there", async () => {
    await using dir = await tempDir();
    await mkdir(dir.file("closed"));
    await chmod(dir.file("closed"), 0o555);
    await chmod(dir.path, 0o755);
    // Root may write everywhere: then another user has to try.
    const module = JSON.stringify(join(import.meta.dirname, "../../../src/queue/directory.ts"));
    const script = `const { directoryProblem } = await import(${module});
      console.log(directoryProblem(${JSON.stringify(dir.file("closed"))}, { allowVolatile: true })?.code);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
      ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}),
    });
    child.stdout.setEncoding("utf8");
    const said = (await child.stdout.toArray()).join("");
    expect(said.trim()).toBe("store.notWritable");
  });
});

it("makes the directory for its own user only when just its last part is missing", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.file("store"));
  expect(await ledger.append(sale(1))).toBe(1);
  expect((await stat(dir.file("store"))).mode & 0o027).toBe(0);
});

it("goes on without marks and snapshots when progress.db is garbage, and keeps the garbage", async () => {
  await using dir = await tempDir();
  {
    await using ledger = await ledgerIn(dir.path);
    await ledger.confirm(await ledger.append(sale(1)));
  }
  await writeFile(dir.file("progress.db"), "garbage ".repeat(500));
  const log = new HeardLog();
  await using ledger = await ledgerIn(dir.path, { log });
  expect(ledger.mark()).toBe(0);
  expect(await ledger.append(sale(2))).toBe(2);
  expect(await ledger.confirm(ledger.durable)).toBe("moved");
  expect(log.events.map(({ event }) => event)).toContain("store.setAside");
  expect(await readFile(dir.file("progress.db.aside-1"), "utf8")).toContain("garbage");
});
