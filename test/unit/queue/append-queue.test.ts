import { describe, expect, it } from "vitest";
import { type BootId, bootId, instant } from "../../../src/domain/clock.ts";
import { type RecordDraft, seq, type Seq } from "../../../src/domain/record.ts";
import { readBatch, type ReceivedBatch } from "../../../src/queue/append-batch.ts";
import { AppendQueue } from "../../../src/queue/append-queue.ts";
import { DurableSignal } from "../../../src/queue/durable-signal.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import { waitUntil } from "../../support/wait-until.ts";

const HEAD = 100;

/** A queue whose writer is the test. */
function aQueue(
  boot: () => BootId = () => bootId("boot"),
  mayLook = true,
): {
  readonly queue: AppendQueue;
  readonly posted: ReceivedBatch[];
  readonly signal: DurableSignal;
} {
  const posted: ReceivedBatch[] = [];
  const signal = new DurableSignal();
  const queue = new AppendQueue({
    clock: {
      now: () => instant(0),
      monotonicMs: () => 0,
      stamp: () => ({ bootId: boot(), monotonicMs: 0, synced: true }),
      sleep: () => Promise.reject(new Error("nobody sleeps here")),
    },
    head: seq(HEAD),
    signal,
    mayLook: () => mayLook,
    post: (batch) => posted.push(readBatch(batch)),
    onDurable: () => undefined,
  });
  return { queue, posted, signal };
}

function draft(n: number): RecordDraft {
  return { kind: "transaction", body: { n } };
}

async function appendAll(queue: AppendQueue, count: number): Promise<PromiseSettledResult<Seq>[]> {
  return Promise.allSettled(Array.from({ length: count }, async (_, n) => queue.append(draft(n))));
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const refused = { failure: { code: "store.full", detail: "no space" }, generation: 1 } as const;

describe("the queue before the writer", () => {
  it("gives one tick's drafts in parts, of which only the last says that the tick is over", async () => {
    const { queue, posted } = aQueue();
    const all = appendAll(queue, 20);
    await nextTick();
    expect(posted.map(({ first, drafts, hasMore }) => ({ first, count: drafts.length, hasMore }))).toEqual([
      { first: 101, count: 8, hasMore: true },
      { first: 109, count: 8, hasMore: true },
      { first: 117, count: 4, hasMore: false },
    ]);
    queue.durableUpTo(120);
    expect(await all).toEqual(Array.from({ length: 20 }, (_, n) => ({ status: "fulfilled", value: 101 + n })));
  });

  it("holds a draft that can wait back for one that cannot, and both share one batch in the order of the calls", async () => {
    const { queue, posted } = aQueue();
    const patient = queue.append(draft(1), true);
    await nextTick();
    expect(posted).toEqual([]);
    const urgent = queue.append(draft(2));
    await nextTick();
    expect(posted.map(({ first, drafts }) => ({ first, count: drafts.length }))).toEqual([{ first: 101, count: 2 }]);
    queue.durableUpTo(102);
    expect(await Promise.all([patient, urgent])).toEqual([101, 102]);
  });

  it("does not hold a draft that can wait back for ever", async () => {
    const { queue, posted } = aQueue();
    const patient = queue.append(draft(1), true);
    await waitUntil("it is given to the writer", () => posted.length === 1);
    queue.durableUpTo(101);
    expect(await patient).toBe(101);
  });

  it("says that a tick is over also when it had exactly one part's drafts", async () => {
    const { queue, posted } = aQueue();
    void appendAll(queue, 8);
    await nextTick();
    expect(posted.map(({ drafts, hasMore }) => [drafts.length, hasMore])).toEqual([[8, false]]);
  });

  it("never mixes two boots in one batch", async () => {
    let boots = 0;
    const { queue, posted } = aQueue(() => bootId(`boot ${Math.floor((boots += 1) / 3)}`));
    void appendAll(queue, 5);
    await nextTick();
    expect(posted.map((batch) => [batch.bootId, batch.first, batch.drafts.length])).toEqual([
      ["boot 0", 101, 2],
      ["boot 1", 103, 3],
    ]);
  });

  it("settles only what is durable, part by part", async () => {
    const { queue } = aQueue();
    let settled = 0;
    const all = Array.from({ length: 12 }, async (_, n) => {
      await queue.append(draft(n));
      settled += 1;
    });
    await nextTick();
    queue.durableUpTo(103);
    await nextTick();
    await nextTick();
    expect(settled).toBe(3);
    expect(queue.figures()).toMatchObject({ appended: 3, waitingDrafts: 9 });
    queue.durableUpTo(112);
    await Promise.all(all);
    expect(queue.figures()).toMatchObject({ appended: 12, waitingDrafts: 0, waitingBytes: 0 });
  });

  it("refuses everything that waits after a failed commit, what was not posted yet included, and numbers on from there", async () => {
    const { queue, posted } = aQueue();
    const early = appendAll(queue, 3);
    await nextTick();
    const late = appendAll(queue, 2);
    queue.refusedFrom({ ...refused, next: seq(102) });
    const outcomes = [...(await early), ...(await late)];
    expect(outcomes[0]).toEqual({ status: "fulfilled", value: 101 });
    for (const outcome of outcomes.slice(1)) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "store.full" } });
    }
    posted.length = 0;
    const after = queue.append(draft(9));
    await nextTick();
    expect(posted).toMatchObject([{ generation: 1, first: 102, drafts: [{ seq: 102 }] }]);
    queue.durableUpTo(102);
    expect(await after).toBe(102);
  });

  it("is empty only when everything was settled", async () => {
    const { queue } = aQueue();
    await queue.empty();
    const all = appendAll(queue, 2);
    let isEmpty = false;
    const emptied = (async (): Promise<void> => {
      await queue.empty();
      isEmpty = true;
    })();
    await nextTick();
    queue.durableUpTo(101);
    await nextTick();
    await nextTick();
    expect(isEmpty).toBe(false);
    queue.refuseAll(new LedgerError({ code: "store.closed", detail: "closed" }));
    await emptied;
    expect((await all).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
  });
});

