import { execFile } from "node:child_process";
import { statfsSync, writeFileSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import { backupInThread } from "../../../src/queue/backup/backup-in-thread.ts";
import { pacedCopy } from "../../../src/queue/backup/paced-copy.ts";
import { verifyBackup } from "../../../src/queue/backup/verify-backup.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { aJob, backUp, namesIn, refusal, sell, sellIn } from "./a-store.ts";

const run = promisify(execFile);
const never = new AbortController().signal;

/** A directory for a store and one for its backups. */
async function places(): Promise<TempDir & { readonly store: string; readonly backups: string }> {
  const dir = await tempDir("tillgate-backup-");
  await mkdir(dir.file("backups"));
  return Object.assign(dir, { store: dir.file("store"), backups: dir.file("backups") });
}

/** A file system of its own, of so many MiB. */
async function smallDisk(path: string, mebibytes: number): Promise<AsyncDisposable & { readonly path: string }> {
  await mkdir(path);
  await run("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tillgate-backup-test", path]);
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await run("umount", [path]);
    },
  };
}

describe("a backup", () => {
  it("is one file for its owner, named by stream, newest record and time, and says what it holds", async () => {
    await using dir = await places();
    await sell(dir.store, 3);
    const { path, manifest, bytes } = await backUp(dir.store, dir.backups);
    expect(await namesIn(dir.backups)).toEqual([
      `tillgate-${manifest.stream.slice(0, 8)}-000000000003-20261125T181500Z.backup`,
    ]);
    expect(path).toBe(join(dir.backups, (await namesIn(dir.backups))[0] ?? ""));
    expect(await stat(path)).toMatchObject({ size: bytes });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(manifest).toMatchObject({ records: 3, mark: 0, head: { seq: 3 }, floor: { seq: 0 }, clockSynced: true });
    expect(await verifyBackup(path, never)).toEqual(manifest);
  });

  it("bears no date when the clock was not known to be right", async () => {
    await using dir = await places();
    await sell(dir.store, 1);
    const { path } = await backUp(dir.store, dir.backups, { clockSynced: false });
    expect(path).toMatch(/-000000000001-undated\.backup$/);
  });

  it("is taken from a running gateway that goes on selling: it ends, and holds what was acknowledged before", async () => {
    await using dir = await places();
    await using ledger = await ledgerIn(dir.store);
    await sellIn(ledger, 600, 6_000);
    await ledger.confirm(seq(200));
    await ledger.saveSnapshot("driver", seq(150), "its memory");
    const over = new AbortController();
    const selling = (async () => {
      while (!over.signal.aborted) await ledger.append(sale(1));
    })();
    const before = ledger.durable;
    const { path, manifest } = await backupInThread(aJob(dir.store, dir.backups), systemClock(), never).finally(() => {
      over.abort();
    });
    await selling;
    // It was sold while it ran, and still it saw one state.
    expect(ledger.durable).toBeGreaterThan(manifest.head.seq);
    expect(manifest.head.seq).toBeGreaterThanOrEqual(before);
    expect(manifest).toMatchObject({ records: manifest.head.seq, mark: 200 });
    const db = new Database(path, { readonly: true });
    expect(db.prepare("SELECT name, seq, state FROM backup_snapshot").all()).toEqual([
      { name: "driver", seq: 150, state: "its memory" },
    ]);
    db.close();
  });

  it("is never copied without one read transaction: each append would make it begin again", async () => {
    await using dir = await places();
    await sell(dir.store, 1);
    const db = new Database(join(dir.store, "ledger.db"), { readonly: true });
    await expect(pacedCopy(db, join(dir.backups, "copy"), never)).rejects.toThrow("read transaction");
    db.close();
  });

  it("holds neither card tokens nor a key", async () => {
    await using dir = await places();
    let token = "";
    {
      await using ledger = await ledgerIn(dir.store);
      const cardToken = ledger.tokenise("6212340000000001");
      token = cardToken;
      await ledger.append(sale(1, { cardToken }));
    }
    const { path } = await backUp(dir.store, dir.backups);
    const bytes = await readFile(path);
    const [, key = ""] = /"key":"([^"]+)"/.exec(await readFile(join(dir.store, "cards.key"), "utf8")) ?? [];
    expect(key).toHaveLength(44);
    expect(bytes.includes(token)).toBe(false);
    expect(bytes.includes(key)).toBe(false);
    expect(bytes.includes(Buffer.from(key, "base64"))).toBe(false);
  });

  it("of an empty ledger is one too", async () => {
    await using dir = await places();
    await sell(dir.store, 0);
    const { path, manifest } = await backUp(dir.store, dir.backups);
    expect(manifest).toMatchObject({ records: 0, head: { seq: 0, hash: "0".repeat(64) } });
    expect(await verifyBackup(path, never)).toEqual(manifest);
  });

  it("leaves only as many as are to be kept, the newest, and touches nothing else", async () => {
    await using dir = await places();
    await using other = await places();
    await sell(other.store, 1);
    const foreign = await backUp(other.store, dir.backups);
    await writeFile(join(dir.backups, "notes.txt"), "mine");
    for (let n = 0; n < 3; n += 1) {
      await sell(dir.store, 1);
      await backUp(dir.store, dir.backups);
    }
    await sell(dir.store, 1);
    const { removed, manifest } = await backUp(dir.store, dir.backups, { keep: 2 });
    const ours = (await namesIn(dir.backups)).filter((name) => name.includes(manifest.stream.slice(0, 8)));
    expect(ours.map((name) => Number(name.split("-")[2]))).toEqual([3, 4]);
    expect(removed).toHaveLength(2);
    expect(await namesIn(dir.backups)).toEqual(expect.arrayContaining(["notes.txt"]));
    expect((await stat(foreign.path)).isFile()).toBe(true);
  });

  it("removes what a killed one left behind, and lets one be that another process is making", async () => {
    await using dir = await places();
    await sell(dir.store, 1);
    const { manifest } = await backUp(dir.store, dir.backups);
    const part = (pid: number): string => `tillgate-${manifest.stream.slice(0, 8)}-${pid}.part`;
    // Beyond the largest number that Linux gives a process (proc_sys_kernel(5), pid_max).
    const dead = 2 ** 22 + 1;
    await writeFile(join(dir.backups, part(dead)), "half");
    await writeFile(join(dir.backups, part(process.ppid)), "half");
    await backUp(dir.store, dir.backups);
    const names = await namesIn(dir.backups);
    expect(names).not.toContain(part(dead));
    expect(names).toContain(part(process.ppid));
  });
});

