import type Database from "better-sqlite3";
import { z } from "zod";
import { type ChainPoint, type Seq, seq, type StreamId, streamId } from "../../domain/record.ts";
import { LedgerError } from "../ledger-error.ts";
import type { NamedSnapshot } from "../offline-progress.ts";
import { isBackup } from "./backup-in-place.ts";

/** What a backup says of itself. Its head's hash covers every record in it. */
export interface BackupManifest {
  readonly stream: StreamId;
  readonly records: number;
  /** The newest record that retention had freed: the chain is checked from here. */
  readonly floor: ChainPoint;
  readonly head: ChainPoint;
  /** Headquarters held everything up to here; read before the records were, so it may stand further back than it did. */
  readonly mark: Seq;
  /** RFC 3339. */
  readonly takenAt: string;
  /** Whether the clock was known to be right then. */
  readonly clockSynced: boolean;
  /** Version of the tillgate that made it. */
  readonly tillgate: string;
}

const FORMAT = 1;

/** Beside the ledger's own tables: their presence is what tells a backup from a ledger. */
const SCHEMA = `
  CREATE TABLE backup (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    format INTEGER NOT NULL,
    stream TEXT NOT NULL,
    records INTEGER NOT NULL,
    floor_seq INTEGER NOT NULL,
    floor_hash TEXT NOT NULL,
    head_seq INTEGER NOT NULL,
    head_hash TEXT NOT NULL,
    mark INTEGER NOT NULL,
    taken_at TEXT NOT NULL,
    clock_synced INTEGER NOT NULL,
    tillgate TEXT NOT NULL
  ) STRICT;
  CREATE TABLE backup_snapshot (name TEXT PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL) STRICT
`;

export function writeManifest(
  db: Database.Database,
  manifest: BackupManifest,
  snapshots: readonly NamedSnapshot[],
): void {
  const { stream, records, floor, head, mark, takenAt, clockSynced, tillgate } = manifest;
  db.transaction(() => {
    db.exec(SCHEMA);
    db.prepare("INSERT INTO backup VALUES (1,?,?,?,?,?,?,?,?,?,?,?)").run(
      FORMAT,
      stream,
      records,
      floor.seq,
      floor.hash,
      head.seq,
      head.hash,
      mark,
      takenAt,
      clockSynced ? 1 : 0,
      tillgate,
    );
    const insert = db.prepare("INSERT INTO backup_snapshot VALUES (?,?,?)");
    for (const { name, seq: at, state } of snapshots) insert.run(name, at, state);
  }).immediate();
}

const row = z.object({
  format: z.int(),
  stream: z.string().transform(streamId),
  records: z.int().min(0),
  floor_seq: z.int().transform(seq),
  floor_hash: z.string(),
  head_seq: z.int().transform(seq),
  head_hash: z.string(),
  mark: z.int().transform(seq),
  taken_at: z.iso.datetime(),
  clock_synced: z.literal([0, 1]),
  tillgate: z.string(),
});

/** @throws LedgerError `backup.notABackup`, `backup.notWhole`. */
export function readManifest(db: Database.Database): BackupManifest {
  if (!isBackup(db)) {
    throw new LedgerError({ code: "backup.notABackup", detail: "it is a ledger, and no backup of one" });
  }
  const found = row.safeParse(db.prepare("SELECT * FROM backup").get());
  if (!found.success) throw new LedgerError({ code: "backup.notWhole", detail: "what it says of itself is damaged" });
  const { format, stream, records, mark, tillgate, ...rest } = found.data;
  if (format > FORMAT) {
    throw new LedgerError({ code: "store.newerSchema", detail: `a backup of format ${format}, made by ${tillgate}` });
  }
  return {
    stream,
    records,
    floor: { seq: rest.floor_seq, hash: rest.floor_hash },
    head: { seq: rest.head_seq, hash: rest.head_hash },
    mark,
    takenAt: rest.taken_at,
    clockSynced: rest.clock_synced === 1,
    tillgate,
  };
}

export function readSnapshots(db: Database.Database): readonly NamedSnapshot[] {
  return db
    .prepare<[], { name: string; seq: number; state: string }>("SELECT name, seq, state FROM backup_snapshot")
    .all()
    .map(({ name, seq: at, state }) => ({ name, seq: seq(at), state }));
}
