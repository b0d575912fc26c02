import { describe, expect, test } from "vitest";
import { CONFIDENT_AT, type InterferenceCause, IS_INTERFERENCE } from "../../../../src/domain/interference.ts";
import { NEW_RADIO, seeWifi, type WifiFound } from "../../../../src/health/interference/wifi/wifi-judge.ts";
import type { WifiReading } from "../../../../src/health/interference/wifi/wifi-step.ts";

/** Half a minute of a radio: 200 packets, of 30 s of air. */
interface Air {
  readonly retries?: number;
  readonly failed?: number;
  /** Shares of the air. */
  readonly own?: number;
  readonly other?: number;
  readonly notWifi?: number;
  readonly signal?: number;
  readonly noise?: number;
  readonly bytes?: number;
  /** The station's counters began anew before it. */
  readonly anew?: true;
}

type Tells = "all" | "brcmfmac";

function seen(steps: readonly Air[], tells: Tells = "all"): WifiFound {
  let station: Record<string, number> = { txPackets: 0, txRetries: 0, txFailed: 0, rxBytes: 0, txBytes: 0 };
  let times = { active: 0, busy: 0, receive: 0, bssReceive: 0, transmit: 0 };
  const at = (index: number, { signal = -50, noise }: Air): WifiReading => {
    const { txRetries: _retries, ...few } = station;
    // A noise that never changes would not be believed: it wavers.
    const noiseDbm = noise ?? -95 + (index % 2);
    return {
      at: index * 30_000,
      stations: [
        { mac: "02:00:00:00:00:01", counters: tells === "all" ? station : few, signalDbm: signal, bitrateMbps: 65 },
      ],
      ...(tells === "all" ? { survey: { frequencyMhz: 2437, noiseDbm, times } } : {}),
    };
  };
  let found = seeWifi(NEW_RADIO, at(0, {}));
  for (const [index, air] of steps.entries()) {
    const { retries = 4, failed = 0, own = 0.02, other = 0.05, notWifi = 0.01, bytes = 50_000, anew } = air;
    const from = anew === true ? { txPackets: -190, txRetries: 0, txFailed: 0, rxBytes: 0, txBytes: 0 } : station;
    station = {
      txPackets: (from["txPackets"] ?? 0) + 200,
      txRetries: (from["txRetries"] ?? 0) + retries,
      txFailed: (from["txFailed"] ?? 0) + failed,
      rxBytes: (from["rxBytes"] ?? 0) + bytes,
      txBytes: (from["txBytes"] ?? 0) + 1_000,
    };
    times = {
      active: times.active + 30_000,
      busy: times.busy + 30_000 * (own + other + notWifi),
      receive: times.receive + 30_000 * (own / 2 + other),
      bssReceive: times.bssReceive + 15_000 * own,
      transmit: times.transmit + 15_000 * own,
    };
    found = seeWifi(found.memory, at(index + 1, air));
  }
  return found;
}

/** A quarter of an hour of quiet, then six minutes of this. */
function after(air: Air, tells?: Tells): WifiFound {
  return seen([...Array.from({ length: 30 }, () => ({})), ...Array.from({ length: 13 }, () => air)], tells);
}

const MANY = { retries: 90, failed: 6 } as const;

describe("a radio", () => {
  test("that repeats few frames has no verdict, however full or loud its channel is", () => {
    expect(after({}).verdict).toBeUndefined();
    expect(after({ other: 0.8 }).verdict).toBeUndefined();
    expect(after({ notWifi: 0.6 }).verdict).toBeUndefined();
  });

  // The same symptom in all of them: a third of the frames must be repeated.
  test.each<[InterferenceCause, string, Air]>([
    ["nonWifiEnergy", "a microwave oven", { ...MANY, notWifi: 0.4 }],
    ["neighbourWifi", "the neighbours' networks", { ...MANY, other: 0.7 }],
    ["noiseFloorRaised", "a new lamp", { ...MANY, noise: -80 }],
    ["hiddenNode", "a station that is not heard", { ...MANY }],
    ["ownLoad", "a download of our own", { ...MANY, own: 0.7 }],
    ["ownLoad", "a download of our own that hides behind a busy channel", { ...MANY, own: 0.6, notWifi: 0.15 }],
    ["weakCoverage", "an access point too far away", { ...MANY, signal: -80 }],
    ["weakCoverage", "one too far away, on a busy channel", { ...MANY, signal: -76, other: 0.2 }],
  ])("says %s of %s", (cause, _, air) => {
    const { verdict } = after(air);
    expect(verdict?.cause).toBe(cause);
    expect(verdict?.confidence).toBeGreaterThanOrEqual(CONFIDENT_AT);
    expect(verdict?.evidence.map(({ figure }) => figure)).toContain("retryRatio");
    expect(verdict?.advice.en).not.toBe("");
    expect(verdict?.advice.zh).not.toBe("");
  });

  test("of which the driver tells little says weak coverage or own load, and never guesses interference", () => {
    expect(after({ failed: 6, signal: -74 }, "brcmfmac").verdict?.cause).toBe("weakCoverage");
    expect(after({ failed: 6, bytes: 110_000_000 }, "brcmfmac").verdict?.cause).toBe("ownLoad");
    const { verdict, figures } = after({ failed: 6, notWifi: 0.4 }, "brcmfmac");
    expect(figures).toMatchObject({ failedRatio: 0.03, signalDbm: -50 });
    expect(figures).not.toHaveProperty("retryRatio");
    expect(verdict).toMatchObject({ cause: "notEnoughEvidence" });
    expect(verdict?.confidence).toBeLessThan(CONFIDENT_AT);
    expect(verdict?.next?.en).toContain("does not tell what fills the channel");
  });

  test("is not judged by one or two looks", () => {
    const few = seen([{}, { ...MANY, notWifi: 0.4 }, { ...MANY, notWifi: 0.4 }]);
    expect(few.verdict?.cause).toBe("notEnoughEvidence");
  });

  test("whose counters restart is not taken for one with a burst; that it does so again and again is told", () => {
    const quiet = Array.from({ length: 12 }, () => ({}));
    const once = seen([...quiet, { anew: true, retries: 5_000, failed: 900 }, {}, {}]);
    expect(once.verdict).toBeUndefined();
    expect(once.figures["retryRatio"]).toBeLessThan(0.05);
    expect(once.risen).toBe(false);
    const often = seen([
      ...quiet,
      ...Array.from({ length: 6 }, (_, index): Air => (index % 2 === 0 ? { anew: true, retries: 900 } : {})),
    ]);
    expect(often.verdict?.cause).toBe("countersRestarted");
    expect(IS_INTERFERENCE.countersRestarted).toBe(false);
  });

  test("a noise that the driver never changes is not believed after an hour", () => {
    const steps = Array.from({ length: 125 }, () => ({ noise: -95 }));
    expect(seen(steps.slice(0, 60)).figures["noiseDbm"]).toBe(-95);
    const { figures } = seen([...steps, ...steps.slice(0, 13)]);
    expect(figures).not.toHaveProperty("noiseDbm");
    expect(figures).not.toHaveProperty("snrDb");
  });

  test("has risen when it is disturbed more than is usual, not when its signal fades or its load grows", () => {
    const quiet = Array.from({ length: 30 }, () => ({}));
    expect(seen([...quiet, { notWifi: 0.4 }]).risen).toBe(true);
    expect(seen([...quiet, MANY]).risen).toBe(true);
    expect(seen([...quiet, { own: 0.7 }]).risen).toBe(false);
    expect(seen([...quiet, { signal: -80 }]).risen).toBe(false);
  });
});
