import type Database from "better-sqlite3";
import type { GatewayAddress } from "../../contract/topics.ts";
import type { Envelope } from "../../domain/record.ts";
import { readStreams, type Stream } from "./read-streams.ts";
import { openDatabase } from "./schema.ts";
import { StreamProgress } from "./stream-progress.ts";

/** A record as it came over MQTT, checked. */
export interface Arrival {
  readonly address: GatewayAddress;
  readonly envelope: Envelope;
  /** As it was sent. */
  readonly text: string;
}

/** A message that is no record. */
export interface Damaged {
  readonly topic: string;
  readonly why: string;
  readonly payload: Uint8Array;
}

/** What became of one batch of arrivals. */
export interface Stored {
  readonly stored: readonly Envelope[];
  readonly duplicates: number;
  readonly forks: readonly Envelope[];
  /** Records whose `prevHash` is not the hash of the record before. */
  readonly chainBreaks: readonly Envelope[];
  /** Streams that anything came of. */
  readonly touched: readonly Stream[];
}

interface Link {
  readonly hash: string;
  readonly prev_hash: string;
}

/** `prevHash` of a stream's first record (contracts.md). */
const GENESIS = "0".repeat(64);
/** Unreadable messages kept for whoever looks into it; later ones are only counted. */
const MAX_DAMAGED = 1_000;

/** Headquarters' memory: each record once, by stream and seq. */
export class HqStore implements Disposable {
  readonly #db: Database.Database;
  readonly #streams = new Map<string, Stream>();
  readonly #insert: Database.Statement<[string, number, string, string, string, string]>;
  readonly #link: Database.Statement<[string, number], Link>;
  readonly #keepFork: Database.Statement<[string, number, string, string]>;
  readonly #keepDamaged: Database.Statement<[string, string, Uint8Array]>;
  readonly #newStream: Database.Statement<[string, string, string, string]>;
  readonly #count: Database.Statement<[number, number, string]>;

  constructor(file: string) {
    this.#db = openDatabase(file);
    this.#insert = this.#db.prepare(
      "INSERT OR IGNORE INTO record (stream, seq, kind, hash, prev_hash, envelope) VALUES (?,?,?,?,?,?)",
    );
    this.#link = this.#db.prepare("SELECT hash, prev_hash FROM record WHERE stream = ? AND seq = ?");
    this.#keepFork = this.#db.prepare("INSERT OR IGNORE INTO fork (stream, seq, hash, envelope) VALUES (?,?,?,?)");
    this.#keepDamaged = this.#db.prepare(
      `INSERT INTO damaged (topic, why, payload) SELECT ?,?,? WHERE (SELECT count(*) FROM damaged) < ${MAX_DAMAGED}`,
    );
    this.#newStream = this.#db.prepare("INSERT OR IGNORE INTO stream (stream, tenant, site, gateway) VALUES (?,?,?,?)");
    this.#count = this.#db.prepare(
      "UPDATE stream SET duplicates = duplicates + ?, chain_breaks = chain_breaks + ? WHERE stream = ?",
    );
    for (const stream of readStreams(this.#db)) this.#streams.set(stream.stream, stream);
  }

  streams(): Iterable<Stream> {
    return this.#streams.values();
  }

  /** Remembers a gateway's stream, also before its first record. */
  know(stream: string, address: GatewayAddress): Stream {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    this.#newStream.run(stream, address.tenant, address.site, address.gateway);
    const fresh = { stream, address, progress: new StreamProgress() };
    this.#streams.set(stream, fresh);
    return fresh;
  }

  /** Stores a batch in one transaction; when it returns, it is on disk. */
  store(arrivals: readonly Arrival[]): Stored {
    const touched = new Set(arrivals.map(({ address, envelope }) => this.know(envelope.stream, address)));
    const outcome = this.#db.transaction(() => this.#storeAll(arrivals)).immediate();
    for (const { stream, seq } of outcome.stored) this.#streams.get(stream)?.progress.stored(seq);
    return { ...outcome, touched: [...touched] };
  }

  keepDamaged(messages: readonly Damaged[]): void {
    for (const { topic, why, payload } of messages) this.#keepDamaged.run(topic, why, payload);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  #storeAll(arrivals: readonly Arrival[]): Omit<Stored, "touched"> {
    const stored: Envelope[] = [];
    const forks: Envelope[] = [];
    const chainBreaks: Envelope[] = [];
    let duplicates = 0;
    for (const { envelope, text } of arrivals) {
      const { stream, seq, hash } = envelope;
      const isNew = this.#insert.run(stream, seq, envelope.kind, hash, envelope.prevHash, text).changes > 0;
      if (isNew) {
        stored.push(envelope);
        const breaks = this.#breaksAround(envelope);
        if (breaks > 0) chainBreaks.push(envelope);
        if (breaks > 0) this.#count.run(0, breaks, stream);
      } else if (this.#link.get(stream, seq)?.hash === hash) {
        duplicates += 1;
        this.#count.run(1, 0, stream);
      } else {
        forks.push(envelope);
        this.#keepFork.run(stream, seq, hash, text);
      }
    }
    return { stored, duplicates, forks, chainBreaks };
  }

  /** Records come in any order: a new one is held against both its neighbours, as far as they are there. */
  #breaksAround({ stream, seq, prevHash, hash }: Envelope): number {
    const before = seq === 1 ? GENESIS : this.#link.get(stream, seq - 1)?.hash;
    const after = this.#link.get(stream, seq + 1)?.prev_hash;
    return Number(before !== undefined && before !== prevHash) + Number(after !== undefined && after !== hash);
  }
}
