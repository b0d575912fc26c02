import { describe, expect, it } from "vitest";
import { minorUnits } from "../../../src/domain/money.ts";
import { type RecordDraft, type Seq, seq } from "../../../src/domain/record.ts";
import { type TransactionId, transactionId } from "../../../src/domain/transaction.ts";
import { LedgerError, type LedgerErrorCode } from "../../../src/queue/ledger-error.ts";
import { Recorder } from "../../../src/recorder.ts";
import { clockWith, HeardLog } from "../../contract/ledger/a-ledger.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { RunningTask } from "../../support/running-task.ts";
import { waitUntil } from "../../support/wait-until.ts";

/** A disk that takes records or refuses them, as a test wants. */
class Disk {
  readonly written: RecordDraft[] = [];
  refuses: LedgerErrorCode | undefined;
  /** So many more, then it is full. */
  takes = Number.POSITIVE_INFINITY;
  /** Attempts. */
  asked = 0;

  readonly append = async (draft: RecordDraft): Promise<Seq> => {
    this.asked += 1;
    await Promise.resolve();
    const refuses = this.refuses ?? (this.takes === 0 ? "store.full" : undefined);
    if (refuses !== undefined) throw new LedgerError({ code: refuses, detail: "the test says no" });
    this.takes -= 1;
    this.written.push(draft);
    return seq(this.written.length);
  };

  /** What is written, in short. */
  get told(): readonly unknown[] {
    return this.written.map(({ kind, body }) => ("n" in body ? body.n : kind));
  }
}

const note = (n: number, kind: RecordDraft["kind"] = "settlement"): RecordDraft => ({ kind, body: { n } });

function of(id: TransactionId, amount: number): RecordDraft {
  const transaction = aTransaction({ id, amount: minorUnits(amount) });
  return { kind: "transaction", terminal: transaction.terminal, body: { event: "answered", transaction } };
}

async function codeOf(recording: Promise<Seq>): Promise<string> {
  return recording.then(
    () => "recorded",
    (error: unknown) => (error instanceof LedgerError ? error.code : String(error)),
  );
}

function setUp(limits?: { readonly drafts: number; readonly size: number }) {
  const disk = new Disk();
  const log = new HeardLog();
  let now = 1_000;
  const clock = clockWith({
    now: () => (now += 1_000),
    sleep: async (_, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      signal.throwIfAborted();
    },
  });
  const recorder = new Recorder({ append: disk.append, clock, log, ...(limits === undefined ? {} : { limits }) });
  return { disk, log, recorder, task: new RunningTask(recorder) };
}

