import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { routerProbe } from "../../../../../src/health/link/probes/router-probe.ts";
import type { LookByTcp } from "../../../../../src/health/link/probes/tcp-look.ts";
import type { RunTool } from "../../../../../src/runtime/run-tool.ts";
import { SysFiles } from "../../../../../src/runtime/sys-files.ts";
import { type TempDir, tempDir } from "../../../../support/temp-dir.ts";

const { signal } = new AbortController();
let root: TempDir;
beforeEach(async () => {
  root = await tempDir();
});
afterEach(async () => root[Symbol.asyncDispose]());

interface Router {
  pings: boolean;
  connects: "refused" | "silent";
  neighbour: string;
}

async function shop(
  router: Router,
): Promise<{ readonly look: () => Promise<unknown>; readonly pass: (ms: number) => void }> {
  await mkdir(join(root.path, "proc/net"), { recursive: true });
  await writeFile(
    join(root.path, "proc/net/route"),
    "Iface Destination Gateway Flags RefCnt Use Metric Mask\neth0 00000000 0101A8C0 0003 0 0 100 00000000\n",
  );
  const run: RunTool = async (command) => {
    if (command === "ip")
      return { ok: true, stdout: JSON.stringify([{ dst: "192.168.1.1", state: [router.neighbour] }]) };
    if (!router.pings) return { ok: false, because: "failed", code: 1, stderr: "" };
    return { ok: true, stdout: "3 packets transmitted, 3 received\nrtt min/avg/max/mdev = 1/2/3/0 ms" };
  };
  const tcpLook: LookByTcp = async () =>
    router.connects === "refused" ? { outcome: "refused", rttMs: 2 } : { outcome: "silent" };
  let now = 0;
  const probe = routerProbe(
    { files: new SysFiles(root.path), run, icmp: "auto", timeoutMs: 1_000, tcpLook, monotonicMs: () => now },
    1,
  );
  return {
    look: async () => probe.look(signal),
    pass: (ms) => {
      now += ms;
    },
  };
}

test("a router that answered a minute ago and is silent now is silent, whatever the kernel still believes", async () => {
  const router: Router = { pings: true, connects: "refused", neighbour: "REACHABLE" };
  const { look, pass } = await shop(router);
  expect(await look()).toMatchObject([{ ok: true, rttMs: 2 }]);
  router.pings = false;
  router.connects = "silent";
  pass(10_000);
  expect(await look()).toMatchObject([{ ok: false, fault: "router.silent" }]);
  // Who is still believed in after that long is there, and drops what it is asked.
  pass(60_000);
  expect(await look()).toMatchObject([{ ok: true }]);
});

test.each([
  ["REACHABLE", [{ ok: true }]],
  ["FAILED", [{ ok: false, fault: "router.silent" }]],
  ["STALE", []],
])("a router that never answered and is %s in the neighbour table", async (neighbour, found) => {
  const { look } = await shop({ pings: false, connects: "silent", neighbour });
  expect(await look()).toMatchObject(found);
});

test("a router that refuses the connection is there", async () => {
  const { look } = await shop({ pings: false, connects: "refused", neighbour: "FAILED" });
  expect(await look()).toMatchObject([{ ok: true, rttMs: 2 }]);
});
