import { chown, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bootId } from "../../../src/domain/clock.ts";
import { recordWithin } from "../../../src/domain/carried.ts";
import { seq } from "../../../src/domain/record.ts";
import { drill, lastDrill, noteDrill } from "../../../src/queue/backup/drill.ts";
import { restoreBackup } from "../../../src/queue/backup/restore.ts";
import { openOfflineLedger } from "../../../src/queue/offline.ts";
import { ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { AT, backUp, namesIn, refusal, sell, sellIn } from "./a-store.ts";

const never = new AbortController().signal;
const MOMENT = { at: AT, stamp: { bootId: bootId("test"), monotonicMs: 1, synced: true } };

async function restore(from: string, directory: string, setAside = false): ReturnType<typeof restoreBackup> {
  return restoreBackup({ from, directory, setAside, moment: MOMENT }, never);
}

/** A store with three sales, two of them confirmed and a snapshot, and its backup. */
async function backedUp() {
  const dir = await tempDir("tillgate-restore-");
  await mkdir(dir.file("backups"));
  const store = dir.file("store");
  {
    await using ledger = await ledgerIn(store);
    await sellIn(ledger, 3);
    await ledger.confirm(seq(2));
    await ledger.saveSnapshot("driver", seq(3), "its memory");
  }
  const made = await backUp(store, dir.file("backups"));
  return Object.assign(dir, { store, backup: made.path, stream: made.manifest.stream });
}

const parsed = z.looseObject({ kind: z.string(), body: z.looseObject({}) });

/** Every record of a store, as parsed. */
function recordsIn(directory: string) {
  using ledger = openOfflineLedger(directory);
  return [...ledger.forward()].map(({ envelope }) => parsed.parse(JSON.parse(envelope.toString("utf8"))));
}

describe("restore", () => {
  it("goes on as a new stream that names the old one, with every record carried, and sells", async () => {
    await using dir = await backedUp();
    const target = dir.file("replacement");
    const { change, manifest } = await restore(dir.backup, target);
    expect(change).toMatchObject({ because: "restored", stream: dir.stream });
    expect(change.result.carried.count).toBe(3);
    const [first, ...carried] = recordsIn(target);
    expect(first).toMatchObject({
      kind: "gap",
      body: { event: "streamBegun", because: "restored", prevStream: dir.stream, prevHead: manifest.head },
    });
    expect(carried.map((record) => recordWithin(record))).toEqual(recordsIn(dir.store));
    await using ledger = await ledgerIn(target);
    expect(ledger.stream).toBe(change.begun);
    expect(await ledger.append(sale(4))).toBe(5);
    expect(await ledger.loadSnapshot("driver")).toMatchObject({ state: "its memory" });
    expect((await ledger.verify()).ok).toBe(true);
  });

  it("does so too when somebody just copied the file into place", async () => {
    await using dir = await backedUp();
    await mkdir(dir.file("byhand"));
    await writeFile(join(dir.file("byhand"), "ledger.db"), await readFile(dir.backup));
    await using ledger = await ledgerIn(dir.file("byhand"));
    expect(ledger.stream).not.toBe(dir.stream);
    expect(await ledger.append(sale(4))).toBe(5);
  });

  it("refuses while a gateway runs there, and where there is a ledger: nothing is touched", async () => {
    await using dir = await backedUp();
    {
      await using ledger = await ledgerIn(dir.store);
      expect((await refusal(async () => restore(dir.backup, dir.store, true))).code).toBe("store.locked");
      expect(await ledger.append(sale(4))).toBe(4);
    }
    const before = await namesIn(dir.store);
    const error = await refusal(async () => restore(dir.backup, dir.store));
    expect(error.code).toBe("restore.notEmpty");
    expect(error.remedy).toContain("--set-aside");
    expect(await namesIn(dir.store)).toEqual(before);
  });

  it("sets aside what is there when asked to, whole, and says what of it the backup lacks", async () => {
    await using dir = await backedUp();
    await sell(dir.store, 4);
    const newer = recordsIn(dir.store);
    await writeFile(join(dir.store, "rescue.key"), "the gateway's own");
    const { aside } = await restore(dir.backup, dir.store, true);
    expect(aside).toMatchObject({ ledger: { stream: dir.stream, head: 7 } });
    expect(recordsIn(aside?.directory ?? "")).toEqual(newer);
    // Keys belong to the gateway and not to one ledger's life.
    expect(await readFile(join(dir.store, "rescue.key"), "utf8")).toBe("the gateway's own");
    const again = await restore(dir.backup, dir.store, true);
    expect(again.aside?.directory).not.toBe(aside?.directory);
    expect(recordsIn(aside?.directory ?? "")).toEqual(newer);
  });

  it("takes nothing that is not a whole backup: the store stays as it was", async () => {
    await using dir = await backedUp();
    const before = await namesIn(dir.store);
    new Database(dir.backup).exec("UPDATE record SET body = '{}' WHERE seq = 2").close();
    expect((await refusal(async () => restore(dir.backup, dir.store, true))).code).toBe("backup.notWhole");
    expect(await namesIn(dir.store)).toEqual(before);
    expect((await refusal(async () => restore(join(dir.store, "ledger.db"), dir.file("x")))).code).toBe(
      "backup.notABackup",
    );
    expect(await namesIn(dir.path)).not.toContain("x");
  });

  it("belongs to whom the directory belongs, whoever restored it", async () => {
    await using dir = await backedUp();
    const target = dir.file("replacement");
    await mkdir(target);
    await chown(target, 4321, 4321);
    await restore(dir.backup, target);
    for (const name of await readdir(target, { recursive: true })) {
      expect(await stat(join(target, name)), name).toMatchObject({ uid: 4321, gid: 4321 });
    }
  });
});

describe("a drill", () => {
  it("restores elsewhere, leaves nothing, and notes how it went where health finds it", async () => {
    await using dir = await backedUp();
    const before = await namesIn(dir.store);
    expect(await drill(dir.backup, MOMENT, never)).toBe(3);
    expect(await namesIn(dir.store)).toEqual(before);
    await noteDrill(dir.store, { at: AT, clockSynced: true, ok: true, backup: "b", records: 3 });
    expect(lastDrill(dir.store)).toMatchObject({ at: "2026-11-25T18:15:00.000Z", ok: true, records: 3 });
    await writeFile(join(dir.store, "restore-drill.json"), "torn");
    expect(lastDrill(dir.store)).toBeUndefined();
  });

  it("fails on a backup that is not whole", async () => {
    await using dir = await backedUp();
    new Database(dir.backup).exec("DELETE FROM record WHERE seq = 2").close();
    expect((await refusal(async () => drill(dir.backup, MOMENT, never))).code).toBe("backup.notWhole");
  });
});
