import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { type InterferenceCause, IS_INTERFERENCE } from "../../../../src/domain/interference.ts";
import {
  type EthernetFound,
  type EthernetReading,
  NEW_PORT,
  seeEthernet,
} from "../../../../src/health/interference/ethernet/ethernet-judge.ts";
import { ethernetProbe } from "../../../../src/health/interference/ethernet/ethernet-probe.ts";
import { SysFiles } from "../../../../src/runtime/sys-files.ts";
import { tempDir } from "../../../support/temp-dir.ts";

const HALF_MINUTE = 30_000;
const QUIET = {
  rx_packets: 0,
  tx_packets: 0,
  rx_crc_errors: 0,
  rx_frame_errors: 0,
  collisions: 0,
  carrier_down_count: 0,
};

/** What one half minute adds to the counters. */
interface Step {
  readonly crc?: number;
  readonly missed?: number;
  readonly collisions?: number;
  readonly losses?: number;
  readonly speedMbps?: number;
  readonly duplex?: string;
  /** The driver was loaded anew before it. */
  readonly anew?: true;
}

/** A port that passes 5,000 frames each half minute. */
function seen(steps: readonly Step[]): EthernetFound {
  let counters: Record<string, number> = { ...QUIET, rx_missed_errors: 0 };
  let found = seeEthernet(NEW_PORT, { at: 0, counters, speedMbps: 1_000, duplex: "full" });
  for (const [index, step] of steps.entries()) {
    const { crc = 0, missed = 0, collisions = 0, losses = 0, speedMbps = 1_000, duplex = "full" } = step;
    const from: Record<string, number> = step.anew === true ? { ...QUIET, rx_missed_errors: 0 } : counters;
    const plus = (name: string, more: number): number => (from[name] ?? 0) + more;
    counters = {
      rx_packets: plus("rx_packets", step.anew === true ? 10 : 5_000),
      tx_packets: plus("tx_packets", step.anew === true ? 10 : 5_000),
      rx_crc_errors: plus("rx_crc_errors", crc),
      rx_frame_errors: 0,
      rx_missed_errors: plus("rx_missed_errors", missed),
      collisions: plus("collisions", collisions),
      carrier_down_count: plus("carrier_down_count", losses),
    };
    const reading: EthernetReading = { at: (index + 1) * HALF_MINUTE, counters, speedMbps, duplex };
    found = seeEthernet(found.memory, reading);
  }
  return found;
}

function times(count: number, step: (index: number) => Step): readonly Step[] {
  return Array.from({ length: count }, (_, index) => step(index));
}

function causeOf(steps: readonly Step[]): InterferenceCause | undefined {
  return seen(steps).verdict?.cause;
}

