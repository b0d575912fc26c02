import { describe, expect, test } from "vitest";
import { type Instant, instant } from "../../../../src/domain/clock.ts";
import { type ChannelReport, type InterferenceCause, IS_INTERFERENCE } from "../../../../src/domain/interference.ts";
import { type TerminalId, terminalId } from "../../../../src/domain/terminal.ts";
import { hoursOfWeek } from "../../../../src/health/interference/serial/hour-of-week.ts";
import { SerialLines } from "../../../../src/health/interference/serial/serial-lines.ts";
import { surroundings } from "../../../../src/health/interference/surroundings.ts";

const T1 = terminalId("T1");
const T2 = terminalId("T2");
const LOOK_MS = 30_000;
const HOUR_MS = 3_600_000;

type Step = Readonly<Record<string, number>>;

/** What half a minute of a busy line adds. */
const BUSY: Step = { framesReceived: 20, framesSent: 20, acksReceived: 20, bytesIn: 500 };
/** Bytes were changed, in both directions. */
const CHANGED: Step = { ...BUSY, checksumFaults: 2, naksSent: 2, naksReceived: 1, retransmits: 1 };
const QUIET: Step = {};

/** Lines whose counters a test moves on, half a minute at a time. */
class Desk {
  at = 0;
  busy = 0;
  now: Instant | undefined;
  readonly lines: SerialLines;
  readonly #counters = new Map<TerminalId, Record<string, number>>();

