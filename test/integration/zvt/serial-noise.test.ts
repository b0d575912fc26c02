import { describe, expect, test } from "vitest";
import { cardToken } from "../../../src/domain/card.ts";
import { instant } from "../../../src/domain/clock.ts";
import type { DeviceDriver } from "../../../src/domain/device.ts";
import { type ChannelReport, IS_INTERFERENCE } from "../../../src/domain/interference.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { type PaymentAnswer, paymentId } from "../../../src/domain/payment.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { withPlaceCounters } from "../../../src/drivers/transport/counted-place.ts";
import { linkPlace } from "../../../src/drivers/transport/link-place.ts";
import { zvtDriver } from "../../../src/drivers/zvt/index.ts";
import { zvtOptions } from "../../../src/drivers/zvt/options.ts";
import { SerialLines } from "../../../src/health/interference/serial/serial-lines.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { serveZvtPort } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { type NoisyCable, noisyCable, wrongSpeedCable } from "../../support/noisy-cable.ts";

const T1 = terminalId("till-1");
const never = new AbortController().signal;
const AMOUNT = 1_234;

/** Receipts come here, each as one block of a thousand bytes; or the terminal prints them. */
const PRINTED = { here: "9E", there: "98" } as const;

/** The real driver at a real port, with less patience than in the field. */
function driverAt(path: string, configByte: string): DeviceDriver {
  const options = {
    ...zvtOptions.parse({ family: "zvt", configByte, link: { serial: { path } } }),
    // Longer than T1: after a spoilt byte, 200 ms of silence tell where the next block begins.
    ackTimeoutMs: 250,
    answerTimeoutMs: 1_000,
    completionTimeoutS: 2,
  };
  const place = linkPlace(options.link);
  const deps = {
    clock: systemClock(),
    log: silentLog,
    random: () => 0.5,
    tokenise: () => cardToken("0123456789abcdef"),
    news: () => undefined,
  };
  const setup = { terminal: T1, options, currency: currency("EUR"), timezone: "Europe/Berlin" };
  return withPlaceCounters(zvtDriver(setup, place, deps), place);
}

/** A line that is looked at after every sale, as if half a minute had passed. */
function watched(driver: DeviceDriver): { look(): Promise<ChannelReport>; readonly lines: SerialLines } {
  let at = 0;
  const lines = new SerialLines([T1], {
    counters: () => new Map([[T1, driver.counters()]]),
    monotonicMs: () => at,
    now: () => instant(0),
    hourOfWeek: () => 18,
    busy: () => 0,
  });
  return {
    lines,
    look: async () => {
      at += 30_000;
      const [report] = await lines.look();
      if (report === undefined) throw new Error("there is one line");
      return report;
    },
  };
}

/** A sale over a session of its own; no session, no sale. */
async function sell(driver: DeviceDriver, n: number): Promise<PaymentAnswer["outcome"] | "noSession"> {
  try {
    await using session = await driver.open(never);
    const order = {
      payment: paymentId(`p-${n}`),
      kind: "sale",
      amount: minorUnits(AMOUNT),
      currency: currency("EUR"),
    } as const;
    return (await session.pay(order, () => undefined, never)).outcome;
  } catch {
    return "noSession";
  }
}

interface Course {
  readonly report: ChannelReport;
  readonly lines: SerialLines;
  readonly outcomes: readonly string[];
}

/** Sells until so many frames went over the line, and holds every answer against the terminal's books. */
async function selling(cable: NoisyCable, sales: number, printed: keyof typeof PRINTED = "here"): Promise<Course> {
  using terminal = new ZvtTerminal({ times: { answerMs: 1_000, ackMs: 250, againMs: 100 } });
  await using _ = await serveZvtPort(terminal, cable.far);
  const driver = driverAt(cable.path, PRINTED[printed]);
  const line = watched(driver);
  const outcomes: string[] = [];
  let report = await line.look();
  for (let n = 0; n < sales; n++) {
    const before = terminal.books.charges.length;
    const outcome = await sell(driver, n);
    await terminal.whenIdle();
    const charged = terminal.books.charges.length - before;
    expect({ n, outcome, charged }).toMatchObject(outcome === "approved" ? { charged: 1 } : { n });
    if (outcome !== "approved" && outcome !== "inDoubt") expect({ n, outcome, charged }).toMatchObject({ charged: 0 });
    expect(charged).toBeLessThanOrEqual(1);
    outcomes.push(outcome);
    report = await line.look();
  }
  expect(terminal.books.bookings.every(({ ordered }) => ordered === AMOUNT)).toBe(true);
  return { report, lines: line.lines, outcomes };
}

describe("a ZVT terminal on a noisy serial line", () => {
  test.each([
    { rate: 0.001, sales: 40, approved: 35, printed: "here" },
    // With every hundredth byte spoilt, no block of a thousand bytes would ever come through.
    { rate: 0.01, sales: 30, approved: 10, printed: "there" },
    { rate: 0.05, sales: 30, approved: 0, printed: "there" },
  ] as const)(
    "of which $rate of the bytes arrive as others is said to be disturbed, and no payment is wrong",
    async (weather) => {
      await using cable = await noisyCable(weather.rate, 7);
      const { report, lines, outcomes } = await selling(cable, weather.sales, weather.printed);
      expect(cable.spoilt()).toBeGreaterThan(0);
      const counted = lines.view(T1)?.lastHour;
      expect((counted?.checksumFaults ?? 0) + (counted?.truncatedFrames ?? 0)).toBeGreaterThan(0);
      expect(counted?.naksReceived).toBeGreaterThan(0);
      expect(counted?.retransmits).toBeGreaterThan(0);
      expect(outcomes.filter((outcome) => outcome === "approved").length).toBeGreaterThanOrEqual(weather.approved);
      expect({ figures: report.figures, ...report.verdict }).toMatchObject({ cause: "lineNoise" });
      expect(report.verdict?.confidence).toBeGreaterThanOrEqual(0.6);
    },
  );

  test("without noise has nothing to be said of it", async () => {
    await using cable = await noisyCable(0, 7);
    const { report, outcomes } = await selling(cable, 20);
    expect(new Set(outcomes)).toEqual(new Set(["approved"]));
    expect(report.verdict).toBeUndefined();
    expect(report.figures).toMatchObject({ frameErrorRate: 0, garbageBytes: 0 });
  });

  test("that is read at another speed has wrong settings, and no interference", async () => {
    await using cable = await wrongSpeedCable();
    const { report, outcomes } = await selling(cable, 5);
    expect(new Set(outcomes)).toEqual(new Set(["noSession"]));
    expect(report.figures["garbageBytes"]).toBeGreaterThan(0);
    expect({ figures: report.figures, ...report.verdict }).toMatchObject({ cause: "wrongLineSettings" });
    expect(IS_INTERFERENCE[report.verdict?.cause ?? "lineNoise"]).toBe(false);
  });
});
