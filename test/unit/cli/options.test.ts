import { describe, expect, it } from "vitest";
import { readLimit, readSeq, readTime } from "../../../src/cli/journal/options.ts";

describe("options of journal", () => {
  it("read times as people write them: local without an offset, a day from its midnight", () => {
    expect(readTime("2026-01-31T18:00:00+08:00")).toBe("2026-01-31T10:00:00.000Z");
    expect(readTime("2026-01-31 18:00:00 +08:00")).toBe("2026-01-31T10:00:00.000Z");
    expect(readTime("2026-01-31T10:00Z")).toBe("2026-01-31T10:00:00.000Z");
    expect(readTime("2026-01-31")).toBe(new Date(2026, 0, 31).toISOString());
    expect(readTime("2026-01-31 18:00")).toBe(new Date(2026, 0, 31, 18).toISOString());
  });

  it("refuse what is not a time, a record's number or a count", () => {
    for (const wrong of ["", "yesterday", "2026-02-31T10:00:00Z", "2026-13-01", "31.01.2026", "2026-01-31T25:00"]) {
      expect(() => readTime(wrong), wrong).toThrow("2026-01-31 18:00");
    }
    for (const wrong of ["0", "-1", "1.5", "x", "99999999999999999999"]) expect(() => readSeq(wrong), wrong).toThrow();
    for (const wrong of ["0", "", "1e3"]) expect(() => readLimit(wrong), wrong).toThrow();
  });
});
