import type Database from "better-sqlite3";
import type { Alarms } from "./alarms.ts";

export interface Link {
  readonly hash: string;
  readonly prev_hash: string;
}

/** A position in a stream, and what somebody says is its hash. */
export interface Claim {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}

/**
 * What was said about the chain, by heads in a gateway's status, by gap records and by the records themselves: none of it
 * may ever change. So a history that was rewritten is seen, also where the records were not here yet.
 */
export class ChainMemory {
  readonly #alarms: Alarms;
  readonly #link: Database.Statement<[string, number], Link>;
  readonly #claims: Database.Statement<[string, number], string>;
  readonly #insert: Database.Statement<[string, number, string]>;
  readonly #fulfil: Database.Statement<[string, number, string]>;
  readonly #highest: Database.Statement<[string], number>;
  readonly #ofSession: Database.Statement<[string, string], number>;
  readonly #keepHead: Database.Statement<[string, string, number, string]>;

  constructor(db: Database.Database, alarms: Alarms) {
    this.#alarms = alarms;
    this.#link = db.prepare("SELECT hash, prev_hash FROM record WHERE stream = ? AND seq = ?");
    this.#claims = db.prepare<[string, number], string>("SELECT hash FROM claim WHERE stream = ? AND seq = ?").pluck();
    this.#insert = db.prepare("INSERT OR IGNORE INTO claim (stream, seq, hash) VALUES (?,?,?)");
    this.#fulfil = db.prepare("DELETE FROM claim WHERE stream = ? AND seq = ? AND hash = ?");
    this.#highest = db.prepare<[string], number>("SELECT coalesce(max(seq), 0) FROM head WHERE stream = ?").pluck();
    this.#ofSession = db
      .prepare<[string, string], number>("SELECT seq FROM head WHERE stream = ? AND session = ?")
      .pluck();
    this.#keepHead = db.prepare(
      `INSERT INTO head (stream, session, seq, hash) VALUES (?,?,?,?)
       ON CONFLICT (stream, session) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
    );
  }

  linkAt(stream: string, seq: number): Link | undefined {
    return this.#link.get(stream, seq);
  }

  /** Hash of the record there, stored or not. */
  hashAt(stream: string, seq: number): string | undefined {
    return this.#link.get(stream, seq)?.hash ?? this.#claims.get(stream, seq);
  }

  /** The highest position that a head told of. */
  highestHead(stream: string): number {
    return this.#highest.get(stream) ?? 0;
  }

  claim({ stream, seq, hash }: Claim): void {
    if (seq === 0) return;
    const stored = this.#link.get(stream, seq)?.hash;
    const known = stored === undefined ? this.#claims.all(stream, seq) : [stored];
    const follows = this.#link.get(stream, seq + 1)?.prev_hash;
    if (follows !== undefined) known.push(follows);
    for (const other of known) if (other !== hash) this.#rewritten({ stream, seq, hash }, other);
    if (stored === undefined) this.#insert.run(stream, seq, hash);
  }

  /** A record came for the first time: is it what was said of its position? */
  stored(record: Claim): void {
    const { stream, seq, hash } = record;
    for (const claimed of this.#claims.all(stream, seq)) {
      if (claimed === hash) this.#fulfil.run(stream, seq, hash);
      else this.#rewritten(record, claimed);
    }
  }

  /**
   * A gateway says where its chain ends. Within a session a head only grows, so a lower one is an old message that came
   * again; a lower one in a new session is a ledger that has less than it had.
   */
  head(session: string, head: Claim): void {
    this.claim(head);
    const { stream, seq, hash } = head;
    const before = this.#ofSession.get(stream, session);
    const highest = this.highestHead(stream);
    if (before === undefined && seq < highest) {
      const detail = `the chain ended at ${highest} before, and at ${seq} now`;
      this.#alarms.raise({ stream, seq, what: "historyRewritten", detail });
    }
    if (before === undefined || seq > before) this.#keepHead.run(stream, session, seq, hash);
  }

  #rewritten({ stream, seq, hash }: Claim, before: string): void {
    const detail = `the hash was ${before} before, and is ${hash} now`;
    this.#alarms.raise({ stream, seq, what: "historyRewritten", detail });
  }
}
