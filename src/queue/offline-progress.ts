import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { type Seq, seq, type StreamId } from "../domain/record.ts";
import type { Snapshot } from "./messages.ts";
import { BUSY_TIMEOUT_MS, failureOf } from "./sqlite.ts";

/** A reducer's state. */
export interface NamedSnapshot extends Snapshot {
  readonly name: string;
}

/** How far consumers of a ledger had come, read by another process. */
export interface OfflineProgress {
  /** Headquarters holds everything up to here. */
  readonly mark: Seq;
  readonly snapshots: readonly NamedSnapshot[];
}

const NONE: OfflineProgress = { mark: seq(0), snapshots: [] };

/**
 * Reads `progress.db` of a running or stopped gateway. What is absent or damaged is as good as no progress: records are
 * then sent once more, and count once.
 */
export function readOfflineProgress(directory: string, stream: StreamId): OfflineProgress {
  const path = join(directory, "progress.db");
  if (!existsSync(path)) return NONE;
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    try {
      return db.transaction(() => progressOf(db, stream))();
    } finally {
      db.close();
    }
  } catch (error) {
    const { code } = failureOf(error);
    if (code === "store.damaged" || code === "store.failed") return NONE;
    throw error;
  }
}

function progressOf(db: Database.Database, stream: StreamId): OfflineProgress {
  const mark = db.prepare<[string], number>("SELECT up_to FROM mark WHERE stream = ?").pluck().get(stream);
  const snapshots = db
    .prepare<[string], { name: string; seq: number; state: string }>(
      "SELECT name, seq, state FROM snapshot WHERE stream = ?",
    )
    .all(stream);
  return {
    mark: seq(mark ?? 0),
    snapshots: snapshots.map(({ name, seq: at, state }) => ({ name, seq: seq(at), state })),
  };
}
