import type Database from "better-sqlite3";
import type { GatewayAddress } from "../../contract/topics.ts";
import { StreamProgress } from "./stream-progress.ts";

/** One ledger's life, and how much of it is stored. */
export interface Stream {
  readonly stream: string;
  readonly address: GatewayAddress;
  readonly progress: StreamProgress;
}

/** What the database holds of each stream. */
export function readStreams(db: Database.Database): readonly Stream[] {
  const streams = db
    .prepare<[], { stream: string; tenant: string; site: string; gateway: string }>(
      "SELECT stream, tenant, site, gateway FROM stream",
    )
    .all();
  // The first record whose successor is not there, or nothing where not even the first record is.
  const upTo = db
    .prepare<{ stream: string }, number>(
      `SELECT coalesce(min(seq), 0) FROM record AS r WHERE stream = @stream
         AND EXISTS (SELECT 1 FROM record WHERE stream = @stream AND seq = 1)
         AND NOT EXISTS (SELECT 1 FROM record WHERE stream = @stream AND seq = r.seq + 1)`,
    )
    .pluck();
  const above = db.prepare<[string, number], number>("SELECT seq FROM record WHERE stream = ? AND seq > ?").pluck();
  return streams.map(({ stream, ...address }) => {
    const contiguous = upTo.get({ stream }) ?? 0;
    return { stream, address, progress: new StreamProgress(contiguous, above.all(stream, contiguous)) };
  });
}
