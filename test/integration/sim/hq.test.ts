import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { bootId } from "../../../src/domain/clock.ts";
import type { Envelope } from "../../../src/domain/record.ts";
import { books, type HqBooks } from "../../../src/sim/hq/books.ts";
import { type Arrival, HqStore, type Stored } from "../../../src/sim/hq/store.ts";
import { asJson, Chain } from "../../support/chain.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";

/** A headquarters' database of a test's own, with everything that it was ever told. */
class Hq implements AsyncDisposable {
  readonly #directory: TempDir;
  store: HqStore;

  private constructor(directory: TempDir) {
    this.#directory = directory;
    this.store = new HqStore(this.file);
  }

  static async open(): Promise<Hq> {
    return new Hq(await tempDir());
  }

  get file(): string {
    return this.#directory.file("hq.db");
  }

  take(...arrivals: readonly Arrival[]): Stored {
    return this.store.store(arrivals);
  }

  books(): HqBooks {
    return books(this.file);
  }

  upTo({ stream }: Chain): number | undefined {
    return this.books().streams.find((one) => one.stream === stream)?.upTo;
  }

  /** What it would say after a restart must be what it says now. */
  restart(): void {
    this.store[Symbol.dispose]();
    this.store = new HqStore(this.file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.store[Symbol.dispose]();
    await this.#directory[Symbol.asyncDispose]();
  }
}

function sale(chain: Chain, id: string, outcome = "approved", event = "answered"): Arrival {
  const transaction = {
    id,
    terminal: "till-1",
    acquirer: "union",
    kind: "sale",
    outcome,
    amount: 100,
    currency: "CNY",
    stan: "000001",
    requestedAt: "2026-01-31T10:00:00.000Z",
  };
  return chain.next("transaction", { event, transaction });
}

function sales(chain: Chain, count: number): readonly Arrival[] {
  return Array.from({ length: count }, (_, n) => sale(chain, `${chain.stream}/${n}`));
}

function carry(chain: Chain, carried: Arrival): Arrival {
  return chain.next("carried", { envelope: asJson(carried) });
}

function parked(chain: Chain, { envelope: { seq, hash, kind } }: Arrival): Arrival {
  return chain.next("gap", { event: "parked", seq, hash, kind, reason: "tooLarge" });
}

function streamBegun(chain: Chain, previous: Chain, prevHead = previous.head): Arrival {
  const { seq, hash } = prevHead;
  return chain.next("gap", {
    event: "streamBegun",
    because: "restored",
    prevStream: previous.stream,
    prevHead: { seq, hash },
  });
}

/** @throws Error where a test made less than it reads. */
function at(arrivals: readonly Arrival[], index: number): Arrival {
  const found = arrivals[index];
  if (found === undefined) throw new Error(`there is no arrival ${index}`);
  return found;
}

describe("a carried record", () => {
  test("counts under its own key, beside the one that carries it, and once however it comes", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    const before = sales(old, 3);
    hq.take(at(before, 0), at(before, 2));
    const carrying = before.map((each) => carry(fresh, each));
    expect(hq.take(...carrying)).toMatchObject({ duplicates: 2, forks: [], chainBreaks: [], damaged: [] });
    expect(hq.take(...carrying, at(before, 1))).toMatchObject({ stored: [], duplicates: 4 });
    const found = hq.books();
    expect(found.rows).toBe(6);
    expect(found.transactions).toHaveLength(3);
    expect(found.sums).toEqual([{ kind: "sale", outcome: "approved", currency: "CNY", count: 3, amount: 300 }]);
    expect(hq.upTo(old)).toBe(3);
  });

  test("makes no receipts for its stream, unless a gateway writes that too", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    const before = sales(old, 2);
    hq.take(carry(fresh, at(before, 0)));
    expect([...hq.store.streams()].map(({ stream }) => stream)).toEqual([fresh.stream]);
    expect(hq.books().streams).toHaveLength(2);
    expect(hq.take(at(before, 1)).touched.map(({ stream }) => stream)).toEqual([old.stream]);
    hq.restart();
    expect([...hq.store.streams()].map(({ stream }) => stream).toSorted()).toEqual(
      [old.stream, fresh.stream].toSorted(),
    );
  });

