import { describe, expect, it } from "vitest";
import { readPlan } from "../../../src/sim/ecr/plan-text.ts";

describe("what is typed at a simulated till terminal", () => {
  it("plans the next order", () => {
    expect(readPlan("decline")).toEqual({ customer: "isDeclined" });
    expect(readPlan("full")).toEqual({ customer: "meetsFullMemory" });
    expect(readPlan(" nak  2 ")).toEqual({ misbehaviour: { do: "nak", times: 2 } });
    expect(readPlan("late 500")).toEqual({ misbehaviour: { do: "late", ms: 500 } });
    expect(readPlan("garbage 9")).toEqual({ misbehaviour: { do: "garbage", bytes: 9 } });
    expect(readPlan("dieMidFrame")).toEqual({ misbehaviour: { do: "dieMidFrame" } });
  });

  it("is refused when it is no plan", () => {
    for (const line of ["explode", "nak", "nak x", "noAck 3", "late"]) expect(() => readPlan(line)).toThrow(RangeError);
  });
});
