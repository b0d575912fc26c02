import { expect, it } from "vitest";
import { bootId, instant } from "../../../src/domain/clock.ts";
import { type RecordDraft, seq } from "../../../src/domain/record.ts";
import { clockWatch } from "../../../src/health/clock/clock-watch.ts";
import { healthWatch } from "../../../src/health/health-watch.ts";
import type { Clock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";

/** A clock whose sleeps end at once, until it has slept often enough and the signal fires. */
function hurriedClock(synced: readonly boolean[], stop: AbortController): Clock {
  let slept = 0;
  return {
    now: () => instant(0),
    monotonicMs: () => slept,
    stamp: () => ({ bootId: bootId("boot"), monotonicMs: slept, synced: synced[slept] ?? false }),
    sleep: async (_ms, signal) => {
      slept += 1;
      if (slept >= synced.length) stop.abort(new Error("over"));
      signal.throwIfAborted();
    },
  };
}

it("every change of the clock is recorded, beginning with the start", async () => {
  const stop = new AbortController();
  const drafts: RecordDraft[] = [];
  const watch = clockWatch({
    clock: hurriedClock([false, false, true, true, false], stop),
    log: silentLog,
    version: "1",
    record: async (draft) => {
      drafts.push(draft);
      return seq(drafts.length);
    },
  });
  await watch.run(stop.signal);
  expect(drafts).toMatchObject([
    { kind: "clock", body: { event: "started", version: "1" } },
    { kind: "clock", body: { event: "synchronised" } },
    { kind: "clock", body: { event: "lost" } },
  ]);
});

it("health is looked at also when nobody asks", async () => {
  const stop = new AbortController();
  let looks = 0;
  await healthWatch(() => (looks += 1), hurriedClock([true, true, true], stop)).run(stop.signal);
  expect(looks).toBe(3);
});