  test("may carry one that carries another: after two changes of the stream", async () => {
    await using hq = await Hq.open();
    const [first, second, third] = [new Chain(), new Chain(), new Chain()];
    const original = sale(first, "a");
    hq.take(carry(third, carry(second, original)));
    expect(hq.books()).toMatchObject({ rows: 3, duplicates: 0, forks: 0 });
    expect(hq.books().transactions.map(({ stream }) => stream)).toEqual([first.stream]);
  });

  test("with a content that was changed is kept for whoever looks into it, and counts for nothing", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    const original = sale(old, "a");
    const forged = carry(fresh, { ...original, text: original.text.replace("2026-01-31", "2027-01-31") });
    expect(hq.take(forged).damaged.map(({ why }) => why)).toEqual(["carried: the hash does not fit"]);
    expect(hq.books()).toMatchObject({ rows: 1, damaged: 1, transactions: [] });
    expect(hq.upTo(fresh)).toBe(1);
  });

  test("is a fork where headquarters holds another record under its key", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    const start = old.head;
    const mine = sale(old, "a");
    old.rewriteFrom(start);
    const other = sale(old, "b");
    hq.take(mine, carry(fresh, other));
    expect(hq.books()).toMatchObject({ rows: 2, forks: 1 });
    expect(hq.books().alarms).toMatchObject([{ what: "fork", stream: old.stream, seq: 1 }]);
  });

  test("tells an earlier state of a transaction than the stream that came after it", async () => {
    await using hq = await Hq.open();
    // Whichever of the two names comes first in the alphabet.
    for (const id of ["a", "b", "c", "d"]) {
      const [old, fresh] = [new Chain(), new Chain()];
      const doubt = sale(old, id, "inDoubt", "requested");
      hq.take(streamBegun(fresh, old), sale(fresh, id, "reversed", "answered"), carry(fresh, doubt));
    }
    expect(hq.books().transactions.map(({ transaction }) => transaction.outcome)).toEqual([
      "reversed",
      "reversed",
      "reversed",
      "reversed",
    ]);
  });
});

