import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { seq } from "../../../../src/domain/record.ts";
import { machineNode, startNode } from "../../../../src/health/machine-node.ts";
import { type BootSigns, rebootOf } from "../../../../src/health/machine/reboot.ts";
import { RebootWatch } from "../../../../src/health/machine/reboot-watch.ts";
import { silentLog } from "../../../../src/runtime/log.ts";
import { SysFiles } from "../../../../src/runtime/sys-files.ts";
import { tempDir, type TempDir } from "../../../support/temp-dir.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { waitUntil } from "../../../support/wait-until.ts";

const NO_SIGNS: BootSigns = { lastWords: 0 };

function causeOf(ended: boolean, signs: BootSigns = NO_SIGNS): string | undefined {
  return rebootOf({ bootId: "boot-1", ended }, "boot-2", signs)?.cause;
}

test("a machine that was not shut down has lost its power; one that was has been restarted", () => {
  expect(causeOf(false)).toBe("powerLost");
  expect(causeOf(true)).toBe("restart");
});

test("what the hardware watchdog or a dying kernel left speaks louder", () => {
  expect(causeOf(false, { watchdogStatus: 0x20, lastWords: 2 })).toBe("watchdog");
  expect(causeOf(false, { watchdogStatus: 0x04, lastWords: 0 })).toBe("powerLost");
  expect(causeOf(true, { lastWords: 2 })).toBe("kernel");
});

test("a daemon that starts anew in the same boot, and the first of all, tell of no restart of the machine", () => {
  expect(rebootOf({ bootId: "boot-1", ended: false }, "boot-1", NO_SIGNS)).toBeUndefined();
  expect(rebootOf(undefined, "boot-1", NO_SIGNS)).toBeUndefined();
});

test("a power loss is shown for a day with what to do; an ordinary restart is not shown", () => {
  const day = 86_400_000;
  expect(startNode({ cause: "powerLost", at: 0 }, day)).toMatchObject({ status: "warn", observedValue: "powerLost" });
  expect(startNode({ cause: "powerLost", at: 0 }, day + 1)).toBeUndefined();
  expect(startNode({ cause: "restart", at: 0 }, 0)).toBeUndefined();
  expect(machineNode(new Map(), startNode({ cause: "kernel", at: 0 }, 0)).status).toBe("warn");
});

/** One life of the daemon: what it recorded, and what it left behind while it ran and at its end. */
async function life(
  dir: TempDir,
): Promise<{ readonly recorded: readonly object[]; readonly left: readonly unknown[] }> {
  const recorded: object[] = [];
  const watch = new RebootWatch({
    directory: dir.path,
    files: new SysFiles(dir.file("machine")),
    clock: new VirtualClock(),
    log: silentLog,
    record: async ({ kind, body }) => {
      recorded.push({ kind, ...body });
      return Promise.resolve(seq(1));
    },
  });
  const left = async (): Promise<unknown> => JSON.parse(await readFile(dir.file("last-run.json"), "utf8"));
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  const runs = { bootId: "virtual", ended: false };
  await waitUntil("it has left behind that it runs", async () => {
    try {
      return JSON.stringify(await left()) === JSON.stringify(runs);
    } catch {
      return false;
    }
  });
  stop.abort(new Error("enough"));
  await running;
  return { recorded, left: [runs, await left()] };
}

test("the next run finds how the last one ended, and records what became of the machine meanwhile", async () => {
  await using dir = await tempDir();
  const first = await life(dir);
  expect(first).toEqual({ recorded: [], left: [expect.anything(), { bootId: "virtual", ended: true }] });
  expect((await life(dir)).recorded).toEqual([]);
  await writeFile(dir.file("last-run.json"), JSON.stringify({ bootId: "before", ended: false }));
  expect((await life(dir)).recorded).toMatchObject([{ kind: "power", event: "rebooted", cause: "powerLost" }]);
});

test("a file that is damaged tells nothing, and is written anew", async () => {
  await using dir = await tempDir();
  await writeFile(dir.file("last-run.json"), '{"bootId": 7');
  expect(await life(dir)).toEqual({ recorded: [], left: [expect.anything(), { bootId: "virtual", ended: true }] });
});
