import type Database from "better-sqlite3";
import { z } from "zod";
import { type ChainPoint, seq, type StreamId, streamId } from "../../domain/record.ts";
import { GENESIS_HASH } from "../envelope-text.ts";

/** Where the records of a ledger begin, and what they continue. */
export interface LedgerRow {
  /** The newest record that retention has freed: the chain is checked from here. */
  readonly floor: ChainPoint;
  readonly prevStream: StreamId | undefined;
}

const row = z.object({
  floor_seq: z.int().transform(seq).default(seq(0)),
  floor_hash: z.instanceof(Buffer).nullish(),
  prev_stream: z.string().transform(streamId).nullish(),
});

/** Also of a ledger of the first schema, which has freed nothing and continues nothing. */
export function readLedgerRow(db: Database.Database): LedgerRow {
  const { floor_seq, floor_hash, prev_stream } = row.parse(db.prepare("SELECT * FROM ledger").get());
  return {
    floor: { seq: floor_seq, hash: floor_hash?.toString("hex") ?? GENESIS_HASH },
    prevStream: prev_stream ?? undefined,
  };
}
