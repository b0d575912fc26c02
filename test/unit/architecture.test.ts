import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { tempDir } from "../support/temp-dir.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const CONFIG = join(ROOT, ".dependency-cruiser.cjs");
/** ms. The checker reads every file; the machine may be busy. */
const CRUISE_MS = 120_000;

const cruised = z.object({
  modules: z.array(z.object({ source: z.string() })),
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

/** Runs the checker as `npm run boundaries` does, in another directory if need be. */
async function cruise(cwd: string): Promise<z.output<typeof cruised>> {
  const checker = join(ROOT, "node_modules/.bin/depcruise");
  const args = ["--config", CONFIG, "--output-type", "json", "src"];
  const json = await new Promise<string>((done, fail) => {
    // Its exit code is the number of violations: what it wrote decides.
    execFile(checker, args, { cwd, maxBuffer: 2 ** 28 }, (error, stdout) => {
      if (stdout === "") fail(error ?? new Error("the checker wrote nothing"));
      else done(stdout);
    });
  });
  return cruised.parse(JSON.parse(json));
}

async function typeScriptBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(ROOT, directory), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1));
}

function ruleNames(): readonly string[] {
  const config: unknown = createRequire(import.meta.url)(CONFIG);
  const { forbidden } = z.object({ forbidden: z.array(z.object({ name: z.string() })) }).parse(config);
  return forbidden.map((rule) => rule.name);
}

/** A tree in which every rule is broken once. */
function plantedFiles(rules: readonly string[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const layers = rules.filter((rule) => rule.startsWith("layer-")).map((rule) => rule.slice("layer-".length));
  const confined = rules.filter((rule) => rule.startsWith("confined-")).map((rule) => rule.slice("confined-".length));
  for (const layer of layers) files.set(`src/${layer}/planted.ts`, 'export { gateway } from "../gateway.ts";\n');
  for (const name of confined) {
    files.set(`node_modules/${name}/package.json`, JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
    files.set(`node_modules/${name}/index.js`, "module.exports = {};\n");
  }
  files.set("src/gateway.ts", `${confined.map((name) => `import "${name}";\n`).join("")}export const gateway = 1;\n`);
  files.set("src/ring-a.ts", 'export { b } from "./ring-b.ts";\nexport const a = 1;\n');
  files.set("src/ring-b.ts", 'export { a } from "./ring-a.ts";\nexport const b = 1;\n');
  files.set("src/unresolved.ts", 'export { absent } from "./absent.ts";\n');
  files.set("src/domain/impure.ts", 'import { readFileSync } from "node:fs";\nexport const read = readFileSync;\n');
  files.set("src/drivers/driver.ts", "export const driver = 1;\n");
  files.set("src/sim/acquirer/planted.ts", 'export { driver } from "../../drivers/driver.ts";\n');
  files.set("src/drivers/zvt/planted.ts", "export const zvt = 1;\n");
  files.set(
    "src/drivers/iso8583/planted.ts",
    'import type { zvt } from "../zvt/planted.ts";\nexport const seen: typeof zvt = 1;\n',
  );
  files.set("node_modules/zod/package.json", JSON.stringify({ name: "zod", version: "1.0.0", main: "index.js" }));
  files.set("node_modules/zod/index.js", "module.exports = {};\n");
  files.set("src/queue/writer-thread.ts", 'export { manifest } from "./planted-manifest.ts";\n');
  files.set("src/queue/planted-manifest.ts", 'import "zod";\nexport const manifest = 1;\n');
  files.set("tsconfig.json", "{}");
  return files;
}

describe("dependency boundaries", () => {
  it("are checked in every source file that is on disk, and kept", { timeout: CRUISE_MS }, async () => {
    const { modules, summary } = await cruise(ROOT);
    const seen = modules.map((module) => module.source).filter((source) => source.startsWith("src/"));
    expect(seen.toSorted()).toEqual((await typeScriptBelow("src")).toSorted());
    expect(summary.violations).toEqual([]);
  });

  it("are noticed when they are crossed: every rule can fail", { timeout: CRUISE_MS }, async () => {
    const rules = ruleNames();
    await using dir = await tempDir();
    for (const [path, text] of plantedFiles(rules)) {
      await mkdir(dirname(dir.file(path)), { recursive: true });
      await writeFile(dir.file(path), text);
    }
    const { summary } = await cruise(dir.path);
    const broken = new Set(summary.violations.map((violation) => violation.rule.name));
    expect([...broken].toSorted()).toEqual(rules.toSorted());
  });
});

async function offences(paths: readonly string[], patterns: readonly RegExp[]): Promise<readonly string[]> {
  const texts = await Promise.all(
    paths.map(async (path) => ({ path, text: await readFile(join(ROOT, path), "utf8") })),
  );
  return texts.flatMap(({ path, text }) =>
    patterns.filter((pattern) => pattern.test(text)).map((pattern) => `${path}: ${pattern.source}`),
  );
}

describe("source text", () => {
  /** What turns a check off, for one line or more. */
  const FORBIDDEN = [
    /@ts-(ignore|expect-error|nocheck)/,
    /(eslint|oxlint|biome)-(disable|ignore)/,
    /\b(v8|c8|istanbul) ignore\b/,
    /\bas any\b/,
    /\bas unknown as\b/,
    /\b(TODO|FIXME|XXX)\b/,
  ];
  /** The boundary checker does not see these (it does see `export { type x } from`). */
  const UNSEEN = [/^export type (\{[^}]*\}|\*[^;]*) from/m];
  const IMPURE = [/\bMath\.random\b/, /\bDate\.now\b/, /\bnew Date\(\)/, /\bperformance\.now\b/, /\bcrypto\./];
  const PURE = /^src\/(domain|diagnosis|risk|incidents|drivers\/wire|drivers\/[^/]+\/(codec|machine))\//;

  it("turns no check off", async () => {
    const paths = [...(await typeScriptBelow("src")), ...(await typeScriptBelow("bench"))];
    expect(paths.length).toBeGreaterThan(50);
    expect(await offences(paths, [...FORBIDDEN, ...UNSEEN])).toEqual([]);
  });

  it("reads neither clock nor chance where it is pure: a restart is a replay", async () => {
    const paths = (await typeScriptBelow("src")).filter((path) => PURE.test(path));
    expect(paths.length).toBeGreaterThan(10);
    expect(await offences(paths, IMPURE)).toEqual([]);
  });
});