describe("a backup is refused, with a code and a remedy, and nothing of it is left,", () => {
  it("when its directory is not there: it is not made, because a disk may be absent", async () => {
    await using dir = await places();
    await sell(dir.store, 1);
    const error = await refusal(async () => backUp(dir.store, dir.file("absent")));
    expect(error.code).toBe("backup.noDirectory");
    expect(error.remedy).toContain("Mount");
    expect(await namesIn(dir.path)).toEqual(["backups", "store"]);
  });

  it("when there is no ledger", async () => {
    await using dir = await places();
    expect((await refusal(async () => backUp(dir.path, dir.backups))).code).toBe("store.missing");
  });

  it("when the ledger in it is not whole: the first bad record is named", async () => {
    await using dir = await places();
    await sell(dir.store, 5);
    const db = new Database(join(dir.store, "ledger.db"));
    db.exec("UPDATE record SET body = '{}' WHERE seq = 4");
    db.close();
    const error = await refusal(async () => backUp(dir.store, dir.backups));
    expect(error).toMatchObject({ code: "backup.notWhole", detail: "record 4 is the first bad one: hash" });
    expect(await namesIn(dir.backups)).toEqual([]);
  });

  it("when there is no room for it, before anything is written", async () => {
    await using dir = await places();
    {
      await using ledger = await ledgerIn(dir.store);
      await sellIn(ledger, 400, 6_000);
    }
    await using small = await smallDisk(dir.file("small"), 2);
    const error = await refusal(async () => backUp(dir.store, small.path));
    expect(error.code).toBe("backup.full");
    expect(error.detail).toContain("MiB free");
    expect(await namesIn(small.path)).toEqual([]);
  });

  it("when the disk fills up meanwhile: earlier backups stay", async () => {
    await using dir = await places();
    await using ledger = await ledgerIn(dir.store);
    await ledger.append(sale(1));
    await using disk = await smallDisk(dir.file("small"), 48);
    const small = disk.path;
    const earlier = await backUp(dir.store, small);
    await sellIn(ledger, 5_000, 6_000);
    const signal = new AbortController().signal;
    let steps = 0;
    // It is looked at between two steps: a seam at which somebody else fills the disk.
    signal.throwIfAborted = () => {
      steps += 1;
      const { bavail, bsize } = statfsSync(small);
      if (steps === 2) writeFileSync(join(small, "filler"), Buffer.alloc((bavail - 256) * bsize));
    };
    const error = await refusal(async () => backUp(dir.store, small, { signal }));
    expect(error.code).toBe("backup.full");
    expect(steps).toBeGreaterThan(2);
    expect((await namesIn(small)).filter((name) => name.startsWith("tillgate-"))).toEqual([
      earlier.path.slice(small.length + 1),
    ]);
    expect(await verifyBackup(earlier.path, never)).toEqual(earlier.manifest);
    // Selling has not noticed.
    expect(await ledger.append(sale(2))).toBeGreaterThan(5_000);
  });

  it("when somebody stops it", async () => {
    await using dir = await places();
    await using ledger = await ledgerIn(dir.store);
    await sellIn(ledger, 600, 6_000);
    const stop = new AbortController();
    const making = backUp(dir.store, dir.backups, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error("enough")), 15);
    await expect(making).rejects.toThrow("enough");
    expect(await namesIn(dir.backups)).toEqual([]);
    const stopThread = new AbortController();
    const inThread = backupInThread(aJob(dir.store, dir.backups), systemClock(), stopThread.signal);
    await waitUntil("it is copying", async () => (await namesIn(dir.backups)).length > 0, { everyMs: 1 });
    stopThread.abort(new Error("enough"));
    await expect(inThread).rejects.toThrow("enough");
    expect(await namesIn(dir.backups)).toEqual([]);
  });
});

