import type Database from "better-sqlite3";
import { assertNever } from "../../domain/assert-never.ts";
import type { Envelope } from "../../domain/record.ts";
import type { Alarms } from "./alarms.ts";
import type { AccountedFor } from "./books.ts";
import type { ChainMemory } from "./chain-memory.ts";
import { type GapBody, gapBodySchema } from "./gap-body.ts";
import type { Span } from "./stream-progress.ts";

/** Positions of a stream that a gap record speaks of instead of the record itself. */
export interface Accounted extends Span {
  readonly stream: string;
}

export interface Booked {
  readonly accounted: readonly Accounted[];
  /** The stream that goes on under another name. */
  readonly ended?: string;
}

type StreamBegun = Extract<GapBody, { event: "streamBegun" }>;
type Freed = StreamBegun["freed"];

/**
 * Books what gap records say: which records headquarters will not get, and which stream continues which.
 *
 * A position that was accounted for stays so when its record is released: the gateway has moved its mark past it, and a
 * receipt that took its word back would make it send everything after it again. The record is stored when it comes; until
 * then `books` lists it as released.
 */
export class GapBook {
  readonly #chain: ChainMemory;
  readonly #alarms: Alarms;
  readonly #account: Database.Statement<[string, number, number, string]>;
  readonly #link: Database.Statement<[string, string, string | null, number | null, string | null]>;
  readonly #bury: Database.Statement<[string]>;
  readonly #top: Database.Statement<[string], number>;

  constructor(db: Database.Database, chain: ChainMemory, alarms: Alarms) {
    this.#chain = chain;
    this.#alarms = alarms;
    this.#account = db.prepare("INSERT OR IGNORE INTO accounted (stream, from_seq, to_seq, why) VALUES (?,?,?,?)");
    this.#link = db.prepare(
      "INSERT OR IGNORE INTO link (stream, because, prev_stream, prev_seq, prev_hash) VALUES (?,?,?,?,?)",
    );
    this.#bury = db.prepare("UPDATE stream SET lives = 0 WHERE stream = ?");
    this.#top = db.prepare<[string], number>("SELECT coalesce(max(seq), 0) FROM record WHERE stream = ?").pluck();
  }

  /** Takes a record that came for the first time. Any but a gap record changes nothing here. */
  take({ kind, stream, body }: Envelope): Booked {
    const gap = kind === "gap" ? gapBodySchema.safeParse(body).data : undefined;
    if (gap?.event === "streamBegun") return { accounted: this.#freed(gap.freed), ...this.#begin(stream, gap) };
    return { accounted: gap === undefined ? [] : this.#accountedIn(stream, gap) };
  }

  #accountedIn(stream: string, gap: Exclude<GapBody, StreamBegun>): readonly Accounted[] {
    switch (gap.event) {
      case "parked":
        this.#chain.claim({ stream, seq: gap.seq, hash: gap.hash });
        return [this.#accountFor(stream, gap.seq, gap.seq, "parked")];
      case "released":
        return [this.#accountFor(stream, gap.seq, gap.seq, "released")];
      case "unavailable":
        return [this.#accountFor(stream, gap.from, gap.to, "unavailable"), ...this.#freed(gap.freed)];
      case "quarantined": {
        const { stream: damaged, unreadable, heldByHqAt = [], leftBehindAt = [], earlier = [] } = gap;
        if (damaged === undefined) return [];
        for (const { from, to } of leftBehindAt) this.#accountFor(damaged, from, to, "leftBehind");
        for (const { stream: before, notCarried } of earlier)
          for (const { from, to } of notCarried) this.#accountFor(before, from, to, "leftBehind");
        return [
          ...unreadable.map(({ from, to }) => this.#accountFor(damaged, from, to, "quarantined")),
          ...heldByHqAt.map(({ from, to }) => this.#accountFor(damaged, from, to, "freed")),
        ];
      }
      default:
        return assertNever(gap);
    }
  }

  #freed(freed: Freed = []): readonly Accounted[] {
    return freed.flatMap(({ stream, upTo }) => (upTo === 0 ? [] : [this.#accountFor(stream, 1, upTo, "freed")]));
  }

  /** What was left behind gets no receipt for that: where the ledger was a copy, its original still sends those records. */
  #accountFor(stream: string, from: number, to: number, why: AccountedFor["why"]): Accounted {
    this.#account.run(stream, from, to, why);
    return { stream, from, to };
  }

  #begin(stream: string, { because, prevStream, prevHead }: StreamBegun): Pick<Booked, "ended"> {
    this.#link.run(stream, because, prevStream ?? null, prevHead?.seq ?? null, prevHead?.hash ?? null);
    if (prevStream === undefined || prevHead === undefined) return {};
    this.#chain.claim({ stream: prevStream, ...prevHead });
    this.#bury.run(prevStream);
    const held = this.#top.get(prevStream) ?? 0;
    const told = Math.max(held, this.#chain.highestHead(prevStream));
    if (told <= prevHead.seq) return { ended: prevStream };
    const detail = `${because}: the shop's ledger ends at ${prevHead.seq}, it had come to ${told}, headquarters holds up to ${held}`;
    this.#alarms.raise({ stream: prevStream, seq: prevHead.seq, what: "lostAtShop", detail });
    return { ended: prevStream };
  }
}
