import { expect, it } from "vitest";
import { bootId, instant } from "../../src/domain/clock.ts";
import { type TerminalView, terminalId } from "../../src/domain/terminal.ts";
import { integrityWatch } from "../../src/integrity-watch.ts";
import { reopenWatch } from "../../src/reopen-watch.ts";
import type { Clock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";

/** Time passes when somebody sleeps, and only then. */
class SleepClock implements Clock {
  passed = 0;
  readonly #onSleep: (passed: number) => void;

  constructor(onSleep: (passed: number) => void = () => undefined) {
    this.#onSleep = onSleep;
  }

  now = () => instant(this.passed);
  monotonicMs = () => this.passed;
  stamp = () => ({ bootId: bootId("boot"), monotonicMs: this.passed, synced: true });
  sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    this.passed += ms;
    this.#onSleep(this.passed);
    signal.throwIfAborted();
    return Promise.resolve();
  };
}

function till(connections: number): TerminalView {
  return { terminal: terminalId("till-1"), listed: true, connections, unresolved: 0 };
}

const never = new AbortController().signal;

it("ends the daemon when the last terminal has hung up", async () => {
  const clock = new SleepClock();
  const watch = reopenWatch(
    { reopening: AbortSignal.abort(new Error("HQ holds more")), terminals: () => [till(clock.passed < 2_000 ? 1 : 0)] },
    { clock, log: silentLog },
  );
  await expect(watch.run(never)).rejects.toThrow("opened anew");
  expect(clock.passed).toBe(2_000);
});

it("does not wait for ever for a terminal that keeps its line", async () => {
  const clock = new SleepClock();
  const watch = reopenWatch(
    { reopening: AbortSignal.abort(new Error("HQ holds more")), terminals: () => [till(1)] },
    { clock, log: silentLog },
  );
  await expect(watch.run(never)).rejects.toThrow("opened anew");
  expect(clock.passed).toBe(60_000);
});

it("does nothing while the ledger asks for nothing", async () => {
  const stop = new AbortController();
  const watch = reopenWatch({ reopening: never, terminals: () => [] }, { clock: new SleepClock(), log: silentLog });
  const ended = watch.run(stop.signal);
  stop.abort(new Error("stopped"));
  await expect(ended).resolves.toBeUndefined();
});

it("looks at every record soon after the start and then once a day, whatever one look came to", async () => {
  const stop = new AbortController();
  const looked: number[] = [];
  const clock = new SleepClock(() => {
    if (looked.length === 3) stop.abort(new Error("stopped"));
  });
  const ledger = {
    checkIntegrity: async () => {
      looked.push(clock.passed);
      if (looked.length === 2) throw new Error("the disk does not answer");
      return Promise.resolve({ state: "pass" } as const);
    },
  };
  await integrityWatch(ledger, { clock, log: silentLog }).run(stop.signal);
  const day = 24 * 60 * 60 * 1_000;
  expect(looked).toEqual([2_000, 2_000 + day, 2_000 + 2 * day]);
});
