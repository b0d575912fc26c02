import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseEnvelope } from "../../../src/contract/envelope-hash.ts";
import { canonicalJson } from "../../../src/domain/canonical-json.ts";
import type { Envelope, RecordDraft } from "../../../src/domain/record.ts";
import { seq, type Seq } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { GENESIS_HASH } from "../../../src/queue/envelope-text.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { ledgerIn, sale, TILL } from "./a-ledger.ts";

/** The promises hold for a ledger that was just begun and for one that has a past. */
const OPENINGS: Readonly<Record<string, (directory: string) => Promise<Ledger>>> = {
  "begun anew": async (directory) => ledgerIn(directory),
  "opened again": async (directory) => {
    await using before = await ledgerIn(directory);
    await Promise.all(Array.from({ length: 700 }, async (_, n) => before.append(sale(n))));
    await before.confirm(seq(650));
    await before[Symbol.asyncDispose]();
    return await ledgerIn(directory);
  },
};

async function envelopes(ledger: Ledger, from: number = 1): Promise<readonly Envelope[]> {
  const all: Envelope[] = [];
  for (let next = from; ;) {
    const page = await ledger.page(seq(next), 500);
    if (page.length === 0) return all;
    for (const { envelope } of page) {
      const parsed = parseEnvelope(envelope);
      if (!parsed.ok) throw new Error(parsed.reason);
      all.push(parsed.envelope);
    }
    next += page.length;
  }
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LedgerError) return error.code;
    throw error;
  }
  return "not refused";
}

