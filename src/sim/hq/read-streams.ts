import type Database from "better-sqlite3";
import type { GatewayAddress } from "../../contract/topics.ts";
import type { RecordKind } from "../../domain/record.ts";
import { type Span, StreamProgress } from "./stream-progress.ts";

/** One ledger's life, and how much of it is stored. */
export interface Stream {
  readonly stream: string;
  readonly address: GatewayAddress;
  /** A gateway writes it: others came here inside of carried records only, or were continued under another name. */
  readonly lives: boolean;
  readonly progress: StreamProgress;
}

interface StreamRow {
  readonly stream: string;
  readonly tenant: string;
  readonly site: string;
  readonly gateway: string;
  readonly lives: number;
}

/**
 * What the database holds of each stream. A record whose `prevHash` is not the hash of the one before does not count as
 * stored: the gateway has lost that one and made another in its place, and a receipt beyond it would free what headquarters
 * has never seen.
 */
export function readStreams(db: Database.Database): readonly Stream[] {
  const streams = db.prepare<[], StreamRow>("SELECT stream, tenant, site, gateway, lives FROM stream").all();
  const stored = db.prepare<[string], Span>(
    `SELECT min(seq) AS "from", max(seq) AS "to"
     FROM (
       SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM record AS this
       WHERE stream = ? AND NOT EXISTS (
         SELECT 1 FROM record AS previous
         WHERE previous.stream = this.stream AND previous.seq = this.seq - 1 AND previous.hash <> this.prev_hash
       )
     ) GROUP BY island`,
  );
  const accounted = db.prepare<[string], Span>(
    `SELECT from_seq AS "from", to_seq AS "to" FROM accounted WHERE stream = ? AND why <> 'leftBehind'`,
  );
  return streams.map(({ stream, lives, ...address }) => ({
    stream,
    address,
    lives: lives === 1,
    progress: new StreamProgress([...stored.all(stream), ...accounted.all(stream)]),
  }));
}

/**
 * Streams in the order in which they were written: each after the one that it continues. Those that nothing links come in
 * the order of their names.
 */
function streamsInOrder(db: Database.Database): readonly string[] {
  const previous = new Map(
    db.prepare<[], [string, string]>("SELECT stream, prev_stream FROM link WHERE prev_stream IS NOT NULL").raw().all(),
  );
  const streams = db.prepare<[], string>("SELECT stream FROM stream ORDER BY stream").pluck().all();
  const generation = (stream: string): number => {
    const seen = new Set<string>();
    for (let at = previous.get(stream); at !== undefined && !seen.has(at); at = previous.get(at)) seen.add(at);
    return seen.size;
  };
  return streams
    .map((stream) => ({ stream, generation: generation(stream) }))
    .sort((a, b) => a.generation - b.generation)
    .map(({ stream }) => stream);
}

export interface StoredEnvelope {
  readonly stream: string;
  readonly seq: number;
  readonly envelope: string;
}

/** All records of one kind in the order in which they were made, those included that came inside of others. */
export function recordsOfKind(db: Database.Database, kind: RecordKind): readonly StoredEnvelope[] {
  const ofStream = db.prepare<[string, string], StoredEnvelope>(
    "SELECT stream, seq, envelope FROM record WHERE stream = ? AND kind = ? ORDER BY seq",
  );
  return streamsInOrder(db).flatMap((stream) => ofStream.all(stream, kind));
}
