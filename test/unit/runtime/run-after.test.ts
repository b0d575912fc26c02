import { expect, it } from "vitest";
import { aborted } from "../../../src/runtime/aborted.ts";
import { runAfter } from "../../../src/runtime/run-after.ts";

it("begins only when that has happened which it waits for", async () => {
  const ready = Promise.withResolvers<void>();
  const stop = new AbortController();
  const seen: string[] = [];
  const task = {
    name: "uplink",
    run: async (signal: AbortSignal) => {
      seen.push("began");
      await aborted(signal);
      seen.push("ended");
    },
  };

  const running = runAfter(ready.promise, task).run(stop.signal);
  await Promise.resolve();
  expect(seen).toEqual([]);
  ready.resolve();
  await expect.poll(() => seen).toEqual(["began"]);
  stop.abort();
  await running;

  expect(seen).toEqual(["began", "ended"]);
});

it("does not begin when it is told to stop before, and passes on how the task fails", async () => {
  const failing = { name: "uplink", run: async () => Promise.reject(new Error("no line")) };
  const stop = new AbortController();

  const running = runAfter(new Promise(() => undefined), failing).run(stop.signal);
  stop.abort();

  await expect(running).resolves.toBeUndefined();
  await expect(runAfter(Promise.resolve(), failing).run(new AbortController().signal)).rejects.toThrow("no line");
});