describe("a network cable", () => {
  test("without errors has no verdict", () => {
    expect(causeOf(times(20, () => ({})))).toBeUndefined();
  });

  test("whose frames are damaged in bursts, again and again, is disturbed", () => {
    const { verdict, figures } = seen([
      ...times(20, () => ({})),
      ...times(20, (at) => (at % 4 === 0 ? { crc: 60 } : {})),
    ]);
    expect(verdict?.cause).toBe("ethernetNoise");
    expect(verdict?.confidence).toBeGreaterThanOrEqual(0.6);
    expect(verdict?.evidence[0]).toEqual({
      figure: "damagedPerMillion",
      value: 3_000,
      unit: "perMillion",
      limit: 10,
      usual: 0,
    });
    expect(figures["shareOfLooksWithErrors"]).toBe(0.25);
  });

  // As many damaged frames each time, and no interference.
  test.each<[string, readonly Step[], InterferenceCause]>([
    ["one bad cable damages frames all the time", times(20, () => ({ crc: 15 })), "badCable"],
    ["a plug that was moved makes one burst", times(20, (at) => (at === 9 ? { crc: 300 } : {})), "notEnoughEvidence"],
    [
      "a pair is broken: the speed fell",
      times(20, (at) => ({ speedMbps: at > 3 ? 100 : 1_000, crc: at % 4 === 0 ? 60 : 0 })),
      "badCablePair",
    ],
    [
      "both ends disagree",
      times(20, (at) => ({ duplex: "half", collisions: 400, crc: at % 4 === 0 ? 60 : 0 })),
      "duplexMismatch",
    ],
    [
      "this machine is too busy to fetch frames",
      times(20, (at) => (at % 4 === 0 ? { missed: 60 } : {})),
      "receiverOverrun",
    ],
    ["too little was seen yet", times(4, (at) => (at === 1 ? {} : { crc: 60 })), "notEnoughEvidence"],
  ])("%s: that is no interference", (_, steps, cause) => {
    const found = causeOf(steps);
    expect(found).toBe(cause);
    expect(IS_INTERFERENCE[cause]).toBe(false);
  });

  test("counters that begin anew are no burst, and their look is not counted", () => {
    const { verdict, figures } = seen([...times(12, () => ({})), { anew: true, crc: 900 }, ...times(5, () => ({}))]);
    expect(verdict).toBeUndefined();
    expect(figures["damagedFrames"]).toBe(0);
    expect(causeOf(times(12, (at) => (at % 3 === 2 ? { anew: true, crc: 900 } : {})))).toBe("countersRestarted");
  });

  test("says what to measure next while nothing is certain", () => {
    const { verdict } = seen(times(20, (at) => (at === 9 ? { crc: 300 } : {})));
    expect(verdict?.confidence).toBeLessThan(0.6);
    expect(verdict?.next?.en).toContain("Replace the cable");
    expect(verdict?.next?.zh).toContain("更换网线");
  });

  test("the driver does not count damage for has no figure of it, and no verdict", () => {
    const first = seeEthernet(NEW_PORT, { at: 0, counters: { rx_packets: 0 } });
    const { figures, verdict } = seeEthernet(first.memory, { at: 1, counters: { rx_packets: 9_000 } });
    expect(figures).toEqual({ packets: 9_000 });
    expect(verdict).toBeUndefined();
  });
});

async function lay(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(`${root}${path}`), { recursive: true });
    await writeFile(`${root}${path}`, `${text}\n`);
  }
}

function port(name: string, carrier: string): Record<string, string> {
  return {
    [`/sys/class/net/${name}/type`]: "1",
    [`/sys/class/net/${name}/carrier`]: carrier,
    [`/sys/class/net/${name}/speed`]: "1000",
    [`/sys/class/net/${name}/duplex`]: "full",
    [`/sys/class/net/${name}/statistics/rx_packets`]: "100",
    [`/sys/class/net/${name}/statistics/rx_crc_errors`]: "7",
  };
}

describe("the probe of the cables", () => {
  test("reads hardware only: no bridge, no radio, no port without a cable", async () => {
    await using dir = await tempDir();
    await lay(dir.path, {
      ...port("eth0", "1"),
      "/sys/class/net/eth0/device/vendor": "0x10ec",
      ...port("eth1", "0"),
      "/sys/class/net/eth1/device/vendor": "0x10ec",
      ...port("br0", "1"),
      ...port("wlan0", "1"),
      "/sys/class/net/wlan0/device/vendor": "0x02d0",
      "/sys/class/net/wlan0/phy80211/index": "0",
    });
    await symlink("/nowhere/r8169", `${dir.path}/sys/class/net/eth0/device/driver`);
    let at = 0;
    const probe = ethernetProbe({ files: new SysFiles(dir.path), monotonicMs: () => at });
    const signal = new AbortController().signal;
    expect(await probe.look(signal)).toEqual([
      { channel: "ethernet:eth0", kind: "ethernet", figures: {}, risen: false },
    ]);
    at = HALF_MINUTE;
    await lay(dir.path, { "/sys/class/net/eth0/statistics/rx_packets": "1100" });
    const [report] = await probe.look(signal);
    expect(report?.figures).toEqual({
      packets: 1_000,
      damagedFrames: 0,
      damagedPerMillion: 0,
      shareOfLooksWithErrors: 0,
      speedMbps: 1_000,
      bestMbps: 1_000,
    });
  });
});
