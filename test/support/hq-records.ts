import Database from "better-sqlite3";
import { envelopeSchema } from "../../src/contract/envelope.ts";
import type { Envelope, RecordKind } from "../../src/domain/record.ts";

/** Everything in a headquarters' database, in order of stream and seq. */
export function envelopes(databaseFile: string): readonly Envelope[] {
  const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
  try {
    return db
      .prepare<[], string>("SELECT envelope FROM record ORDER BY stream, seq")
      .pluck()
      .all()
      .map((envelope) => envelopeSchema.parse(JSON.parse(envelope)));
  } finally {
    db.close();
  }
}

/** Bodies of one kind of record in a headquarters' database, in order of stream and seq. */
export function recordBodies(databaseFile: string, kind: RecordKind): readonly Envelope["body"][] {
  const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
  try {
    return db
      .prepare<[string], string>("SELECT envelope FROM record WHERE kind = ? ORDER BY stream, seq")
      .pluck()
      .all(kind)
      .map((envelope) => envelopeSchema.parse(JSON.parse(envelope)).body);
  } finally {
    db.close();
  }
}
