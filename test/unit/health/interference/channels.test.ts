import { describe, expect, test } from "vitest";
import type { ChannelProbe, ChannelReport, InterferenceVerdict } from "../../../../src/domain/interference.ts";
import { terminalId } from "../../../../src/domain/terminal.ts";
import { type RecordDraft, seq } from "../../../../src/domain/record.ts";
import { learnt, NOTHING_LEARNT, risenFigures, usualOf } from "../../../../src/health/interference/baseline.ts";
import { rises } from "../../../../src/health/interference/counters.ts";
import { InterferenceWatch } from "../../../../src/health/interference/interference-watch.ts";
import { surroundings } from "../../../../src/health/interference/surroundings.ts";
import { interferenceNode } from "../../../../src/health/interference-node.ts";
import { silentLog } from "../../../../src/runtime/log.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const SPECS = {
  retryRatio: { unit: "1", worse: "up", step: 0.05 },
  signalDbm: { unit: "dBm", worse: "down", step: 6 },
} as const;

function verdictOf(cause: InterferenceVerdict["cause"], confidence = 0.8): InterferenceVerdict {
  const evidence = [{ figure: "retryRatio", value: 0.31, unit: "1", usual: 0.05 }];
  return { cause, confidence, evidence, advice: { en: "Do this.", zh: "这样做。" } };
}

function reportOf(channel: string, kind: ChannelReport["kind"], more: Partial<ChannelReport> = {}): ChannelReport {
  return { channel, kind, figures: { retryRatio: 0.31 }, risen: true, ...more };
}

function looks(count: number, value: number): typeof NOTHING_LEARNT {
  let baseline = NOTHING_LEARNT;
  for (let at = 0; at < count; at += 1) {
    baseline = learnt(baseline, { retryRatio: value + (at % 3) * 0.01, signalDbm: -50 }, SPECS, at * 30_000);
  }
  return baseline;
}

describe("what is usual on a channel", () => {
  test("is not known from a few looks, and nothing has risen then", () => {
    expect(usualOf(looks(11, 0.05))).toEqual({});
    expect(risenFigures(looks(11, 0.05), { retryRatio: 0.9 }, SPECS)).toEqual([]);
  });

  test("is the median; what lies far beyond its own spread has risen, in the direction that is worse", () => {
    const baseline = looks(40, 0.05);
    expect(usualOf(baseline)).toEqual({ retryRatio: 0.06, signalDbm: -50 });
    expect(risenFigures(baseline, { retryRatio: 0.31, signalDbm: -40 }, SPECS)).toEqual(["retryRatio"]);
    expect(risenFigures(baseline, { retryRatio: 0.09, signalDbm: -57 }, SPECS)).toEqual(["signalDbm"]);
  });

  test("is not moved by one bad hour in a day", () => {
    let baseline = NOTHING_LEARNT;
    for (let at = 0; at < 120 * 10; at += 1) {
      const isBad = at >= 120 * 5 && at < 120 * 6;
      baseline = learnt(baseline, { retryRatio: isBad ? 0.5 : 0.05 }, SPECS, at * 30_000);
    }
    expect(usualOf(baseline)).toEqual({ retryRatio: 0.05 });
  });
});

describe("counters", () => {
  test("that went back have restarted; one that is new or gone is not known", () => {
    expect(rises({ a: 5, gone: 1 }, { a: 9, fresh: 4 })).toEqual({ a: 4 });
    expect(rises({ a: 5 }, { a: 4 })).toBe("restarted");
  });
});

describe("a rise in the same minute", () => {
  const wifi = {
    report: reportOf("wifi:wlan0", "wifi", { verdict: verdictOf("notEnoughEvidence", 0.3) }),
    risenAt: 100_000,
  };
  const cable = {
    report: reportOf("ethernet:eth0", "ethernet", { verdict: verdictOf("ethernetNoise") }),
    risenAt: 130_000,
  };

  test("on two kinds of lines comes from the surroundings", () => {
    expect(surroundings(wifi, [wifi, cable], 140_000)).toMatchObject({ cause: "environment", confidence: 0.7 });
    const serial = { report: reportOf("serial:T2", "serial"), risenAt: 90_000 };
    expect(surroundings(wifi, [wifi, cable, serial], 140_000)?.confidence).toBe(0.85);
  });

  test.each([
    ["on two ports of one kind does not", { ...cable, report: { ...cable.report, kind: "wifi" as const } }],
    ["ten minutes apart does not", { ...cable, risenAt: 700_000 }],
    [
      "on a line with one bad cable does not",
      { ...cable, report: { ...cable.report, verdict: verdictOf("badCable") } },
    ],
    [
      "on a line that this machine's own load fills does not",
      { ...cable, report: { ...cable.report, verdict: verdictOf("ownLoad") } },
    ],
    ["that was none does not", { ...cable, risenAt: undefined }],
  ])("%s", (_, other) => {
    expect(surroundings(wifi, [wifi, other], 140_000)).toBeUndefined();
  });
});

