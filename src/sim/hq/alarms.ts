import type Database from "better-sqlite3";

/**
 * What somebody must look into. `fork`: two records claim one key. `historyRewritten`: a record, or a chain head, is not
 * what was said before about its position. `lostAtShop`: a gateway began a new stream and knows less of the old one than
 * headquarters has, or was told to exist.
 */
export type AlarmKind = "fork" | "historyRewritten" | "lostAtShop";

export interface Alarm {
  readonly stream: string;
  readonly seq: number;
  readonly what: AlarmKind;
  readonly detail: string;
}

/** Keeps each alarm once; it never goes away by itself. */
export class Alarms {
  readonly #insert: Database.Statement<[string, number, string, string]>;
  #raised: Alarm[] = [];

  constructor(db: Database.Database) {
    this.#insert = db.prepare("INSERT OR IGNORE INTO alarm (stream, seq, what, detail) VALUES (?,?,?,?)");
  }

  raise(alarm: Alarm): void {
    const { stream, seq, what, detail } = alarm;
    if (this.#insert.run(stream, seq, what, detail).changes > 0) this.#raised.push(alarm);
  }

  /** The new ones since the last time. */
  take(): readonly Alarm[] {
    const raised = this.#raised;
    this.#raised = [];
    return raised;
  }
}