describe("the writer's word by memory", () => {
  it("is taken without a message while somebody waits for it", async () => {
    const { queue, signal } = aQueue();
    const appended = queue.append(draft(1));
    await nextTick();
    expect(signal.announce(HEAD + 1)).toBe(true);
    expect(await appended).toBe(HEAD + 1);
  });

  it("needs a message where looking would take the core of who works for the answer", async () => {
    const { queue, signal } = aQueue(undefined, false);
    const appended = queue.append(draft(1));
    await nextTick();
    expect(signal.announce(HEAD + 1)).toBe(false);
    queue.durableUpTo(HEAD + 1);
    expect(await appended).toBe(HEAD + 1);
  });

  it("needs a message after a moment without an answer, so that a slow disk costs no core", async () => {
    const { queue, signal } = aQueue();
    const appended = queue.append(draft(1));
    await waitUntil("nobody looks", () => !signal.announce(HEAD));
    expect(signal.announce(HEAD + 1)).toBe(false);
    queue.durableUpTo(HEAD + 1);
    expect(await appended).toBe(HEAD + 1);
  });

  it("never goes back, whichever way comes late", async () => {
    const { queue, signal } = aQueue();
    const all = appendAll(queue, 3);
    await nextTick();
    signal.announce(HEAD + 3);
    queue.durableUpTo(HEAD + 3);
    queue.durableUpTo(HEAD + 1);
    expect(queue.durable).toBe(HEAD + 3);
    await all;
  });

  it("is heard when it comes just as the looking ends", async () => {
    const { queue, signal } = aQueue();
    for (let n = 1; n <= 500; n += 1) {
      const appended = queue.append(draft(n));
      const answerIn = Math.random() * 1.5;
      const until = performance.now() + answerIn;
      while (performance.now() < until) await nextTick();
      if (!signal.announce(HEAD + n)) queue.durableUpTo(HEAD + n);
      expect(await appended).toBe(HEAD + n);
    }
  });
});