  constructor(...terminals: readonly TerminalId[]) {
    this.lines = new SerialLines(terminals, {
      counters: () => new Map([...this.#counters].map(([terminal, counters]) => [terminal, { ...counters }])),
      monotonicMs: () => this.at,
      now: () => this.now,
      hourOfWeek: hoursOfWeek("Asia/Shanghai"),
      busy: () => this.busy,
    });
  }

  /** A driver that was made anew counts from zero. */
  anew(terminal: TerminalId): void {
    this.#counters.set(terminal, {});
  }

  async pass(steps: Readonly<Record<string, Step>>): Promise<readonly ChannelReport[]> {
    this.at += LOOK_MS;
    for (const [name, step] of Object.entries(steps)) {
      const counters = this.#counters.get(terminalId(name)) ?? {};
      for (const [counter, more] of Object.entries(step)) counters[counter] = (counters[counter] ?? 0) + more;
      this.#counters.set(terminalId(name), counters);
    }
    return this.lines.look();
  }

  async passed(looks: number, steps: (look: number) => Readonly<Record<string, Step>>): Promise<ChannelReport> {
    let reports: readonly ChannelReport[] = [];
    for (let look = 0; look < looks; look++) reports = await this.pass(steps(look));
    const [first] = reports;
    if (first === undefined) throw new Error("there is no line");
    return first;
  }
}

function causeOf({ verdict }: ChannelReport): InterferenceCause | undefined {
  return verdict?.cause;
}

function isInterference({ verdict }: ChannelReport): boolean {
  return verdict !== undefined && IS_INTERFERENCE[verdict.cause];
}

describe("a serial line", () => {
  test("without errors has no verdict", async () => {
    expect(causeOf(await new Desk(T1).passed(40, () => ({ T1: BUSY })))).toBeUndefined();
  });

  test("whose bytes are changed in both directions is disturbed, and the numbers say so", async () => {
    const report = await new Desk(T1).passed(40, () => ({ T1: CHANGED }));
    expect(causeOf(report)).toBe("lineNoise");
    expect(report.verdict?.confidence).toBeGreaterThanOrEqual(0.6);
    expect(report.verdict?.evidence[0]).toMatchObject({ figure: "frameErrorRate", value: 0.091, limit: 0.005 });
    expect(report.verdict?.advice.zh).toMatch(/[一-鿿]/);
  });

  test("that shows the same errors after few frames is not judged: more is to be measured", async () => {
    const report = await new Desk(T1).passed(3, () => ({ T1: CHANGED }));
    expect(causeOf(report)).toBe("notEnoughEvidence");
    expect(report.verdict?.next?.en).toMatch(/20 minutes/);
    expect(report.verdict?.next?.zh).toMatch(/20 分钟/);
  });

  test("of which not one frame was ever understood has wrong settings", async () => {
    const garbage: Step = { framesSent: 6, garbageBytes: 80, checksumFaults: 1, bytesIn: 85 };
    const report = await new Desk(T1).passed(5, () => ({ T1: garbage }));
    expect(causeOf(report)).toBe("wrongLineSettings");
    expect(isInterference(report)).toBe(false);
  });

  test("that worked before and brings only garbage now is not told to change its settings", async () => {
    const desk = new Desk(T1);
    await desk.passed(10, () => ({ T1: BUSY }));
    const report = await desk.passed(60, () => ({ T1: { framesSent: 6, garbageBytes: 80, bytesIn: 80 } }));
    expect(causeOf(report)).toBe("notEnoughEvidence");
  });

  test("that shows the same errors while the other line is clean has a bad cable", async () => {
    const report = await new Desk(T1, T2).passed(40, () => ({ T1: CHANGED, T2: BUSY }));
    expect(causeOf(report)).toBe("badCable");
    expect(isInterference(report)).toBe(false);
  });

  test("that is damaged together with the other one is disturbed", async () => {
    expect(causeOf(await new Desk(T1, T2).passed(40, () => ({ T1: CHANGED, T2: CHANGED })))).toBe("lineNoise");
  });

  test("whose frames are cut off and whose link goes away has a bad cable", async () => {
    const cut: Step = { ...BUSY, truncatedFrames: 2, linksLost: 1 };
    const report = await new Desk(T1).passed(40, () => ({ T1: cut }));
    expect(causeOf(report)).toBe("badCable");
  });

  test("whose frames are cut off only while this machine is busy is read too late", async () => {
    const desk = new Desk(T1);
    desk.busy = 0.95;
    const report = await desk.passed(40, () => ({ T1: { ...BUSY, truncatedFrames: 2 } }));
    expect(causeOf(report)).toBe("receiverOverrun");
    expect(isInterference(report)).toBe(false);
  });

  test("whose driver was made anew has no errors from that", async () => {
    const desk = new Desk(T1);
    await desk.passed(40, () => ({ T1: BUSY }));
    desk.anew(T1);
    expect(causeOf(await desk.passed(1, () => ({ T1: BUSY })))).toBeUndefined();
    expect(desk.lines.view(T1)?.lastHour.framesReceived).toBe(41 * 20);
  });

  test("whose driver is made anew again and again is no interference", async () => {
    const desk = new Desk(T1);
    let report = await desk.passed(40, () => ({ T1: BUSY }));
    for (let times = 0; times < 3; times++) {
      desk.anew(T1);
      report = await desk.passed(1, () => ({ T1: { framesReceived: 3 - times } }));
    }
    expect(causeOf(report)).toBe("countersRestarted");
  });

  test("over which nothing came is unknown, and not clean", async () => {
    const report = await new Desk(T1).passed(3, () => ({ T1: QUIET }));
    expect(report.unread?.en).toMatch(/Nothing has come/);
    expect(report.figures).toEqual({});
    expect(causeOf(report)).toBeUndefined();
  });

  test("that rises in the same minute as a network cable is disturbed by its surroundings", async () => {
    const desk = new Desk(T1);
    await desk.passed(60, () => ({ T1: BUSY }));
    const report = await desk.passed(2, () => ({ T1: { ...CHANGED, checksumFaults: 8 } }));
    expect(report.risen).toBe(true);
    const serial = { report, risenAt: desk.at };
    const cable = {
      report: { channel: "ethernet:eth0", kind: "ethernet", figures: {}, risen: true },
      risenAt: desk.at - 20_000,
    } as const;
    expect(surroundings(serial, [serial, cable], desk.at)?.cause).toBe("environment");
    expect(surroundings(serial, [serial], desk.at)).toBeUndefined();
  });
});

describe("a serial line's memory", () => {
  test("forgets what is older than an hour in the one sum and older than a day in the other", async () => {
    const desk = new Desk(T1);
    await desk.passed(2, () => ({ T1: CHANGED }));
    desk.at += 2 * HOUR_MS;
    await desk.passed(1, () => ({ T1: BUSY }));
    expect(desk.lines.view(T1)?.lastHour).toMatchObject({ framesReceived: 20, checksumFaults: 0 });
    expect(desk.lines.view(T1)?.lastDay).toMatchObject({ framesReceived: 60, checksumFaults: 4, naksReceived: 2 });
    desk.at += 25 * HOUR_MS;
    await desk.passed(1, () => ({ T1: QUIET }));
    expect(desk.lines.view(T1)?.lastDay.checksumFaults).toBe(0);
  });

  test("knows the hour of the week in which errors come, in the shop's time", async () => {
    const desk = new Desk(T1);
    // A Monday, 00:00 in Shanghai.
    const monday = Date.parse("2026-11-23T00:00:00+08:00");
    for (let hour = 0; hour < 24; hour++) {
      desk.now = instant(monday + hour * HOUR_MS);
      const step = hour === 12 ? { ...BUSY, checksumFaults: 4 } : hour === 3 ? { ...BUSY, checksumFaults: 1 } : BUSY;
      await desk.passed(4, () => ({ T1: step }));
    }
    expect(desk.lines.view(T1)?.worstHour).toMatchObject({ weekday: 1, hour: 12, errorRate: 0.1667 });
  });

  test("is not misled by a clock that nobody believes", async () => {
    const desk = new Desk(T1);
    await desk.passed(8, () => ({ T1: CHANGED }));
    expect(desk.lines.view(T1)?.worstHour).toBeUndefined();
    expect(desk.lines.view(T1)?.frameErrorRate).toBeGreaterThan(0);
  });

  test("is kept for terminals on serial lines only", () => {
    expect(new Desk(T1).lines.view(T2)).toBeUndefined();
  });
});