describe("what the disk refuses", () => {
  it("is refused to the caller, kept in order with its own time, and written when the disk takes it again", async () => {
    const { disk, recorder, task, log } = setUp();
    expect(await codeOf(recorder.record(note(1)))).toBe("recorded");
    disk.refuses = "store.full";
    expect(await Promise.all([2, 3].map(async (n) => codeOf(recorder.record(note(n)))))).toEqual([
      "store.full",
      "store.full",
    ]);
    const askedBefore = disk.asked;
    expect(await codeOf(recorder.record(note(4)))).toBe("store.full");
    expect(disk.asked, "what comes later queues behind it").toBe(askedBefore);
    expect(recorder).toMatchObject({ held: 3, isHolding: true, failure: { code: "store.full" } });
    disk.refuses = undefined;
    await waitUntil("they are written", () => !recorder.isHolding);
    expect(await codeOf(recorder.record(note(5)))).toBe("recorded");
    expect(disk.told).toEqual([1, 2, 3, 4, 5]);
    const times = disk.written.map(({ taken }) => taken?.at ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(recorder).toMatchObject({ held: 0, failure: undefined, notRecorded: 0 });
    expect(log.events.map(({ event }) => event)).toEqual(["records.held", "records.written"]);
    await task.stop();
  });

  it("is tried again as long as it takes, and a change of the reason is told", async () => {
    const { disk, recorder, task } = setUp();
    disk.refuses = "store.ioError";
    await codeOf(recorder.record(note(1)));
    const before = disk.asked;
    await waitUntil("it was tried again", () => disk.asked > before + 3);
    disk.refuses = "store.readOnly";
    await waitUntil("the reason is the present one", () => recorder.failure?.code === "store.readOnly");
    disk.refuses = undefined;
    await waitUntil("it is written", () => recorder.held === 0);
    await task.stop();
  });

  it("is not kept when the record itself is at fault", async () => {
    const { disk, recorder, task } = setUp();
    disk.refuses = "record.tooLarge";
    expect(await codeOf(recorder.record(note(1)))).toBe("record.tooLarge");
    disk.refuses = undefined;
    expect(await codeOf(recorder.record(note(2)))).toBe("recorded");
    expect(recorder.isHolding).toBe(false);
    expect(disk.told).toEqual([2]);
    await task.stop();
  });

  it("what does not fit becomes one gap with count, sum, times and code, before what was kept", async () => {
    const { disk, recorder, task } = setUp({ drafts: 3, size: 100_000 });
    disk.refuses = "store.full";
    const [a, b, c] = [transactionId("a"), transactionId("b"), transactionId("c")];
    for (const draft of [of(a, 100), of(b, 200), note(1), of(a, 100), of(b, 250), of(b, 250), of(c, 7), note(2)]) {
      await codeOf(recorder.record(draft));
    }
    expect(recorder).toMatchObject({ held: 3, notRecorded: 5 });
    disk.refuses = undefined;
    await waitUntil("all is written", () => !recorder.isHolding);
    const [gap, ...kept] = disk.written;
    expect(kept).toHaveLength(3);
    expect(gap).toMatchObject({
      kind: "gap",
      body: {
        event: "notRecorded",
        count: 5,
        // Each transaction once, by what its newest record says.
        sums: [{ currency: "CNY", count: 3, amount: 357 }],
        code: "store.full",
      },
    });
    // Times of the fourth and the eighth draft.
    const told: object = gap?.body ?? {};
    expect(told).toMatchObject({ firstAt: "1970-01-01T00:00:05.000Z", lastAt: "1970-01-01T00:00:09.000Z" });
    await task.stop();
  });

  it("alarms make room for money, and never the other way round", async () => {
    const { disk, recorder, task } = setUp({ drafts: 3, size: 100_000 });
    disk.refuses = "store.full";
    for (const draft of [note(1, "risk"), note(2), note(3, "health"), note(4), note(5), note(6), note(7, "risk")]) {
      await codeOf(recorder.record(draft));
    }
    expect(recorder.notRecorded).toBe(4);
    disk.refuses = undefined;
    await waitUntil("all is written", () => !recorder.isHolding);
    expect(disk.told).toEqual(["gap", 2, 4, 5]);
    await task.stop();
  });

  it("is bounded in size too", async () => {
    const { disk, recorder, task } = setUp({ drafts: 100, size: 1_000 });
    disk.refuses = "store.full";
    for (let n = 0; n < 5; n += 1) {
      await codeOf(recorder.record({ kind: "settlement", body: { filler: "x".repeat(400) } }));
    }
    expect(recorder).toMatchObject({ held: 2, notRecorded: 3 });
    await task.stop();
  });

  it("on a stop it is tried once more, and what is lost is said aloud", async () => {
    const taken = setUp();
    taken.disk.refuses = "store.full";
    await codeOf(taken.recorder.record(note(1)));
    taken.disk.refuses = undefined;
    await taken.task.stop();
    expect(taken.disk.told).toEqual([1]);
    expect(taken.log.events.map(({ event }) => event)).not.toContain("records.lost");

    const { disk, recorder, task, log } = setUp();
    disk.refuses = "store.full";
    await codeOf(recorder.record(of(transactionId("a"), 500)));
    await codeOf(recorder.record(of(transactionId("a"), 500)));
    await task.stop();
    expect(log.events.at(-1)).toMatchObject({
      event: "records.lost",
      fields: { count: 2, sums: [{ currency: "CNY", count: 1, amount: 500 }] },
    });
  });

  it("the disk may refuse again in the middle of it: nothing is written twice, and the order stays", async () => {
    const { disk, recorder, task } = setUp();
    disk.refuses = "store.full";
    for (let n = 0; n < 200; n += 1) await codeOf(recorder.record(note(n)));
    disk.takes = 70;
    disk.refuses = undefined;
    await waitUntil("some are written", () => disk.takes === 0);
    expect(recorder).toMatchObject({ held: 130, isHolding: true });
    disk.takes = Number.POSITIVE_INFINITY;
    await waitUntil("all are written", () => !recorder.isHolding);
    expect(disk.told).toEqual(Array.from({ length: 200 }, (_, n) => n));
    await task.stop();
  });
});
