import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { CapturedOutput } from "../../support/captured-output.ts";

const run = promisify(execFile);

describe("tillgate", () => {
  it("prints its help and its version", async () => {
    const help = new CapturedOutput();
    expect(await main(["--help"], help)).toBe(0);
    for (const command of ["run", "demo", "check", "status", "journal", "backup", "restore", "rescue", "selftest"]) {
      expect(help.printed.join("\n")).toMatch(new RegExp(`^  ${command} `, "m"));
    }
    const version = new CapturedOutput();
    expect(await main(["--version"], version)).toBe(0);
    expect(version.printed[0]).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("says what is wrong with a command line, by an exit code that no finding uses", async () => {
    for (const args of [
      [],
      ["statu"],
      ["run"],
      ["demo", "--for", "0"],
      ["status", "--url", "ftp://x"],
      ["journal", "export", "--store", "/tmp", "--format", "xml"],
      ["journal", "list"],
      ["backup"],
      ["backup", "--store", "/tmp"],
      ["restore", "--store", "/tmp"],
      ["restore", "--drill"],
      ["rescue", "export", "--store", "/tmp", "--out", "/tmp/absent"],
      ["rescue", "export", "--store", "/tmp", "--out", "/tmp/absent", "--gateway", "a/b"],
      ["rescue", "import", "/tmp/absent", "--identity", "/tmp/absent"],
      ["selftest", "--lang", "de"],
    ]) {
      const output = new CapturedOutput();
      expect(await main(args, output), args.join(" ")).toBe(64);
      expect(output.complained.length).toBeGreaterThan(0);
    }
  });

  it("does not repeat a card number that somebody typed", async () => {
    const output = new CapturedOutput();
    expect(await main(["journal", "list", "--store", "/tmp", "--last4", "6212340000000001"], output)).toBe(64);
    expect(output.complained.join("\n")).toContain("--last4");
    expect(output.complained.join("\n")).not.toContain("621234");
  });

  it("refuses an older Node in words, before it loads anything that needs a newer one", async () => {
    const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.18.0' } })";
    const started = run(process.execPath, ["--import", `data:text/javascript,${older}`, "src/main.ts", "--version"]);
    await expect(started).rejects.toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        "tillgate needs Node.js 24 or newer; this is v22.18.0. " +
        "Run it through npm (npm run demo), which uses the runtime the project brings.\n",
    });
  });
});
