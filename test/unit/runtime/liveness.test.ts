import { describe, expect, it } from "vitest";
import { Liveness } from "../../../src/runtime/liveness.ts";
import { systemClock } from "../../../src/runtime/clock.ts";

/** Time-outs are over at once. */
const impatient = {
  ...systemClock(),
  sleep: async (): Promise<void> => new Promise((resolve) => setImmediate(resolve)),
};

describe("liveness", () => {
  it("is well when every thread answers", async () => {
    const pulses = [
      { name: "ledger writer", beat: async () => Promise.resolve() },
      { name: "ledger reader", beat: async () => Promise.resolve() },
    ];
    expect(await new Liveness(pulses, impatient).silent()).toEqual([]);
    expect(await new Liveness([], impatient).silent()).toEqual([]);
  });

  it("names the threads that fail or hang", async () => {
    const pulses = [
      { name: "alive", beat: async () => Promise.resolve() },
      { name: "failing", beat: async () => Promise.reject(new Error("ended")) },
      { name: "hanging", beat: async () => new Promise<void>(() => undefined) },
    ];
    expect(await new Liveness(pulses, impatient).silent()).toEqual(["failing", "hanging"]);
  });

  it("asks a hanging thread once, and notices when it comes back", async () => {
    let asked = 0;
    const answer = Promise.withResolvers<void>();
    const hanging = {
      name: "hanging",
      beat: async (): Promise<void> => {
        asked += 1;
        return answer.promise;
      },
    };
    const liveness = new Liveness([hanging], impatient);
    for (let i = 0; i < 10; i += 1) expect(await liveness.silent()).toEqual(["hanging"]);
    expect(asked).toBe(1);
    answer.resolve();
    await answer.promise;
    expect(await liveness.silent()).toEqual([]);
  });
});
