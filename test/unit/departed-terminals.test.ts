import { readdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { departedTerminals, TOLD_TERMINALS_FILE } from "../../src/departed-terminals.ts";
import { terminalId } from "../../src/domain/terminal.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { tempDir } from "../support/temp-dir.ts";

async function topics(directory: string, ...present: readonly string[]): Promise<readonly string[]> {
  const states = await departedTerminals(directory, present.map(terminalId), silentLog);
  expect(states.every((state) => state.current() === "" && state.fingerprint() === "")).toBe(true);
  return states.map(({ topic }) => topic);
}

test("a terminal that left the config is taken away at every start, and no more once it is back", async () => {
  await using dir = await tempDir();
  expect(await topics(dir.path, "till-1", "till-2")).toEqual([]);
  expect(await topics(dir.path, "till-2")).toEqual(["terminals/till-1"]);
  expect(await topics(dir.path, "till-2", "till-3")).toEqual(["terminals/till-1"]);
  expect(await topics(dir.path, "till-1", "till-3")).toEqual(["terminals/till-2"]);
  expect(await readdir(dir.path)).toEqual([TOLD_TERMINALS_FILE]);
});

test("nothing is taken away where the list is missing, spoilt or cannot be kept", async () => {
  await using dir = await tempDir();
  expect(await topics(dir.file("nowhere"), "till-1")).toEqual([]);
  for (const text of ["", "{}", "[1]", '["a/b", "+"]']) {
    await writeFile(dir.file(TOLD_TERMINALS_FILE), text);
    expect(await topics(dir.path, "till-1")).toEqual([]);
  }
});
