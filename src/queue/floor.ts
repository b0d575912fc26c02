import type Database from "better-sqlite3";
import { type ChainPoint, seq } from "../domain/record.ts";
import { GENESIS_HASH } from "./envelope-text.ts";
import { LedgerError } from "./ledger-error.ts";
import { pragmaValue } from "./sqlite.ts";

/** The first schema whose ledgers can have a floor. */
const SINCE_SCHEMA = 2;

const GROUND: ChainPoint = { seq: seq(0), hash: GENESIS_HASH };

interface Row {
  readonly floor_seq: number;
  readonly floor_hash: Buffer | null;
}

/** Where the chain stands: the newest record that retention has freed. Everything above it is in the file. */
export class Floor {
  readonly #row: Database.Statement<[], Row> | undefined;

  constructor(db: Database.Database) {
    const version = Number(pragmaValue(db, "user_version"));
    this.#row = version < SINCE_SCHEMA ? undefined : db.prepare("SELECT floor_seq, floor_hash FROM ledger");
  }

  /** Seq 0 and 64 zeros while nothing was freed. */
  read(): ChainPoint {
    const row = this.#row?.get();
    if (row === undefined || row.floor_seq === 0 || row.floor_hash === null) return GROUND;
    return { seq: seq(row.floor_seq), hash: row.floor_hash.toString("hex") };
  }
}

export function freed(at: number, floor: ChainPoint): LedgerError {
  const detail = `record ${at} was confirmed and freed: the ledger begins at ${floor.seq + 1}`;
  return new LedgerError({ code: "record.freed", detail });
}
