import { describe, expect, it } from "vitest";
import { standings } from "../../../src/terminals/standing.ts";
import { Told } from "./ledger-of-terminals.ts";

describe("a terminal's standing", () => {
  it("keeps who paused it, why and until when, until that is ended", () => {
    const told = new Told(standings)
      .terminal("paused", { by: "technician", who: "Li", reason: "keypad", until: "2026-03-02T18:00:00.000Z" })
      .terminal("paused", { by: "hq", who: "ops", reason: "update" });
    expect(told.state.of("till-1").pauses).toEqual([
      { by: "technician", who: "Li", reason: "keypad", until: Date.parse("2026-03-02T18:00:00.000Z") },
      { by: "hq", who: "ops", reason: "update" },
    ]);
    told.terminal("resumed", { by: "technician", who: "Li", reason: "keypad", ended: true });
    expect(told.state.of("till-1").pauses.map(({ by }) => by)).toEqual(["hq"]);
    told.terminal("resumed", { by: "technician", who: "Li", reason: "all is well" });
    expect(told.state.of("till-1").pauses).toEqual([]);
    expect(told.replayed()).toBe(standings.pack(told.state));
  });

  it("remembers who was accepted, not who merely answered", () => {
    const told = new Told(standings)
      .terminal("identified", { accepted: true, serial: "SN-1", firmware: "2.0" })
      .terminal("identified", { accepted: false, serial: "SN-2" });
    expect(told.state.of("till-1").identity).toEqual({ serial: "SN-1", firmware: "2.0" });
  });

  it("follows replacements to the end of the chain, and back when the old one returns", () => {
    const told = new Told(standings)
      .terminal("replaced", { by: "till-2" }, "till-1")
      .terminal("replaced", { by: "till-3" }, "till-2");
    expect(told.state.successorOf("till-1")).toBe("till-3");
    expect(told.state.predecessorsOf("till-3")).toEqual(["till-1", "till-2"]);
    told.terminal("replaced", { by: "till-1" }, "till-3");
    expect(told.state.successorOf("till-2")).toBe("till-1");
    expect(told.state.successorOf("till-1")).toBe("till-1");
    told.terminal("replaced", { by: "till-9" }, "till-9");
    expect(told.state.successorOf("till-9")).toBe("till-9");
  });

  it("counts a carried record once, and reads nothing that it did not write", () => {
    const told = new Told(standings);
    told.add("terminal", { event: "paused", detail: { by: "hq", who: "ops", reason: "x" } }, "till-1", 5);
    told.terminal("resumed", { by: "hq", who: "ops", reason: "y" });
    told.add("terminal", { event: "paused", detail: { by: "hq", who: "ops", reason: "x" } }, "till-1", 5);
    for (const body of [{ event: "paused" }, { event: "paused", detail: { by: "nobody" } }, { event: 7 }, {}, []]) {
      told.add("terminal", body, "till-1");
    }
    expect(told.state.of("till-1").pauses).toEqual([]);
    for (const text of ["", "{}", "null", '{"upTo":1}', "[]"]) expect(standings.unpack(text)).toBeUndefined();
  });
});
