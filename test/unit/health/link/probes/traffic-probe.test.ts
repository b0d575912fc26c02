import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LineLoad } from "../../../../../src/health/link/line-load.ts";
import { trafficProbe } from "../../../../../src/health/link/probes/traffic-probe.ts";
import type { RunTool } from "../../../../../src/runtime/run-tool.ts";
import { SysFiles } from "../../../../../src/runtime/sys-files.ts";
import { type TempDir, tempDir } from "../../../../support/temp-dir.ts";

const { signal } = new AbortController();
let root: TempDir;

beforeEach(async () => {
  root = await tempDir();
  await mkdir(join(root.path, "proc/net"), { recursive: true });
  await mkdir(join(root.path, "sys/class/net/eth0/statistics"), { recursive: true });
  await mkdir(join(root.path, "proc/self/fd"), { recursive: true });
  await symlink("socket:[77]", join(root.path, "proc/self/fd/20"));
  await symlink("/dev/null", join(root.path, "proc/self/fd/0"));
  await writeFile(
    join(root.path, "proc/net/route"),
    "Iface Destination Gateway Flags RefCnt Use Metric Mask\neth0 00000000 0101A8C0 0003 0 0 100 00000000\n",
  );
});
afterEach(async () => root[Symbol.asyncDispose]());

/** A machine with a session, seen every five seconds. */
function machine() {
  const load = new LineLoad(1);
  let now = 0;
  let asked = 0;
  let connections = "";
  const run: RunTool = async () => {
    asked += 1;
    return { ok: true, stdout: connections };
  };
  const probe = trafficProbe({
    files: new SysFiles(root.path),
    run,
    peers: [
      { stage: "hqTcp", subject: "hq.example:8883", endpoint: { host: "hq.example", port: 8883 } },
      { stage: "acquirer", subject: "unionpay", endpoint: { host: "203.0.113.9", port: 9000 } },
    ],
    load,
    monotonicMs: () => now,
  });
  return {
    load,
    asked: () => asked,
    now: () => now,
    look: async (sent: number, received: number, printed: string) => {
      now += 5_000;
      connections = printed;
      const place = join(root.path, "sys/class/net/eth0/statistics");
      await writeFile(join(place, "tx_bytes"), `${sent}\n`);
      await writeFile(join(place, "rx_bytes"), `${received}\n`);
      return probe.look(signal);
    },
  };
}

function session(acknowledged: number, segments: number, more = "", peer = "198.51.100.7:8883", inode = 77): string {
  return `0 0 10.0.0.2:50000 ${peer} uid:998 ino:${inode} sk:1 <->\n\t cubic rtt:20.5/3 bytes_acked:${acknowledged} data_segs_out:${segments} lastack:40 ${more}minrtt:18\n`;
}

function both(acknowledged: number, segments: number): string {
  return (
    session(acknowledged, segments, "", "203.0.113.9:9000") +
    session(acknowledged, segments, "", "203.0.113.10:9000").replace("50000", "50001")
  );
}

test("much in either direction makes the line busy; little does not", async () => {
  const { look, load, now } = machine();
  await look(0, 0, "");
  await look(10_000, 10_000, "");
  expect(load.isBusy(now())).toBe(false);
  await look(20_000, 500_000, "");
  expect(load.isBusy(now())).toBe(true);
});

test("a counter that has begun anew makes nothing busy", async () => {
  const { look, load, now } = machine();
  await look(900_000_000, 0, "");
  await look(100, 0, "");
  expect(load.isBusy(now())).toBe(false);
});

test("an idle line is asked seldom, a busy one each time", async () => {
  const { look, asked } = machine();
  for (let n = 0; n < 12; n += 1) await look(n * 1_000, 0, "");
  expect(asked()).toBe(2);
  for (let n = 1; n < 4; n += 1) await look(11_000 + n * 500_000, 0, "");
  expect(asked()).toBeGreaterThanOrEqual(4);
});

test("what the session had to send again between two looks, and how long its way takes, is headquarters' stage's", async () => {
  const { look } = machine();
  await look(0, 0, session(1_000, 10));
  const found = await look(500_000, 0, session(9_000, 110, "retrans:0/7 lost:2 "));
  expect(found).toEqual([
    {
      stage: "hqTcp",
      subject: "hq.example:8883",
      via: "traffic",
      ok: true,
      ageMs: 40,
      rttMs: 20.5,
      packets: { sent: 100, lost: 7, overMs: 5_000 },
      detail: "2 segments lost now",
    },
  ]);
});

test("a connection that rests, or sends in vain, proves nothing", async () => {
  const { look } = machine();
  await look(0, 0, session(1_000, 10));
  expect(await look(500_000, 0, session(1_000, 10))).toEqual([]);
  expect(await look(1_000_000, 0, session(1_000, 16, "retrans:1/6 "))).toEqual([]);
});

test("a connection to the acquirer is told by its address, and one to somebody else on that port is not", async () => {
  const { look } = machine();
  await look(0, 0, both(1_000, 10));
  const found = await look(500_000, 0, both(2_000, 20));
  expect(found).toMatchObject([{ stage: "acquirer", subject: "unionpay", packets: { sent: 10, lost: 0 } }]);
});

test("a connection of another program to that port is not ours", async () => {
  const { look } = machine();
  await look(0, 0, session(1_000, 10, "", "198.51.100.9:8883", 78));
  expect(await look(500_000, 0, session(9_000, 110, "", "198.51.100.9:8883", 78))).toEqual([]);
});

test("an acknowledgement without an age came just now", async () => {
  const { look } = machine();
  await look(0, 0, session(1_000, 10));
  const found = await look(500_000, 0, session(9_000, 110).replace("lastack:40 ", ""));
  expect(found).toMatchObject([{ ageMs: 0, packets: { sent: 100, lost: 0 } }]);
});

test("an acquirer's acknowledgements speak for the way to it alone, and not for the time of its answers", async () => {
  const { look } = machine();
  await look(0, 0, both(1_000, 10));
  const [found] = await look(500_000, 0, both(2_000, 20));
  expect(found).toMatchObject({ stage: "acquirer", isOfTheWay: true });
  expect(found).not.toHaveProperty("rttMs");
});