describe.each(Object.entries(OPENINGS))("a ledger %s", (_name, open) => {
  let dir: TempDir;
  let ledger: Ledger;
  /** What was in it before the test. */
  let past: Seq;

  beforeEach(async () => {
    dir = await tempDir();
    ledger = await open(dir.path);
    past = ledger.durable;
  });

  afterEach(async () => {
    await ledger[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  it("numbers records in the order of the calls, without gaps", async () => {
    const seqs = await Promise.all(Array.from({ length: 40 }, async (_, n) => ledger.append(sale(n))));
    expect(seqs).toEqual(seqs.map((_, n) => past + 1 + n));
    expect(ledger.durable).toBe(past + 40);
    const written = (await envelopes(ledger, past + 1)).map(({ body }) => body["n"]);
    expect(written).toEqual(seqs.map((_, n) => n));
  });

  it("keeps numbers gap-free and each caller's order with 32 callers at once", async () => {
    const callers = Array.from({ length: 32 }, async (_, caller) => {
      const mine: Seq[] = [];
      for (let n = 0; n < 25; n += 1) mine.push(await ledger.append(sale(n, { body: { caller, n } })));
      return mine;
    });
    const seqs = await Promise.all(callers);
    expect(seqs.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 800 }, (_, n) => past + 1 + n));
    const written = await envelopes(ledger, past + 1);
    for (const [caller, mine] of seqs.entries()) {
      expect(mine).toEqual(mine.toSorted((a, b) => a - b));
      for (const [n, at] of mine.entries()) expect(written[at - past - 1]?.body).toEqual({ caller, n });
    }
  });

  it("writes public envelopes in canonical form, each chained to the one before", async () => {
    await ledger.append(sale(1));
    await ledger.append({ kind: "clock", body: { event: "synchronised" } });
    await ledger.append(sale(2, { kind: "risk", terminal: terminalId("kasse_2.b") }));
    const pages = await ledger.page(seq(past + 1), 500);
    const written = await envelopes(ledger);
    let prevHash = GENESIS_HASH;
    for (const [index, envelope] of written.entries()) {
      expect(envelope).toMatchObject({ stream: ledger.stream, seq: index + 1, prevHash });
      prevHash = envelope.hash;
    }
    expect(await ledger.head()).toEqual({ seq: past + 3, hash: prevHash });
    expect(pages.map(({ kind, lane, terminal }) => ({ kind, lane, terminal }))).toEqual([
      { kind: "transaction", lane: "money", terminal: "till-1" },
      { kind: "clock", lane: "money", terminal: undefined },
      { kind: "risk", lane: "alarm", terminal: "kasse_2.b" },
    ]);
    for (const [index, { envelope }] of pages.entries()) {
      expect(envelope.toString()).toBe(canonicalJson(written[past + index]));
    }
  });

  it("takes body and clock at the call, not when the disk is ready", async () => {
    const body: Record<string, unknown> = { n: 1, left: undefined, text: "交易 💳" };
    const before = Date.now();
    const appended = ledger.append(sale(0, { body }));
    const after = Date.now();
    body["n"] = 2;
    const [record] = await envelopes(ledger, await appended);
    expect(record?.body).toEqual({ n: 1, text: "交易 💳" });
    const at = Date.parse(record?.at ?? "");
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(after);
    expect(record?.clock.bootId).not.toBe("");
  });

  it("gives pages of the asked size, and empty ones beyond the head", async () => {
    await Promise.all(Array.from({ length: 30 }, async (_, n) => ledger.append(sale(n))));
    expect((await ledger.page(seq(past + 3), 7)).map((record) => record.seq)).toEqual(
      Array.from({ length: 7 }, (_, n) => past + 3 + n),
    );
    expect(await ledger.page(seq(past + 28), 500)).toHaveLength(3);
    expect(await ledger.page(seq(past + 31), 500)).toEqual([]);
    expect(await ledger.page(seq(past + 1_000_000), 500)).toEqual([]);
  });

  it("ends a page early rather than let it grow with its records", async () => {
    const text = "x".repeat(60_000);
    await Promise.all(Array.from({ length: 80 }, async (_, n) => ledger.append(sale(n, { body: { n, text } }))));
    const page = await ledger.page(seq(past + 1), 500);
    expect(page.length).toBeGreaterThan(0);
    const bytes = page.reduce((sum, { envelope }) => sum + envelope.length, 0);
    expect(bytes).toBeLessThan(8 * 1024 * 1024);
    expect((await envelopes(ledger, past + 1)).map(({ body }) => body["n"])).toEqual(
      Array.from({ length: 80 }, (_, n) => n),
    );
  });

  it("wakes every listener, remembers a ring for one that was busy, and lets go of one that was disposed", async () => {
    const { signal } = new AbortController();
    using busy = ledger.listen();
    using other = ledger.listen();
    const gone = ledger.listen();
    gone[Symbol.dispose]();
    const woken = other.wait(60_000, signal);
    await ledger.append(sale(1));
    await woken;
    await busy.wait(60_000, signal);
    const silence = await Promise.race([
      gone.wait(60_000, AbortSignal.timeout(200)).then(() => "ended by its signal"),
      ledger.append(sale(2)).then(async () => new Promise((resolve) => setTimeout(resolve, 50, "still waiting"))),
    ]);
    expect(silence).toBe("still waiting");
  });

  it("moves the mark forward only, and never beyond its head", async () => {
    await Promise.all(Array.from({ length: 10 }, async (_, n) => ledger.append(sale(n))));
    expect(await ledger.confirm(seq(past + 4))).toBe("moved");
    expect(await ledger.confirm(seq(past + 2))).toBe("known");
    expect(await ledger.confirm(seq(past + 11))).toBe("beyondHead");
    expect(ledger.mark()).toBe(past + 4);
    const many = [5, 9, 6, 10, 7].map(async (n) => ledger.confirm(seq(past + n)));
    await Promise.all(many);
    expect(ledger.mark()).toBe(past + 10);
    await ledger[Symbol.asyncDispose]();
    await using again = await ledgerIn(dir.path);
    expect(again.mark()).toBe(past + 10);
  });

  it("gives back the last snapshot of each name", async () => {
    expect(await ledger.loadSnapshot("risk@1")).toBeUndefined();
    await ledger.saveSnapshot("risk@1", seq(3), "old");
    await ledger.saveSnapshot("risk@1", seq(5), "new 交易");
    await ledger.saveSnapshot("preauth@2", seq(4), "other");
    expect(await ledger.loadSnapshot("risk@1")).toEqual({ seq: 5, state: "new 交易" });
    expect(await refusal(ledger.saveSnapshot("risk@1", seq(6), "x".repeat(17 * 1024 * 1024)))).toBe(
      "snapshot.tooLarge",
    );
    await ledger[Symbol.asyncDispose]();
    await using again = await ledgerIn(dir.path);
    expect(await again.loadSnapshot("risk@1")).toEqual({ seq: 5, state: "new 交易" });
    expect(await again.loadSnapshot("preauth@2")).toEqual({ seq: 4, state: "other" });
  });

  it("refuses what it cannot record, and the next record takes the number", async () => {
    const first = ledger.append(sale(1));
    const tooLarge = ledger.append(sale(0, { body: { text: "x".repeat(64_513) } }));
    const notJson = ledger.append(sale(0, { body: { amount: Number.NaN } }));
    const array = ledger.append(sale(0, { body: [] }));
    const second = ledger.append(sale(2));
    expect(await refusal(tooLarge)).toBe("record.tooLarge");
    expect(await refusal(notJson)).toBe("record.notJson");
    expect(await refusal(array)).toBe("record.notJson");
    expect([await first, await second]).toEqual([past + 1, past + 2]);
    expect(ledger.counters()).toMatchObject({ appended: 2, refused: 3 });
  });

  it("takes a record of the largest size with the longest terminal name", async () => {
    const overhead = '{"text":""}'.length;
    const body = { text: "é".repeat((63 * 1024 - overhead - 1) / 2) };
    await ledger.append(sale(0, { body, terminal: terminalId("t".repeat(64)) }));
    expect((await envelopes(ledger, past + 1))[0]?.body).toEqual(body);
    expect(await ledger.verify()).toEqual({ ok: true, records: past + 1 });
  });

  it("refuses more than 20,000 waiting records, and records every one that it accepted", async () => {
    const all = Array.from({ length: 20_003 }, async (_, n) => ledger.append(sale(n)));
    const outcomes = await Promise.allSettled(all);
    expect(await Promise.all(all.slice(20_000).map(refusal))).toEqual(
      Array.from({ length: 3 }, () => "store.overloaded"),
    );
    expect(outcomes.slice(0, 20_000).every(({ status }) => status === "fulfilled")).toBe(true);
    expect(ledger.durable).toBe(past + 20_000);
    expect(ledger.counters()).toMatchObject({ waitingDrafts: 0, waitingBytes: 0 });
  });

  it("refuses more than 16 MiB of waiting records", async () => {
    const body = { text: "x".repeat(64_000) };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 300 }, async () => ledger.append(sale(0, { body }))),
    );
    const accepted = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(accepted).toBe(Math.floor((16 * 1024 * 1024) / canonicalJson(body).length));
    expect(await ledger.append(sale(1))).toBe(past + accepted + 1);
  });

  it("wakes at most 32 callers in one turn of the event loop", async () => {
    let turn = 0;
    let isCounting = true;
    const count = (): void => {
      turn += 1;
      if (isCounting) setImmediate(count);
    };
    count();
    const wokenIn = new Map<number, number>();
    await Promise.all(
      Array.from({ length: 15_000 }, async (_, n) => {
        await ledger.append(sale(n));
        wokenIn.set(turn, (wokenIn.get(turn) ?? 0) + 1);
      }),
    );
    isCounting = false;
    // A count may fall between two settlements: then both are booked to one turn.
    expect(Math.max(...wokenIn.values())).toBeLessThanOrEqual(64);
  });

  it("checks its own chain and says how far it came", async () => {
    await Promise.all(Array.from({ length: 4_500 }, async (_, n) => ledger.append(sale(n))));
    const seen: number[] = [];
    expect(await ledger.verify({ onProgress: (records) => seen.push(records) })).toEqual({
      ok: true,
      records: past + 4_500,
    });
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(past + 4_500);
    const stop = new AbortController();
    const aborted = ledger.verify({ signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) });
    await expect(aborted).rejects.toThrow("enough");
  });

  it("is durable: write-ahead logging with a full sync at every commit, also after writing", async () => {
    await ledger.append(sale(1));
    expect(await ledger.durability()).toEqual({ journalMode: "wal", synchronous: 2 });
  });

  it("answers that it is alive, and counts its commits", async () => {
    await ledger.alive(30_000);
    await ledger.append(sale(1));
    const figures = ledger.counters();
    expect(figures.commits).toBeGreaterThan(0);
    expect(figures.records).toBe(1);
    expect(figures.p99Ms).toBeGreaterThan(0);
    expect(figures.p50Ms).toBeLessThanOrEqual(figures.p99Ms);
  });

  it("writes what was appended before it was disposed, and refuses what comes after", async () => {
    const before = Array.from({ length: 100 }, async (_, n) => ledger.append(sale(n)));
    const disposed = ledger[Symbol.asyncDispose]();
    const after = ledger.append(sale(100));
    expect(await refusal(after)).toBe("store.closed");
    expect(await Promise.all(before)).toEqual(before.map((_, n) => past + 1 + n));
    await disposed;
    expect(await refusal(ledger.page(seq(1), 1))).toBe("store.closed");
    expect(ledger.lost.aborted).toBe(false);
    await using again = await ledgerIn(dir.path);
    expect(again.durable).toBe(past + 100);
    expect(again.stream).toBe(ledger.stream);
  });

  it("recognises a card again and never lets token and masked number stand in one file", async () => {
    const token = ledger.tokenise("6212340000000001");
    expect(token).toMatch(/^[0-9a-f]{16}$/);
    expect(ledger.tokenise("6212340000000001")).toBe(token);
    expect(ledger.tokenise("6212340000000019")).not.toBe(token);
    const card = { bin6: "621234", last4: "0001" };
    await ledger.append(sale(1, { body: { card }, cardToken: token } satisfies Partial<RecordDraft>));
    const [record] = await envelopes(ledger, past + 1);
    expect(JSON.stringify(record)).not.toContain(token);
    await ledger[Symbol.asyncDispose]();
    expect(await filesWith(dir.path, token)).toEqual(["cards.db"]);
    expect(await filesWith(dir.path, '"bin6":"621234"')).toEqual(["ledger.db"]);
    expect(await filesWith(dir.path, "6212340000000001")).toEqual([]);
  });
});

async function filesWith(directory: string, text: string): Promise<readonly string[]> {
  const { readdir, readFile } = await import("node:fs/promises");
  const found: string[] = [];
  for (const name of await readdir(directory)) {
    if ((await readFile(`${directory}/${name}`)).includes(text)) found.push(name);
  }
  return found.toSorted();
}

it("gives every ledger a stream of its own", async () => {
  await using dir = await tempDir();
  await using one = await ledgerIn(dir.file("one"));
  await using two = await ledgerIn(dir.file("two"));
  expect(one.stream).not.toBe(two.stream);
  expect(await one.append(sale(1, { terminal: TILL }))).toBe(1);
  expect(await two.append(sale(1, { terminal: TILL }))).toBe(1);
});