async function codeOf(path: string): Promise<string> {
  return (await refusal(async () => verifyBackup(path, never))).code;
}

describe("a file is not taken for a backup", () => {
  it("when it is another program's, a ledger, or no database", async () => {
    await using dir = await places();
    await sell(dir.store, 1);
    await writeFile(dir.file("text"), "a text of at least one hundred characters, which is no database ".repeat(20));
    new Database(dir.file("theirs")).exec("CREATE TABLE theirs (x)").close();
    expect(await codeOf(join(dir.store, "ledger.db"))).toBe("backup.notABackup");
    expect(await codeOf(dir.file("theirs"))).toBe("backup.notABackup");
    expect(await codeOf(dir.file("text"))).toBe("backup.notWhole");
    expect(await codeOf(dir.file("absent"))).toBe("store.notWritable");
  });

  it("when a record in it was changed, taken away, or added, or a page was overwritten", async () => {
    await using dir = await places();
    await sell(dir.store, 40);
    const { path } = await backUp(dir.store, dir.backups);
    const whole = await readFile(path);
    const spoiled = async (sql: string): Promise<string> => {
      await writeFile(dir.file("spoiled"), whole);
      new Database(dir.file("spoiled")).exec(sql).close();
      return (await refusal(async () => verifyBackup(dir.file("spoiled"), never))).detail;
    };
    expect(await spoiled("UPDATE record SET at = at + 1 WHERE seq = 7")).toContain("record 7");
    expect(await spoiled("DELETE FROM record WHERE seq = 9")).toContain("record 9");
    expect(await spoiled("DELETE FROM record WHERE seq = 40")).toContain("record 40");
    expect(
      await spoiled(
        "INSERT INTO record SELECT 41, at, kind, lane, terminal, boot, mono, synced, body, hash FROM record WHERE seq = 1",
      ),
    ).toContain("41 records");
    expect(await spoiled("UPDATE ledger SET stream = '00000000-0000-4000-8000-000000000000'")).toContain("stream");
    const torn = Buffer.from(whole);
    torn.fill(0xff, 2 * 2048, 9 * 2048);
    await writeFile(dir.file("spoiled"), torn);
    expect((await refusal(async () => verifyBackup(dir.file("spoiled"), never))).code).toBe("backup.notWhole");
    await writeFile(dir.file("spoiled"), whole.subarray(0, whole.length / 2));
    expect((await refusal(async () => verifyBackup(dir.file("spoiled"), never))).code).toBe("backup.notWhole");
  });
});