describe("a record that headquarters cannot get", () => {
  test("is accounted for when it is parked: the receipt goes past it, and the chain with it", async () => {
    await using hq = await Hq.open();
    const chain = new Chain();
    const made = sales(chain, 3);
    const gap = parked(chain, at(made, 1));
    hq.take(at(made, 0), at(made, 2));
    expect(hq.upTo(chain)).toBe(1);
    expect(hq.take(gap)).toMatchObject({ chainBreaks: [], alarms: [] });
    expect(hq.upTo(chain)).toBe(4);
    expect(hq.books()).toMatchObject({ gaps: 0, accounted: [{ stream: chain.stream, from: 2, to: 2, why: "parked" }] });
    hq.restart();
    expect([...hq.store.streams()].map(({ progress }) => [progress.upTo, progress.missing(10)])).toEqual([[4, []]]);
  });

  test("is stored when it is released and comes after all; until then no receipt goes back for it", async () => {
    await using hq = await Hq.open();
    const chain = new Chain();
    const made = sales(chain, 3);
    hq.take(at(made, 0), at(made, 2), parked(chain, at(made, 1)));
    hq.take(chain.next("gap", { event: "released", seq: 2 }));
    expect(hq.upTo(chain)).toBe(5);
    expect(hq.books().accounted.map(({ why }) => why)).toEqual(["parked", "released"]);
    expect(hq.take(at(made, 1)).chainBreaks).toEqual([]);
    expect(hq.books()).toMatchObject({ accounted: [], rows: 5, gaps: 0, alarms: [] });
  });

  test("does not break the chain unseen: what was parked is known by its hash", async () => {
    await using hq = await Hq.open();
    const chain = new Chain();
    const made = sales(chain, 3);
    const hash = "f".repeat(64);
    const gap = chain.next("gap", { event: "parked", seq: 2, hash, kind: "transaction", reason: "tooLarge" });
    expect(hq.take(at(made, 0), gap)).toMatchObject({ alarms: [] });
    const late = hq.take(at(made, 2));
    expect(late.chainBreaks).toHaveLength(1);
    expect(hq.take(at(made, 1)).alarms).toMatchObject([{ what: "historyRewritten", seq: 2 }]);
  });

  test("is accounted for when retention has freed it, or damage has eaten it", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    const lost = sales(old, 5);
    const made = sales(fresh, 4);
    hq.take(
      at(made, 3),
      fresh.next("gap", { event: "unavailable", from: 1, to: 3 }),
      fresh.next("gap", {
        event: "quarantined",
        name: "ledger.db.damaged",
        reason: "malformed",
        stream: old.stream,
        carried: { count: 1, sums: [] },
        leftBehind: { count: 0, sums: [] },
        unreadable: [{ from: 1, to: 4 }],
      }),
      carry(fresh, at(lost, 4)),
    );
    expect(hq.upTo(fresh)).toBe(7);
    expect(hq.upTo(old)).toBe(5);
    const accounted = hq.books().accounted.map(({ why, from, to }) => `${why} ${from} ${to}`);
    expect(accounted.toSorted()).toEqual(["quarantined 1 4", "unavailable 1 3"]);
    expect(hq.books().gapRecords.map(({ body }) => body["event"])).toEqual(["unavailable", "quarantined"]);
  });
});

describe("what a gateway has freed of a stream that has ended, when headquarters has lost it itself", () => {
  test("is accounted for as freed after a confirmation: by the new stream's first record", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    const before = sales(old, 6);
    const { seq, hash } = old.head;
    hq.take(
      fresh.next("gap", {
        event: "streamBegun",
        because: "behindHq",
        prevStream: old.stream,
        prevHead: { seq, hash },
        freed: [{ stream: old.stream, upTo: 4 }],
      }),
      ...before.slice(4).map((each) => carry(fresh, each)),
    );
    expect(hq.books()).toMatchObject({
      gaps: 0,
      accounted: [{ stream: old.stream, from: 1, to: 4, why: "freed" }],
      openEnds: [],
    });
    expect(hq.upTo(old)).toBe(6);
    hq.take(...before.slice(0, 4));
    expect(hq.books().accounted).toEqual([]);
  });

  test("is accounted for when the new stream's first record is freed as well, with the end that nobody knows", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    sales(fresh, 3);
    hq.take(
      fresh.next("gap", {
        event: "unavailable",
        from: 1,
        to: 3,
        freed: [{ stream: old.stream, upTo: 9, endUnknown: true }],
      }),
    );
    const accounted = new Map(
      hq.books().accounted.map(({ stream, from, to, why }) => [stream, `${why} ${from}-${to}`]),
    );
    expect(accounted.get(fresh.stream)).toBe("unavailable 1-3");
    expect(accounted.get(old.stream)).toBe("freed 1-9");
    expect(hq.books().openEnds).toEqual([{ stream: old.stream, after: 9 }]);
  });

  test("and what a quarantine keeps is named where it is, without a receipt that would free it elsewhere", async () => {
    await using hq = await Hq.open();
    const [older, old, fresh] = [new Chain(), new Chain(), new Chain()];
    hq.take(
      fresh.next("gap", {
        event: "quarantined",
        stream: old.stream,
        unreadable: [],
        leftBehindAt: [{ from: 1, to: 2 }],
        heldByHqAt: [{ from: 3, to: 5 }],
        earlier: [{ stream: older.stream, notCarried: [{ from: 7, to: 8 }], endUnknown: true, lastKnown: 9 }],
        endUnknown: true,
        lastKnown: 5,
      }),
    );
    const found = new Map(hq.books().accounted.map(({ stream, from, to, why }) => [`${stream} ${from}-${to}`, why]));
    expect(found).toEqual(
      new Map([
        [`${old.stream} 1-2`, "leftBehind"],
        [`${old.stream} 3-5`, "freed"],
        [`${older.stream} 7-8`, "leftBehind"],
      ]),
    );
    expect(hq.books().openEnds).toEqual([
      { stream: old.stream, after: 5 },
      { stream: older.stream, after: 9 },
    ]);
    // The original of a copy sends them: they are not there yet.
    hq.take(...sales(old, 1));
    expect(hq.upTo(old)).toBe(1);
  });
});

