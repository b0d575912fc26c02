import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { generatedFiles } from "../../../deploy/generate.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblems } from "../../../src/config/problem.ts";
import { FAMILIES } from "../../../src/config-families.ts";

const FILES = [...generatedFiles()];
const EXAMPLE = generatedFiles().get("tillgate.example.yaml") ?? "";

/** Takes one `#` away from keys and blocks that may be left out; comments keep theirs. */
function enabled(text: string): string {
  return text.replaceAll(/^( *)#(?=[a-z]| {2})/gm, "$1");
}

/** Of a link's two keys only one can be put to use: the other one is tried here. */
function withSerialLinks(text: string): string {
  return text.replaceAll(/^ +tcp: .*\n/gm, "");
}

function problemsIn(text: string): string {
  const result = loadConfig(text, FAMILIES);
  return result.ok ? "" : formatProblems(result.problems);
}

describe("files written from the config schema", () => {
  it.each(FILES)("deploy/%s is up to date", async (name, text) => {
    const onDisk = await readFile(new URL(`../../../deploy/${name}`, import.meta.url), "utf8");
    expect(onDisk === text, `deploy/${name} is stale: run \`npm run generate\``).toBe(true);
  });

  it("the example is a good config", () => {
    expect(problemsIn(EXAMPLE)).toBe("");
  });

  it("the example is still one when every key in it is put to use", () => {
    const once = enabled(EXAMPLE);
    const twice = enabled(once);
    expect(EXAMPLE.length).toBeGreaterThan(once.length);
    expect(once.length).toBeGreaterThan(twice.length);
    expect(problemsIn(withSerialLinks(twice))).toBe("");
  });
});
