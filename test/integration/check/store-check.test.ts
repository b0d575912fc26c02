import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { storeCheck } from "../../../src/cli/check/store-check.ts";
import { tempDir } from "../../support/temp-dir.ts";

describe("the store directory", () => {
  it("that can be used is found so, and nothing is left in it", async () => {
    await using dir = await tempDir();
    // The machine that runs the tests may itself live on an overlay.
    const findings = await storeCheck({ directory: dir.path, allowVolatile: true });
    expect(findings.map(({ found }) => found)).toContain("writes reach the disk");
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    expect(readdirSync(dir.path)).toEqual([]);
  });

  it("that is yet to be made is looked at where it will be", async () => {
    await using dir = await tempDir();
    const findings = await storeCheck({ directory: dir.file("ledger"), allowVolatile: true });
    expect(findings.map(({ found }) => found)).toContain("writes reach the disk");
    expect(existsSync(dir.file("ledger"))).toBe(false);
  });

  it("in memory is an error, unless that is asked for", async () => {
    const directory = await mkdtemp("/dev/shm/tillgate-");
    try {
      const [refused] = await storeCheck({ directory, allowVolatile: false });
      expect(refused).toMatchObject({ level: "error", found: `${directory} is on tmpfs` });
      expect(refused?.remedy).toContain("store.directory");
      const allowed = await storeCheck({ directory, allowVolatile: true });
      expect(allowed.map(({ found }) => found)).toContain("writes reach the disk");
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("that is a file, or nowhere, is an error that says what to do", async () => {
    await using dir = await tempDir();
    await writeFile(dir.file("file"), "");
    for (const directory of [dir.file("file"), dir.file("no/where")]) {
      const findings = await storeCheck({ directory, allowVolatile: true });
      expect(findings.map(({ level }) => level)).toEqual(["error"]);
      expect(findings[0]?.remedy).not.toBe("");
    }
  });
});