describe("a gateway that begins a new stream", () => {
  test("is believed when it knows everything that headquarters holds of the old one", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    hq.take(...sales(old, 3));
    expect(hq.take(streamBegun(fresh, old)).alarms).toEqual([]);
    expect([...hq.store.streams()].map(({ stream }) => stream)).toEqual([fresh.stream]);
  });

  test("is an alarm when headquarters holds more, or was told of more", async () => {
    await using hq = await Hq.open();
    for (const more of ["records", "head"] as const) {
      const [old, fresh] = [new Chain(), new Chain()];
      const made = sales(old, 2);
      const backedUp = old.head;
      const later = sales(old, 3);
      hq.take(...made, ...(more === "records" ? later : []));
      if (more === "head") hq.store.keepHead("session-1", { stream: old.stream, ...old.head });
      const { alarms } = hq.take(streamBegun(fresh, old, backedUp));
      expect(alarms).toMatchObject([{ what: "lostAtShop", stream: old.stream, seq: 2 }]);
      expect(alarms[0]?.detail).toContain("had come to 5");
    }
  });

  test("is an alarm when its old stream is not the one that headquarters holds", async () => {
    await using hq = await Hq.open();
    const [old, fresh] = [new Chain(), new Chain()];
    const start = old.head;
    hq.take(...sales(old, 2));
    old.rewriteFrom(start);
    sales(old, 1);
    sale(old, "another");
    expect(hq.take(streamBegun(fresh, old)).alarms).toMatchObject([{ what: "historyRewritten", seq: 2 }]);
  });
});

describe("the end of a chain, as a status tells it", () => {
  test("is kept, and a record that comes later must fit", async () => {
    await using hq = await Hq.open();
    const chain = new Chain();
    const start = chain.head;
    const made = sales(chain, 2);
    expect(hq.store.keepHead("session-1", { stream: chain.stream, ...chain.head })).toEqual([]);
    hq.restart();
    chain.rewriteFrom(start);
    const rewritten = [sale(chain, "x"), sale(chain, "y")];
    expect(hq.take(...rewritten).alarms).toMatchObject([{ what: "historyRewritten", stream: chain.stream, seq: 2 }]);
    expect(hq.take(...made).alarms).toMatchObject([
      { what: "fork", seq: 1 },
      { what: "fork", seq: 2 },
    ]);
  });

  test("must fit the records that are there", async () => {
    await using hq = await Hq.open();
    const chain = new Chain();
    hq.take(...sales(chain, 2));
    expect(hq.store.keepHead("session-1", { stream: chain.stream, ...chain.head })).toEqual([]);
    const other = { stream: chain.stream, seq: 1, hash: "e".repeat(64) };
    expect(hq.store.keepHead("session-1", other)).toMatchObject([{ what: "historyRewritten", seq: 1 }]);
  });

  test("never goes down in one stream, but an old message may come again", async () => {
    await using hq = await Hq.open();
    const chain = new Chain();
    const told: { session: string; stream: string; seq: number; hash: string }[] = [];
    for (const session of ["session-1", "session-1", "session-2"]) {
      sales(chain, 2);
      told.push({ session, stream: chain.stream, ...chain.head });
    }
    const alarms = [...told, ...told].flatMap(({ session, ...head }) => hq.store.keepHead(session, head));
    expect(alarms).toEqual([]);
    const [first] = told;
    if (first === undefined) throw new Error("nothing was told");
    const { session: _earlier, ...shorter } = first;
    expect(hq.store.keepHead("session-3", shorter)).toMatchObject([{ what: "historyRewritten", seq: 2 }]);
    expect(hq.books().alarms).toHaveLength(1);
  });
});

