import { describe, expect, test } from "vitest";
import { readConduct, readSwitch } from "../../../../src/sim/zvt/conduct-text.ts";

describe("what is typed at a simulated ZVT terminal", () => {
  test("plans the conduct at the next order, in one word or several", () => {
    expect(readConduct("decline 33")).toEqual({ decline: 0x33 });
    expect(readConduct(" dieAt hostDecided  times 3")).toEqual({ dieAt: "hostDecided", times: 3 });
    expect(readConduct("on 0650 loseCompletion")).toEqual({ on: 0x0650, completion: "lost" });
    expect(readConduct("nak 2 noAck garbage 9")).toEqual({ nak: 2, noAck: true, garbage: 9 });
    expect(readConduct("on any lateCompletion 500")).toEqual({ on: "any", completion: { lateMs: 500 } });
  });

  test("turns the terminal's own switches", () => {
    expect(readSwitch("status C2")).toEqual({ set: "status", status: 0xc2 });
    expect(readSwitch("power 3000")).toEqual({ set: "power", awayMs: 3_000 });
    expect(readSwitch("unlock")).toEqual({ set: "locked", isLocked: false });
    expect(readSwitch("decline 33")).toBeUndefined();
  });

  test("is refused when it means nothing", () => {
    for (const line of ["explode", "decline", "decline 5", "dieAt noon", "times x", "constructor", "on 06"]) {
      expect(() => readConduct(line), line).toThrow(RangeError);
    }
    expect(() => readSwitch("status 5")).toThrow(RangeError);
  });
});
