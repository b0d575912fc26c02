import { expect, test } from "vitest";
import { systemClock } from "../../../src/runtime/clock.ts";
import { beat, Service, startGoesOn } from "../../../src/runtime/service.ts";
import { serviceState } from "../../../src/service-state.ts";

test("a sign of life is given only when every part answered", () => {
  expect(beat([], "pass")).toEqual(["WATCHDOG=1", "STATUS=pass"]);
  expect(beat(["store", "supervisor"], "pass")).toEqual(["STATUS=store, supervisor does not answer"]);
});

test("the state is one line, whatever a reason holds", () => {
  const [, status = ""] = beat([], serviceState({ name: "gateway", status: "warn", reason: "a\nWATCHDOG=1" }));
  expect(status).toBe("STATUS=warn: a WATCHDOG=1");
  expect(beat([], "x".repeat(1_000)).at(-1)?.length).toBe("STATUS=".length + 200);
  expect(serviceState({ name: "gateway", status: "pass" })).toBe("pass");
});

test("a start that goes on asks for more time, but not for ever", () => {
  expect(startGoesOn(10_000)?.[0]).toBe("EXTEND_TIMEOUT_USEC=30000000");
  expect(startGoesOn(3_600_000)).toBeUndefined();
});

test("more time is asked for until everything runs and answers; only then it is ready", async () => {
  const said: string[] = [];
  // A test's time flies; a stop is still noticed.
  const clock = {
    ...systemClock(),
    sleep: async (_ms: number, signal: AbortSignal): Promise<void> => {
      await new Promise((done) => setImmediate(done));
      signal.throwIfAborted();
    },
  };
  const stop = new AbortController();
  const started = Promise.withResolvers<void>();
  let silent: readonly string[] = ["store"];
  const service = new Service({
    notify: async (lines) => {
      said.push(lines[0] ?? "");
      return Promise.resolve();
    },
    watchdogEveryMs: 1,
  });
  const view = { started: started.promise, liveness: { silent: async () => Promise.resolve(silent) }, state: () => "" };
  const watching = service.watch(view, clock);
  const starting = service.starting(clock, stop.signal);
  const running = watching.run(stop.signal);
  await expect.poll(() => said.length).toBeGreaterThan(2);
  started.resolve();
  await new Promise((done) => setTimeout(done, 20));
  expect(new Set(said)).toEqual(new Set(["EXTEND_TIMEOUT_USEC=30000000"]));
  silent = [];
  await starting;
  await expect.poll(() => said.includes("WATCHDOG=1")).toBe(true);
  expect(said.filter((line) => line === "READY=1")).toHaveLength(1);
  expect(said.indexOf("READY=1")).toBeLessThan(said.indexOf("WATCHDOG=1"));
  expect(said.slice(said.indexOf("READY=1"))).not.toContain("EXTEND_TIMEOUT_USEC=30000000");
  stop.abort(new Error("stopped"));
  await running;
  expect(said.at(-1)).toBe("STOPPING=1");
});
