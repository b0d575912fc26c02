import { join } from "node:path";
import Database from "better-sqlite3";
import { isStreamId } from "../../domain/record.ts";
import { EARLIER_COPY, type EarlierStream, earlierStreamsIn } from "../earlier-streams.ts";
import { BUSY_TIMEOUT_MS } from "../sqlite.ts";

/** What the files beside the ledger know of a stream. */
export interface StreamEvidence {
  readonly stream: string;
  /** HQ had confirmed everything up to here. */
  readonly mark: number;
  /** The highest position that anything speaks of. */
  readonly newest: number;
  /** Streams before it, as a copy of the ledger's own row says. */
  readonly earlier: readonly EarlierStream[];
}

/** Streams that other files of the directory name, the one that was open last first. What cannot be read says nothing. */
export function streamEvidence(directory: string): readonly StreamEvidence[] {
  const cards = read(join(directory, "cards.db"), (db) => ({
    stream: db.prepare<[], string>("SELECT stream FROM owner").pluck().get(),
    newest: db.prepare<[], number>("SELECT max(seq) FROM card").pluck().get() ?? 0,
  }));
  const marks = new Map(read(join(directory, "progress.db"), (db) => pairs(db, "SELECT stream, up_to FROM mark")));
  const snapshots = new Map(
    read(join(directory, "progress.db"), (db) => pairs(db, "SELECT stream, max(seq) FROM snapshot GROUP BY stream")),
  );
  const copies = new Map(
    read(join(directory, "progress.db"), (db) =>
      pairs<string>(db, `SELECT stream, state FROM snapshot WHERE name = '${EARLIER_COPY}'`),
    ),
  );
  const streams = new Set([cards?.stream, ...marks.keys(), ...snapshots.keys()]);
  streams.delete(undefined);
  return [...streams].flatMap((stream) => {
    if (stream === undefined || !isStreamId(stream)) return [];
    const mark = marks.get(stream) ?? 0;
    const card = cards?.stream === stream ? cards.newest : 0;
    const newest = Math.max(mark, card, snapshots.get(stream) ?? 0);
    return [{ stream, mark, newest, earlier: earlierStreamsIn(copies.get(stream)) }];
  });
}

/** HQ has confirmed everything of this stream up to here, as far as can be read; else 0. */
export function markOf(directory: string, stream: string): number {
  const mark = read(join(directory, "progress.db"), (db) =>
    db.prepare<[string], number>("SELECT up_to FROM mark WHERE stream = ?").pluck().get(stream),
  );
  return mark ?? 0;
}

function pairs<Value = number>(db: Database.Database, query: string): [string, Value][] {
  return db.prepare<[], [string, Value]>(query).raw().all();
}

function read<T>(path: string, look: (db: Database.Database) => T): T | undefined {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    return look(db);
  } catch {
    return undefined;
  } finally {
    db?.close();
  }
}
