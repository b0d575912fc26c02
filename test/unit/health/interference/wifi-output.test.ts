import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import {
  parseLink,
  parseStations,
  parseSurvey,
  type Survey,
} from "../../../../src/health/interference/wifi/iw-output.ts";
import { stepBetween, type WifiReading } from "../../../../src/health/interference/wifi/wifi-step.ts";

async function said(name: string): Promise<string> {
  return readFile(new URL(`fixtures/${name}`, import.meta.url), "utf8");
}

async function reading(driver: string, moment: "a" | "b", hasSurvey = true): Promise<WifiReading> {
  const survey = hasSurvey ? parseSurvey(await said(`${driver}-survey-${moment}.txt`)) : undefined;
  const stations = parseStations(await said(`${driver}-station-${moment}.txt`));
  return { at: moment === "a" ? 0 : 30_000, stations, ...(survey === undefined ? {} : { survey }) };
}

describe("what iw says", () => {
  test("of brcmfmac leaves out retries, beacon loss and air time: they are unknown, not 0", async () => {
    const [station] = parseStations(await said("brcmfmac-station-a.txt"));
    expect(station?.counters).toEqual({
      rxBytes: 104512233,
      rxPackets: 98231,
      txBytes: 20112233,
      txPackets: 61234,
      txFailed: 12,
    });
    expect(station).toMatchObject({ signalDbm: -52, bitrateMbps: 65, connectedS: 86_400 });
    expect(parseLink(await said("brcmfmac-link.txt"))).toEqual({ connected: true, frequencyMhz: 2437 });
    expect(parseLink("Not connected.\n")).toEqual({ connected: false });
  });

  test("of ath9k has the channel in use among others, and the average signal", async () => {
    const [station] = parseStations(await said("ath9k-station-a.txt"));
    expect(station?.signalDbm).toBe(-54);
    expect(station?.counters).toMatchObject({ txRetries: 31_000, beaconLoss: 0, txAirMs: 61_000 });
    expect(parseSurvey(await said("ath9k-survey-a.txt"))).toEqual({
      frequencyMhz: 2437,
      noiseDbm: -95,
      times: { active: 1704490481, busy: 945335227, receive: 584372518, transmit: 310956458 },
    });
  });

  test("of mt76 has several stations, and links within one that do not count for it", async () => {
    expect(parseStations(await said("mt76-station-a.txt")).map(({ mac }) => mac)).toEqual([
      "02:aa:00:00:00:01",
      "02:aa:00:00:00:02",
    ]);
    const [station, ...others] = parseStations(await said("mt76-station-mlo.txt"));
    expect(others).toEqual([]);
    expect(station?.counters).toEqual({ rxPackets: 98, txPackets: 9, txRetries: 3, txFailed: 0 });
    expect(station?.connectedS).toBe(188);
  });

  test("survives lines that are missing, new or changed, in any place", async () => {
    const text = await said("ath9k-station-a.txt");
    const lines = text.split("\n");
    for (let at = 1; at < lines.length - 1; at += 1) {
      const without = parseStations(lines.toSpliced(at, 1).join("\n"));
      expect(without).toHaveLength(1);
      expect(parseStations(lines.toSpliced(at, 0, "\tair quality:\tgood", "\t\tdeep: 9").join("\n"))).toEqual(
        parseStations(text),
      );
      const changed = parseStations(lines.toSpliced(at, 1, `${lines[at]?.split(":")[0] ?? ""}: N/A`).join("\n"));
      expect(Object.values(changed[0]?.counters ?? {}).every(Number.isFinite)).toBe(true);
    }
    for (const other of ["", "command failed: No such device (-19)\n", "{}", "Usage:\tiw [options] command"]) {
      expect(parseStations(other)).toEqual([]);
      expect(parseSurvey(other)).toBeUndefined();
      expect(parseLink(other)).toBeUndefined();
    }
    const noUse = (await said("ath9k-survey-a.txt")).replace(" [in use]", "");
    expect(parseSurvey(noUse)).toBeUndefined();
  });
});

/** As iw 5.19 tells it. */
function withoutBss(one: WifiReading): WifiReading {
  if (one.survey === undefined) return one;
  const { bssReceive: _gone, ...times } = one.survey.times;
  return { ...one, survey: { ...one.survey, times } };
}

describe("half a minute of air", () => {
  test("is split into own, other Wi-Fi and what is not Wi-Fi, by air time of stations on ath9k", async () => {
    const { look, counts } = stepBetween(await reading("ath9k", "a"), await reading("ath9k", "b"));
    // 30,000 ms: busy 16,500, receive 4,500 of which 900 our stations', transmit 600.
    expect(look).toEqual({
      utilisation: 0.55,
      ownAir: 0.05,
      otherWifi: 0.12,
      notWifi: 0.38,
      signalDbm: -54,
      noiseDbm: -93,
      snrDb: 39,
      ownAirAtLeast: 0.003,
    });
    expect(counts).toMatchObject({ txPackets: 1_000, txRetries: 430, txFailed: 8 });
  });

  test("is split by the survey's own share on mt76, whose stations' air time is always 0", async () => {
    const { look, counts } = stepBetween(await reading("mt76", "a"), await reading("mt76", "b"));
    // busy 18,000, receive 12,000 of which 3,000 our stations', transmit 4,500.
    expect(look).toMatchObject({ utilisation: 0.6, ownAir: 0.25, otherWifi: 0.3, notWifi: 0.05, signalDbm: -63 });
    expect(counts).toMatchObject({ txPackets: 500, txRetries: 200 });
  });

  test("has no own share where neither tells it, rather than 0", async () => {
    const { look } = stepBetween(withoutBss(await reading("mt76", "a")), withoutBss(await reading("mt76", "b")));
    expect(look).toMatchObject({ utilisation: 0.6, notWifi: 0.05 });
    expect(look).not.toHaveProperty("ownAir");
    expect(look).not.toHaveProperty("otherWifi");
  });

  test("of brcmfmac is not known, its failures are", async () => {
    const { look, counts } = stepBetween(await reading("brcmfmac", "a", false), await reading("brcmfmac", "b", false));
    expect(look).toEqual({ signalDbm: -52, ownAirAtLeast: 0.002 });
    expect(counts).toEqual({ rxBytes: 400_000, rxPackets: 500, txBytes: 100_000, txPackets: 400, txFailed: 8 });
  });

  test.each<[string, (survey: Survey) => Survey]>([
    ["another channel", (survey) => ({ ...survey, frequencyMhz: 2412 })],
    ["counters that went back", (survey) => ({ ...survey, times: { ...survey.times, busy: 5 } })],
    ["busier than there was time", (survey) => ({ ...survey, times: { ...survey.times, busy: 945_335_227 + 31_000 } })],
    ["less than a second", (survey) => ({ ...survey, times: { ...survey.times, active: 1_704_490_481 + 900 } })],
    ["no time at all", (survey) => ({ ...survey, times: {} })],
  ])("says nothing after %s", async (_, change) => {
    const later = await reading("ath9k", "b");
    const survey = later.survey === undefined ? {} : { survey: change(later.survey) };
    const { look } = stepBetween(await reading("ath9k", "a"), { ...later, ...survey });
    expect(look).not.toHaveProperty("utilisation");
    expect(look).not.toHaveProperty("notWifi");
  });
});
