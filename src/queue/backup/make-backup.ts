import { chmodSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Instant } from "../../domain/clock.ts";
import { type ChainPoint, seq } from "../../domain/record.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { Floor } from "../floor.ts";
import { LedgerError } from "../ledger-error.ts";
import { type NamedSnapshot, readOfflineProgress } from "../offline-progress.ts";
import { isOfOldSchema, LEDGER_FILE, openLedgerFileReadonly, readPrevStream, readStream } from "../schema.ts";
import { failureOf, pragmaValue } from "../sqlite.ts";
import { backupName } from "./backup-name.ts";
import { BackupTarget, copyFailure } from "./backup-target.ts";
import { type BackupManifest, writeManifest } from "./manifest.ts";
import { pacedCopy } from "./paced-copy.ts";
import { verifyBackup } from "./verify-backup.ts";

export interface BackupJob {
  /** Of the store. */
  readonly directory: string;
  /** Directory for the backup. It must exist. */
  readonly to: string;
  /** Wall time, and whether it is known to be right. */
  readonly at: Instant;
  readonly clockSynced: boolean;
  /** Of tillgate. */
  readonly version: string;
  /** So many backups of this ledger stay; older ones go once the new one is there. Absent: all stay. */
  readonly keep?: number;
}

export interface BackupMade {
  readonly path: string;
  readonly bytes: number;
  readonly manifest: BackupManifest;
  /** Names of older backups that went. */
  readonly removed: readonly string[];
}

/**
 * Copies the ledger of a running or stopped gateway into one file, verifies it by opening it, and only then gives it its
 * name. Never stands before a sale: one read transaction sees one state of the ledger, and the writer waits for nothing.
 *
 * Not copied: card tokens and keys. Tokens and masked numbers must not come together in one place.
 *
 * @throws LedgerError `backup.noDirectory`, `backup.notWritable`, `backup.full`, `backup.ioError`, `backup.notWhole`, or
 *   what stands against reading the ledger: `store.missing`, `store.damaged`, …; the signal's reason. No part of a copy
 *   is left then, and earlier backups are as they were.
 */
export async function makeBackup(job: BackupJob, signal: AbortSignal): Promise<BackupMade> {
  const target = new BackupTarget(job.to);
  target.check();
  const source = openSource(job.directory);
  try {
    const stream = readStream(source);
    // Before the records are read: the mark then never stands beyond them.
    const { mark, snapshots } = readOfflineProgress(job.directory, stream);
    source.exec("BEGIN");
    const floor = new Floor(source).read();
    const head = headOf(source) ?? floor;
    const manifest: BackupManifest = {
      stream,
      records: head.seq - floor.seq,
      floor,
      head,
      mark,
      takenAt: rfc3339(job.at),
      clockSynced: job.clockSynced,
      tillgate: job.version,
    };
    const part = target.begin(
      stream,
      Number(pragmaValue(source, "page_count")) * Number(pragmaValue(source, "page_size")),
    );
    try {
      await pacedCopy(source, part, signal);
      source.exec("COMMIT");
      finish(part, manifest, snapshots);
      await verifyBackup(part, signal);
      const path = target.finish(part, backupName(stream, head.seq, job.clockSynced ? job.at : undefined));
      const prevStream = isOfOldSchema(source) ? undefined : readPrevStream(source);
      const streams = prevStream === undefined ? [stream] : [stream, prevStream];
      const removed = job.keep === undefined ? [] : target.prune(streams, job.keep);
      return { path, bytes: statSync(path).size, manifest, removed };
    } catch (error) {
      target.giveUp(part);
      throw error;
    }
  } catch (error) {
    if (signal.aborted) throw error;
    throw new LedgerError(copyFailure(error), { cause: error });
  } finally {
    source.close();
  }
}

function openSource(directory: string): Database.Database {
  const path = join(directory, LEDGER_FILE);
  if (!existsSync(path)) throw new LedgerError({ code: "store.missing", detail: `there is no ${path}` });
  try {
    return openLedgerFileReadonly(path);
  } catch (error) {
    throw error instanceof LedgerError ? error : new LedgerError(failureOf(error), { cause: error });
  }
}

function headOf(db: Database.Database): ChainPoint | undefined {
  const row = db
    .prepare<[], { seq: number; hash: Buffer }>("SELECT seq, hash FROM record ORDER BY seq DESC LIMIT 1")
    .get();
  return row === undefined ? undefined : { seq: seq(row.seq), hash: row.hash.toString("hex") };
}

/** Leaves one plain file for its owner alone, which can be read from a medium that nothing can be written to. */
function finish(part: string, manifest: BackupManifest, snapshots: readonly NamedSnapshot[]): void {
  chmodSync(part, 0o600);
  const db = new Database(part, { fileMustExist: true });
  try {
    db.pragma("journal_mode = DELETE");
    db.pragma("synchronous = FULL");
    writeManifest(db, manifest, snapshots);
  } finally {
    db.close();
  }
}