test("two processes of one headquarters hold one truth: each knows what the other has stored", async () => {
  await using hq = await Hq.open();
  const chain = new Chain();
  const made = sales(chain, 6);
  using other = new HqStore(hq.file);
  hq.take(at(made, 0), at(made, 1));
  expect(other.store([at(made, 0), at(made, 2)])).toMatchObject({ duplicates: 1 });
  expect([...hq.store.streams()].map(({ progress }) => progress.upTo)).toEqual([3]);
  hq.take(at(made, 4));
  expect(other.store([at(made, 5)]).touched.map(({ progress }) => [progress.upTo, progress.missing(9)])).toEqual([
    [3, [4]],
  ]);
  expect(hq.books()).toMatchObject({ rows: 5, duplicates: 1, gaps: 1, forks: 0 });
});

function clock(monotonicMs: number, synced: boolean): Pick<Envelope, "clock"> {
  return { clock: { bootId: bootId("boot-2"), monotonicMs, synced } };
}

test("what a gateway recorded before its clock was set is dated anew when it was", async () => {
  await using hq = await Hq.open();
  const chain = new Chain();
  const early = chain.next("transaction", { n: 1 }, { at: "2000-01-01T00:00:10.000Z", ...clock(10_000, false) });
  const set = { at: "2026-01-31T10:01:00.000Z", ...clock(70_000, true) };
  const late = chain.next("clock", { event: "synchronised", at: set.at }, set);
  hq.take(early);
  hq.take(late);
  const db = new Database(hq.file, { readonly: true });
  const dated = db.prepare("SELECT dated_at, date_basis FROM record ORDER BY seq").raw().all();
  db.close();
  expect(dated).toEqual([
    ["2026-01-31T10:00:00.000Z", "redated"],
    ["2026-01-31T10:01:00.000Z", "synchronised"],
  ]);
});

test("a database of the version before is taken up as it is", async () => {
  await using directory = await tempDir();
  const file = directory.file("hq.db");
  const chain = new Chain();
  const [one, two] = [sale(chain, "a"), sale(chain, "b")];
  const old = new Database(file);
  old.exec(`
    CREATE TABLE stream (stream TEXT PRIMARY KEY, tenant TEXT NOT NULL, site TEXT NOT NULL, gateway TEXT NOT NULL,
      duplicates INTEGER NOT NULL DEFAULT 0, chain_breaks INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
    CREATE TABLE record (stream TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, hash TEXT NOT NULL,
      prev_hash TEXT NOT NULL, envelope TEXT NOT NULL, PRIMARY KEY (stream, seq)) STRICT, WITHOUT ROWID;
    CREATE TABLE fork (stream TEXT NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL, envelope TEXT NOT NULL,
      PRIMARY KEY (stream, seq, hash)) STRICT, WITHOUT ROWID;
    CREATE TABLE damaged (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, why TEXT NOT NULL, payload BLOB NOT NULL) STRICT;`);
  const { envelope, text } = one;
  old.prepare("INSERT INTO stream VALUES (?,?,?,?,4,0)").run(chain.stream, "acme", "shop-1", "gw-1");
  old
    .prepare("INSERT INTO record VALUES (?,?,?,?,?,?)")
    .run(chain.stream, envelope.seq, envelope.kind, envelope.hash, envelope.prevHash, text);
  old.close();
  using store = new HqStore(file);
  expect(store.store([one, two])).toMatchObject({ duplicates: 1, chainBreaks: [] });
  expect(books(file)).toMatchObject({ rows: 2, duplicates: 5, gaps: 0 });
});
