import { join } from "node:path";
import type { Seq, StreamId } from "../domain/record.ts";
import { CARDS_KEPT_MS, DAY_MS } from "./card-age.ts";
import type { Notice } from "./messages.ts";
import { SideStore } from "./side-store.ts";

export const CARDS_FILE = "cards.db";

/** `at` is in ms since 1970. */
const schemaFor = (stream: StreamId): string => `
  CREATE TABLE owner (stream TEXT NOT NULL) STRICT;
  INSERT INTO owner VALUES ('${stream}');
  CREATE TABLE card (seq INTEGER PRIMARY KEY, token TEXT NOT NULL, at INTEGER NOT NULL) STRICT
`;

/** A token dated further ahead was written under a wrong clock and would outlive its time. */
const AHEAD_MS = DAY_MS;

export interface NewCard {
  readonly seq: number;
  readonly token: string;
  /** ms since 1970. */
  readonly at: number;
}

/**
 * Card tokens by ledger `seq` (`cards.db`), apart from the ledger, so that token and masked number never stand in one file.
 * Its loss costs a few days of velocity counting.
 */
export class CardTokens {
  readonly #store: SideStore;

  /** Forgets tokens of another stream, and of records that are no longer in the ledger. */
  constructor(directory: string, stream: StreamId, head: Seq, notify: (notice: Notice) => void) {
    this.#store = new SideStore(
      { path: join(directory, CARDS_FILE), schema: schemaFor(stream), version: 1, secureDelete: true },
      notify,
    );
    this.#store.run((db) =>
      db
        .transaction(() => {
          const { changes } = db.prepare("UPDATE owner SET stream = ? WHERE stream <> ?").run(stream, stream);
          db.prepare("DELETE FROM card WHERE seq > ?").run(changes === 0 ? head : 0);
        })
        .immediate(),
    );
  }

  add(cards: readonly NewCard[]): void {
    this.#store.run((db) =>
      db
        .transaction(() => {
          const insert = db.prepare("INSERT OR REPLACE INTO card (seq, token, at) VALUES (?, ?, ?)");
          for (const { seq, token, at } of cards) insert.run(seq, token, at);
        })
        .immediate(),
    );
  }

  /** Deletes what is older than 8 days by this wall time, and what is dated beyond it. */
  purge(now: number): void {
    this.#store.run((db) =>
      db.prepare("DELETE FROM card WHERE at < ? OR at > ?").run(now - CARDS_KEPT_MS, now + AHEAD_MS),
    );
  }

  /** Closes the file until it is needed again. */
  letGo(): void {
    this.#store.letGo();
  }

  close(): void {
    this.#store.close();
  }
}
