import type Database from "better-sqlite3";
import type { GatewayAddress } from "../../contract/topics.ts";
import type { Envelope } from "../../domain/record.ts";
import { type Alarm, Alarms } from "./alarms.ts";
import { carriedIn } from "./carried-envelope.ts";
import { ChainMemory, type Claim } from "./chain-memory.ts";
import { Dating } from "./dating.ts";
import { type Accounted, GapBook } from "./gap-book.ts";
import { readStreams, type Stream } from "./read-streams.ts";
import { type Incoming, Records } from "./records.ts";
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
  /** Those that came inside of carried records included. */
  readonly stored: readonly Envelope[];
  readonly duplicates: number;
  readonly forks: readonly Envelope[];
  /** Records whose `prevHash` is not the hash of the record before. */
  readonly chainBreaks: readonly Envelope[];
  /** Carried records that carry nothing whole: they themselves are stored. */
  readonly damaged: readonly Damaged[];
  readonly alarms: readonly Alarm[];
  /** Streams that anything came of, and that a gateway writes: they get a receipt. */
  readonly touched: readonly Stream[];
}

/** The growing figures of one batch. */
interface Outcome {
  readonly stored: Envelope[];
  readonly forks: Envelope[];
  readonly chainBreaks: Envelope[];
  readonly damaged: Damaged[];
  readonly accounted: Accounted[];
  readonly ended: Set<string>;
  duplicates: number;
}

/** Unreadable messages kept for whoever looks into it; later ones are only counted. */
const MAX_DAMAGED = 1_000;

/** Headquarters' memory: each record once, by stream and seq. Other processes may write the same database meanwhile. */
export class HqStore implements Disposable {
  readonly #db: Database.Database;
  readonly #alarms: Alarms;
  readonly #chain: ChainMemory;
  readonly #records: Records;
  readonly #gaps: GapBook;
  readonly #dating: Dating;
  readonly #keepDamaged: Database.Statement<[string, string, Uint8Array]>;
  readonly #newStream: Database.Statement<[string, string, string, string, number]>;
  readonly #revive: Database.Statement<[string]>;
  #streams = new Map<string, Stream>();
  #version: unknown;

