import { describe, expect, it } from "vitest";
import { runStages } from "../../src/runtime/stages.ts";
import type { Task } from "../../src/runtime/task.ts";

function task(name: string, said: string[], until?: Promise<never>): Task {
  return {
    name,
    run: async (signal) => {
      said.push(`${name} up`);
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve());
      });
      try {
        await (until === undefined ? aborted : Promise.race([aborted, until]));
      } finally {
        said.push(`${name} down`);
      }
    },
  };
}

describe("stages", () => {
  it("start in order and stop in reverse, with what has to happen in between", async () => {
    const said: string[] = [];
    const stop = new AbortController();
    const running = runStages(
      [
        { tasks: [task("ledger", said)] },
        { tasks: [task("uplink", said)], beforeStop: async () => void said.push("last drain") },
        { tasks: [task("drivers", said)] },
      ],
      stop.signal,
    );
    await Promise.resolve();
    stop.abort(new Error("asked to stop"));
    await running;
    expect(said).toEqual([
      "ledger up",
      "uplink up",
      "drivers up",
      "drivers down",
      "last drain",
      "uplink down",
      "ledger down",
    ]);
  });

  it("all stop, in order, when one part fails, and its failure is told with its name", async () => {
    const said: string[] = [];
    const broken = Promise.reject(new Error("port taken"));
    const running = runStages(
      [{ tasks: [task("ledger", said)] }, { tasks: [task("relay", said, broken)] }],
      new AbortController().signal,
    );
    await expect(running).rejects.toMatchObject({
      errors: [{ message: "relay failed", cause: { message: "port taken" } }],
    });
    expect(said).toEqual(["ledger up", "relay up", "relay down", "ledger down"]);
  });

  it("all stop when one part ends without having been asked to", async () => {
    const said: string[] = [];
    const short: Task = { name: "short", run: async () => {} };
    await expect(
      runStages([{ tasks: [task("ledger", said), short] }], new AbortController().signal),
    ).rejects.toMatchObject({
      errors: [{ message: "short ended by itself" }],
    });
    expect(said.at(-1)).toBe("ledger down");
  });
});
