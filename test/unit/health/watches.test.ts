import { describe, expect, it } from "vitest";
import { bootId, instant } from "../../../src/domain/clock.ts";
import type { ClockRecord } from "../../../src/domain/clock-record.ts";
import { type RecordDraft, seq } from "../../../src/domain/record.ts";
import { clockWatch, type ClockWatchDeps } from "../../../src/health/clock/clock-watch.ts";
import { healthWatch } from "../../../src/health/health-watch.ts";
import { BelievedClock } from "../../../src/runtime/believed-clock.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";

/** What the machine's clock is like at one look, 10 s after the one before. */
interface Look {
  readonly synced?: boolean;
  /** Wall against monotonic time. */
  readonly offsetMs?: number;
}

/** A clock whose sleeps end at once, until it has slept often enough and the signal fires. */
function hurriedClock(looks: readonly Look[], stop: AbortController): Clock {
  let slept = 0;
  const monotonicMs = (): number => slept * 10_000;
  return {
    now: () => instant(monotonicMs() + (looks[slept]?.offsetMs ?? 0)),
    monotonicMs,
    stamp: () => ({ bootId: bootId("boot"), monotonicMs: monotonicMs(), synced: looks[slept]?.synced ?? false }),
    sleep: async (_ms, signal) => {
      slept += 1;
      if (slept >= looks.length) stop.abort(new Error("over"));
      signal.throwIfAborted();
    },
  };
}

/** Bodies of what the watch recorded. */
async function recordsOf(
  looks: readonly Look[],
  { notBefore = 0, ...differs }: Partial<ClockWatchDeps> & { readonly notBefore?: number } = {},
): Promise<readonly ClockRecord[]> {
  const stop = new AbortController();
  const drafts: RecordDraft[] = [];
  const watch = clockWatch({
    clock: new BelievedClock(hurriedClock(looks, stop), instant(notBefore)),
    log: silentLog,
    version: "1",
    record: async (draft) => {
      drafts.push(draft);
      return seq(drafts.length);
    },
    askKernel: async () => Promise.resolve(undefined),
    ...differs,
  });
  await watch.run(stop.signal);
  expect(drafts.every(({ kind }) => kind === "clock")).toBe(true);
  return drafts.map(({ body }) => body).filter(isClockBody);
}

function isClockBody(body: object): body is ClockRecord {
  return "event" in body && "at" in body;
}

function eventsOf(records: readonly ClockRecord[]): readonly string[] {
  return records.map(({ event }) => event);
}

describe("the clock watch", () => {
  it("records every change of the clock, beginning with the start", async () => {
    const looks = [false, false, true, true, false].map((synced) => ({ synced }));
    expect(await recordsOf(looks)).toMatchObject([
      { event: "started", version: "1" },
      { event: "synchronised" },
      { event: "lost" },
    ]);
    expect(eventsOf(await recordsOf([{ synced: true }]))).toEqual(["started", "synchronised"]);
  });

  it("records a step of more than two seconds either way, and nothing for a clock that is steered", async () => {
    const offsetsMs = [0, 2_000, 1_000, 1_767_225_600_000, 1_767_225_600_000, 1_767_225_597_000];
    const records = await recordsOf(offsetsMs.map((offsetMs) => ({ offsetMs })));
    expect(records.slice(1)).toMatchObject([
      { event: "stepped", byMs: 1_767_225_599_000, at: "2026-01-01T00:00:30.000Z" },
      { event: "stepped", byMs: -3_000 },
    ]);
  });

  it("records the step before it records that the clock is right", async () => {
    const records = await recordsOf([{}, { synced: true, offsetMs: 1e12 }]);
    expect(eventsOf(records)).toEqual(["started", "stepped", "synchronised"]);
  });

  it("asks the kernel once a minute, for ever, where the machine leaves no mark", async () => {
    const answers = [false, true, undefined, true, false];
    let asked = 0;
    const askKernel = async () => {
      asked += 1;
      return Promise.resolve(answers[asked - 1]);
    };
    const records = await recordsOf(
      Array.from({ length: 30 }, () => ({})),
      { askKernel },
    );
    expect(asked).toBe(5);
    expect(eventsOf(records)).toEqual(["started", "synchronised", "lost", "synchronised", "lost"]);
  });

  it("does not ask the kernel where the machine leaves a mark", async () => {
    let asked = 0;
    const askKernel = async () => {
      asked += 1;
      return Promise.resolve(true);
    };
    await recordsOf([{ synced: true }, { synced: true }], { askKernel });
    expect(asked).toBe(0);
  });

  it("believes nobody who calls a clock right that shows a time which has passed", async () => {
    const looks = [{ synced: true }, { synced: true, offsetMs: 5_000 }, { synced: true, offsetMs: 1e12 }];
    const records = await recordsOf(looks, { notBefore: 1e12 });
    expect(eventsOf(records)).toEqual(["started", "stepped", "stepped", "synchronised"]);
    const told = await recordsOf([{}, {}], { notBefore: 1e12, askKernel: async () => Promise.resolve(true) });
    expect(eventsOf(told)).toEqual(["started"]);
  });

  it("goes on when a record cannot be written", async () => {
    let tried = 0;
    const record = async (): Promise<never> => {
      tried += 1;
      return Promise.reject(new Error("full"));
    };
    expect(await recordsOf([{}, { synced: true }], { record })).toEqual([]);
    expect(tried).toBe(2);
  });
});

it("health is looked at also when nobody asks", async () => {
  const stop = new AbortController();
  let looks = 0;
  await healthWatch(() => (looks += 1), hurriedClock([{}, {}, {}], stop)).run(stop.signal);
  expect(looks).toBe(3);
});