/** The answers of one probe, look after look, and what the ledger was told. */
async function watched(answers: readonly (readonly ChannelReport[])[]): Promise<{
  readonly events: readonly object[];
  readonly watch: InterferenceWatch;
}> {
  const stop = new AbortController();
  const clock = new VirtualClock();
  const drafts: RecordDraft[] = [];
  let asked = 0;
  const probe: ChannelProbe = {
    kind: "wifi",
    everyMs: 30_000,
    look: async () => {
      asked += 1;
      return Promise.resolve(answers[asked - 1] ?? answers.at(-1) ?? []);
    },
  };
  const watch = new InterferenceWatch([probe], {
    clock,
    log: silentLog,
    random: () => 0.5,
    sample: () => undefined,
    record: async (draft) => Promise.resolve(seq(drafts.push(draft))),
  });
  const running = watch.run(stop.signal);
  while (asked < answers.length) await clock.pass(30_000);
  stop.abort(new Error("over"));
  await running;
  expect(clock.sleepers).toBe(0);
  return { events: drafts.map(({ body }) => body), watch };
}

describe("the watch over the channels", () => {
  const noisy = [reportOf("wifi:wlan0", "wifi", { verdict: verdictOf("nonWifiEnergy") })];
  const calm = [reportOf("wifi:wlan0", "wifi", { risen: false, figures: { retryRatio: 0.02 } })];

  test("records what begins, becomes another and ends, not a single odd look", async () => {
    const loaded = [reportOf("wifi:wlan0", "wifi", { verdict: verdictOf("ownLoad") })];
    const { events } = await watched([
      calm,
      noisy,
      calm,
      ...Array.from({ length: 4 }, () => noisy),
      ...Array.from({ length: 3 }, () => loaded),
      ...Array.from({ length: 3 }, () => calm),
    ]);
    expect(events).toMatchObject([
      { event: "interferenceBegan", channel: "wifi:wlan0", verdict: { cause: "nonWifiEnergy" } },
      { event: "interferenceChanged", verdict: { cause: "ownLoad" } },
      { event: "interferenceEnded", verdict: { cause: "ownLoad" } },
    ]);
  });

  test("does not record what is not certain, and ends what has gone away", async () => {
    const unsure = [reportOf("wifi:wlan0", "wifi", { verdict: verdictOf("notEnoughEvidence", 0.4) })];
    const { events } = await watched([unsure, unsure, unsure, unsure]);
    expect(events).toEqual([]);
    const gone = await watched([noisy, noisy, noisy, []]);
    expect(gone.events).toMatchObject([{ event: "interferenceBegan" }, { event: "interferenceEnded" }]);
    expect(gone.watch.view()).toEqual([]);
  });

  test("says in the health tree what disturbs, how certain that is, the numbers and what to do", async () => {
    const { watch } = await watched([noisy]);
    expect(interferenceNode(watch.view()).parts).toEqual([
      {
        name: "wifi:wlan0",
        status: "warn",
        observedValue: "nonWifiEnergy",
        reason:
          "Interference: Something that is not Wi-Fi transmits on this channel. Certainty 80 %. retryRatio 0.31 (usually 0.05)",
        advice: "Do this.",
      },
    ]);
  });

  test("takes what cannot be read, and what is not certain, for unknown", async () => {
    const unread = [
      reportOf("wifi:wlan0", "wifi", { risen: false, figures: {}, unread: { en: "iw is missing.", zh: "缺少 iw。" } }),
    ];
    expect(interferenceNode((await watched([unread])).watch.view())).toMatchObject({
      status: "unknown",
      reason: "wifi:wlan0: iw is missing.",
    });
    expect(interferenceNode((await watched([calm])).watch.view()).status).toBe("pass");
    const unsure = { ...verdictOf("notEnoughEvidence", 0.4), next: { en: "Measure.", zh: "测量。" } };
    const { parts } = interferenceNode(
      (await watched([[reportOf("wifi:wlan0", "wifi", { verdict: unsure })]])).watch.view(),
    );
    expect(parts).toMatchObject([{ status: "unknown", observedValue: "notEnoughEvidence", advice: "Measure." }]);
  });
});

const rose = (channel: string, kind: ChannelReport["kind"], terminal: string): Parameters<typeof surroundings>[0] => ({
  report: reportOf(channel, kind, { terminal: terminalId(terminal), verdict: verdictOf("lineNoise") }),
  risenAt: 1_000,
});

test("a terminal's serial line and its USB adapter are one line: both rising is no sign of the surroundings", () => {
  const [serial, usb, another] = [
    rose("serial:T1", "serial", "T1"),
    rose("usb:1-1", "usb", "T1"),
    rose("usb:1-2", "usb", "T2"),
  ];
  expect(surroundings(serial, [serial, usb], 2_000)).toBeUndefined();
  expect(surroundings(serial, [serial, usb, another], 2_000)).toMatchObject({ cause: "environment" });
});
