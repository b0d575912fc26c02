import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { main } from "../../../src/cli/program.ts";
import { Appender, whatIsMissing } from "../../../src/cli/selftest/appender.ts";
import { blackHole } from "../../../src/cli/selftest/black-hole.ts";
import { crash } from "../../../src/cli/selftest/crash.ts";
import { durability } from "../../../src/cli/selftest/durability.ts";
import { fillOneOf } from "../../../src/cli/selftest/full-disk.ts";
import { limitedFiles, loopDisk } from "../../../src/cli/selftest/small-disk.ts";
import type { TrialPlace } from "../../../src/cli/selftest/trial.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const run = promisify(execFile);
const never = new AbortController().signal;

function place({ path }: TempDir): TrialPlace {
  return { directory: path, clock: systemClock(), random: Math.random };
}

async function impossible(): Promise<never> {
  throw new Error("not on this machine");
}

describe("a trial of the selftest", () => {
  it("kills a process that appends, and finds all that was acknowledged", async () => {
    await using dir = await tempDir();
    const [finding] = await crash(place(dir), never);
    expect(finding).toMatchObject({ name: "crashSurvived" });
    expect(finding?.figures["records"]).toBeGreaterThan(0);
  });

  it("fills a file system that is really small, is refused, loses nothing, and goes on when there is room", async () => {
    await using dir = await tempDir();
    const [finding] = await fillOneOf([loopDisk], place(dir), never);
    expect(finding).toMatchObject({ name: "fullSurvived", figures: { code: "store.full" } });
    expect((await run("mount")).stdout).not.toContain(dir.path);
  });

  it("does the same for somebody who may not mount, under a limit on what a process may write", async () => {
    await using dir = await tempDir();
    const [finding] = await fillOneOf([limitedFiles], place(dir), never);
    expect(finding?.name).toBe("fullSurvived");
  });

  it("says why when no disk can be made full here", async () => {
    await using dir = await tempDir();
    expect(await fillOneOf([impossible], place(dir), never)).toEqual([
      { name: "fullImpossible", figures: { reason: "not on this machine" } },
    ]);
  });

  it("runs the gateway on a line that swallows everything, then mends it: all arrives once", async () => {
    await using dir = await tempDir();
    const [finding] = await blackHole(place(dir), never);
    expect(finding).toMatchObject({ name: "holeSurvived", figures: { broker: "mosquitto" } });
    expect(finding?.figures["records"]).toBeGreaterThanOrEqual(200);
  });

  it("says how long a commit takes here, and whether it is on disk then", async () => {
    await using dir = await tempDir();
    const findings = await durability(place(dir), never);
    expect(findings.map(({ name }) => name)).toContain("durable");
    expect(findings.some(({ figures }) => Number(figures["p99"]) > 0)).toBe(true);
  });
});

it("a loss would be seen: an acknowledged record that is gone, or is another", async () => {
  await using dir = await tempDir();
  const store = dir.file("store");
  await using appender = new Appender(store);
  await waitUntil("some records are acknowledged", () => appender.said.acknowledged.size > 20);
  await appender.kill();
  const { acknowledged } = appender.said;
  expect(await whatIsMissing(store, acknowledged)).toBeUndefined();
  const other = new Map(acknowledged).set(3, "another");
  expect(await whatIsMissing(store, other)).toBe("record 3 is not the one that was acknowledged");
  const db = new Database(join(store, "ledger.db"));
  const cut = Math.max(...acknowledged.keys()) - 4;
  db.prepare("DELETE FROM record WHERE seq > ?").run(cut);
  db.close();
  expect(await whatIsMissing(store, acknowledged)).toMatch(/acknowledged records are gone$/);
});

const answer = z.object({
  directory: z.string(),
  fileSystem: z.string(),
  results: z.array(
    z.object({ trial: z.string(), status: z.string(), found: z.string(), remedy: z.string().optional() }),
  ),
});

describe("tillgate selftest", () => {
  it("tries everything beside the store, says what to do, fails only when something failed, and leaves nothing", async () => {
    await using dir = await tempDir();
    const output = new CapturedOutput();
    const code = await main(["selftest", "--directory", dir.path, "--json"], output);
    const { results, fileSystem } = answer.parse(JSON.parse(output.printed.join("\n")));
    expect([...new Set(results.map(({ trial }) => trial))]).toEqual(["durability", "crash", "fullDisk", "blackHole"]);
    // A machine that is busy with other tests may be too slow for it: then it has to say so.
    expect(code).toBe(results.some(({ status }) => status === "fail") ? 1 : 0);
    for (const { status, remedy } of results) if (status !== "pass") expect(remedy ?? "").not.toBe("");
    expect(fileSystem).toContain("mounted at");
    expect(await readdir(dir.path)).toEqual([]);
  });

  it("cleans up when it is stopped in the middle: no file, no mount, no process", async () => {
    await using dir = await tempDir();
    const child = spawn(process.execPath, ["src/main.ts", "selftest", "--directory", dir.path], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const gone = once(child, "close");
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await waitUntil("it has begun with the crashes", () => said.includes("clock"));
    child.kill("SIGINT");
    await gone;
    expect(child.exitCode).toBe(1);
    expect(await readdir(dir.path)).toEqual([]);
    expect((await run("mount")).stdout).not.toContain(dir.path);
    const { stdout } = await run("ps", ["-eo", "args"]);
    expect(stdout).not.toContain(dir.path);
  });

  it("says in words when it cannot begin", async () => {
    await using dir = await tempDir();
    const output = new CapturedOutput();
    expect(await main(["selftest", "--directory", dir.file("absent")], output)).toBe(1);
    expect(output.complained[0]).toContain("absent");
    await mkdir(dir.file("x"));
    expect(await main(["selftest", "--config", dir.file("x/absent.yaml")], output)).toBe(78);
  });
});