  constructor(file: string) {
    const db = openDatabase(file);
    this.#db = db;
    this.#alarms = new Alarms(db);
    this.#chain = new ChainMemory(db, this.#alarms);
    this.#records = new Records(db, this.#chain);
    this.#gaps = new GapBook(db, this.#chain, this.#alarms);
    this.#dating = new Dating(db);
    this.#keepDamaged = db.prepare(
      `INSERT INTO damaged (topic, why, payload) SELECT ?,?,? WHERE (SELECT count(*) FROM damaged) < ${MAX_DAMAGED}`,
    );
    this.#newStream = db.prepare(
      "INSERT OR IGNORE INTO stream (stream, tenant, site, gateway, lives) VALUES (?,?,?,?,?)",
    );
    this.#revive = db.prepare("UPDATE stream SET lives = 1 WHERE stream = ?");
  }

  /** Those that a gateway writes. */
  streams(): readonly Stream[] {
    this.#lookAgain();
    return [...this.#streams.values()].filter(({ lives }) => lives);
  }

  /** Remembers a gateway's stream, also before its first record. */
  know(stream: string, address: GatewayAddress): Stream {
    this.#lookAgain();
    const known = this.#streams.get(stream);
    if (known?.lives === true) return known;
    this.#newStream.run(stream, address.tenant, address.site, address.gateway, 1);
    this.#revive.run(stream);
    const living = { stream, address, lives: true, progress: known?.progress ?? new StreamProgress() };
    this.#streams.set(stream, living);
    return living;
  }

  /** Of the record at this position, where it is stored. */
  hashAt(stream: string, seq: number): string | undefined {
    return this.#records.hashAt(stream, seq);
  }

  /** Keeps the end of the chain that a gateway told. @returns the alarms that it raises. */
  keepHead(session: string, head: Claim): readonly Alarm[] {
    this.#db.transaction(() => this.#chain.head(session, head)).immediate();
    return this.#alarms.take();
  }

  /** Stores a batch in one transaction; when it returns, it is on disk. */
  store(arrivals: readonly Arrival[]): Stored {
    const direct = new Set(arrivals.map(({ address, envelope }) => this.know(envelope.stream, address).stream));
    const outcome = emptyOutcome();
    this.#db
      .transaction(() => {
        for (const arrival of arrivals) this.#take(arrival, outcome);
      })
      .immediate();
    const { accounted, ended, ...told } = outcome;
    // What does not continue the record before it is kept, and no receipt goes past it: see `readStreams`.
    if (outcome.chainBreaks.length > 0) this.#version = undefined;
    for (const { stream, seq } of outcome.stored) this.#streams.get(stream)?.progress.cover(seq);
    for (const { stream, from, to } of accounted) this.#streams.get(stream)?.progress.cover(from, to);
    for (const stream of ended) this.#bury(stream);
    this.keepDamaged(outcome.damaged);
    this.#lookAgain();
    const touched = this.streams().filter(({ stream }) => direct.has(stream));
    return { ...told, alarms: this.#alarms.take(), touched };
  }

  keepDamaged(messages: readonly Damaged[]): void {
    for (const { topic, why, payload } of messages) this.#keepDamaged.run(topic, why, payload);
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** The record, and what it carries, and what that carries: each under its own key. */
  #take({ address, envelope, text }: Arrival, outcome: Outcome): void {
    let next: Incoming | undefined = { envelope, text, carrier: undefined };
    while (next !== undefined) {
      if (!this.#put(next, outcome)) return;
      const carrier: Envelope = next.envelope;
      const { stream, seq } = carrier;
      const carried = carriedIn(carrier);
      if (carried === undefined) return;
      if (!carried.ok) {
        outcome.damaged.push({ topic: `${stream}/${seq}`, why: `carried: ${carried.why}`, payload: carried.payload });
        return;
      }
      this.#knowCarried(carried.envelope.stream, address);
      next = { ...carried, carrier: `${stream}/${seq}` };
    }
  }

  /** @returns whether it is new, so that what is in it is to be looked at. */
  #put(incoming: Incoming, outcome: Outcome): boolean {
    const { envelope } = incoming;
    const { stream, seq, hash } = envelope;
    const became = this.#records.put(incoming, this.#dating.dated(envelope));
    if (became === "duplicate") outcome.duplicates += 1;
    if (became === "fork") {
      outcome.forks.push(envelope);
      this.#alarms.raise({ stream, seq, what: "fork", detail: `another record with the hash ${hash}` });
    }
    if (became !== "stored") return false;
    outcome.stored.push(envelope);
    this.#chain.stored({ stream, seq, hash });
    if (this.#records.breaksAround(envelope) > 0) outcome.chainBreaks.push(envelope);
    const { accounted, ended } = this.#gaps.take(envelope);
    outcome.accounted.push(...accounted);
    if (ended !== undefined) outcome.ended.add(ended);
    this.#dating.stored(envelope);
    return true;
  }

  /** A stream that came here inside of another: nobody waits for its receipts. */
  #knowCarried(stream: string, address: GatewayAddress): void {
    if (this.#streams.has(stream)) return;
    this.#newStream.run(stream, address.tenant, address.site, address.gateway, 0);
    this.#streams.set(stream, { stream, address, lives: false, progress: new StreamProgress() });
  }

  #bury(stream: string): void {
    const known = this.#streams.get(stream);
    if (known !== undefined) this.#streams.set(stream, { ...known, lives: false });
  }

  /** What another connection has written since is as true as what this one has. */
  #lookAgain(): void {
    const version = this.#db.pragma("data_version", { simple: true });
    if (version === this.#version) return;
    this.#version = version;
    this.#streams = new Map(readStreams(this.#db).map((stream) => [stream.stream, stream]));
  }
}

function emptyOutcome(): Outcome {
  return { stored: [], forks: [], chainBreaks: [], damaged: [], accounted: [], ended: new Set(), duplicates: 0 };
}
