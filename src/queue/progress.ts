import { join } from "node:path";
import { type Seq, seq, type StreamId } from "../domain/record.ts";
import type { Notice, Snapshot } from "./messages.ts";
import { SideStore } from "./side-store.ts";

export const PROGRESS_FILE = "progress.db";

const SCHEMA = `
  CREATE TABLE mark (stream TEXT PRIMARY KEY, up_to INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshot (
    stream TEXT NOT NULL, name TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (stream, name)
  ) STRICT
`;

/**
 * How far consumers have come (`progress.db`): the delivery mark and the reducers' snapshots.
 * Apart from the ledger and without fsync, because both can be made again: what is delivered twice counts once,
 * and a reducer without snapshot replays. Rows of another stream are as good as absent.
 */
export class Progress {
  readonly #store: SideStore;
  readonly #stream: StreamId;
  readonly #prevStream: StreamId | undefined;

  /** @param streams  `prevStream` is the one that this stream continues: its snapshots serve until there are others. */
  constructor(
    directory: string,
    { stream, prevStream }: { readonly stream: StreamId; readonly prevStream?: StreamId | undefined },
    notify: (notice: Notice) => void,
  ) {
    this.#stream = stream;
    this.#prevStream = prevStream;
    this.#store = new SideStore({ path: join(directory, PROGRESS_FILE), schema: SCHEMA, version: 1 }, notify);
  }

  /** Zero when nothing was confirmed. */
  mark(): Seq {
    const found = this.#store.run((db) =>
      db.prepare<[string], number>("SELECT up_to FROM mark WHERE stream = ?").pluck().get(this.#stream),
    );
    return seq(found ?? 0);
  }

  /** Never moves back: that is `regress`. */
  confirm(upTo: Seq): void {
    this.#store.run((db) =>
      db
        .prepare(
          `INSERT INTO mark (stream, up_to) VALUES (?, ?)
           ON CONFLICT (stream) DO UPDATE SET up_to = max(up_to, excluded.up_to)`,
        )
        .run(this.#stream, upTo),
    );
  }

  /** Headquarters has lost what it had confirmed: everything above `upTo` counts as unconfirmed again. */
  regress(upTo: Seq): void {
    this.#store.run((db) =>
      db.prepare("UPDATE mark SET up_to = min(up_to, ?) WHERE stream = ?").run(upTo, this.#stream),
    );
  }

  saveSnapshot(name: string, at: Seq, state: string): void {
    this.#store.run((db) =>
      db.prepare("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?, ?)").run(this.#stream, name, at, state),
    );
  }

  loadSnapshot(name: string): Snapshot | undefined {
    const own = this.#snapshotOf(this.#stream, name);
    if (own !== undefined || this.#prevStream === undefined) return own;
    const before = this.#snapshotOf(this.#prevStream, name);
    if (before === undefined) return undefined;
    return { seq: seq(0), state: before.state, of: { stream: this.#prevStream, seq: before.seq } };
  }

  #snapshotOf(stream: StreamId, name: string): Snapshot | undefined {
    const row = this.#store.run((db) =>
      db
        .prepare<[string, string], { seq: number; state: string }>(
          "SELECT seq, state FROM snapshot WHERE stream = ? AND name = ?",
        )
        .get(stream, name),
    );
    return row === undefined ? undefined : { seq: seq(row.seq), state: row.state };
  }

  /** How far the consumer's snapshot reaches; 0 when it has none. */
  snapshotSeq(name: string): Seq {
    const found = this.#store.run((db) =>
      db
        .prepare<[string, string], number>("SELECT seq FROM snapshot WHERE stream = ? AND name = ?")
        .pluck()
        .get(this.#stream, name),
    );
    return seq(found ?? 0);
  }

  /** What was written so far survives a power loss when this returns. */
  settle(): void {
    this.#store.run((db) => db.pragma("wal_checkpoint(FULL)"));
  }

  /** Closes the file until it is needed again. */
  letGo(): void {
    this.#store.letGo();
  }

  close(): void {
    this.#store.close();
  }
}
