import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ptyCable, type PtyCable } from "../../../src/sim/pty-cable.ts";
import { tempDir } from "../../support/temp-dir.ts";

/** What comes out of one end when it is written into the other. */
async function through({ near, far }: PtyCable, text: string): Promise<string> {
  const script = `exec 3<>"$1"; printf %s "$3" > "$2"; head -c ${text.length} <&3`;
  return (await promisify(execFile)("sh", ["-c", script, "sh", far, near, text], { timeout: 20_000 })).stdout;
}

async function aCable(directory: string): Promise<PtyCable> {
  const cable = await ptyCable(directory);
  if (cable === undefined) throw new Error("no socat");
  return cable;
}

describe("a cable between two ports", () => {
  it("carries bytes, is gone when it is pulled, and has the same names when it is plugged in again", async () => {
    await using dir = await tempDir();
    await using cable = await aCable(dir.path);
    expect(await through(cable, "before")).toBe("before");
    await cable.pull();
    expect([cable.near, cable.far].filter((path) => existsSync(path))).toEqual([]);
    await cable.plug();
    await cable.plug();
    expect(await through(cable, "after")).toBe("after");
  });

  it("is none where socat makes no ports", async () => {
    expect(await ptyCable("/nowhere/at/all")).toBeUndefined();
  });
});
