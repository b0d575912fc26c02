import type { InterferenceVerdict } from "../../../domain/interference.ts";
import { evidenceOf, type Figures, type FigureSpecs } from "../figures.ts";
import { type Candidate, weigh, when } from "../weigh.ts";

/** Warning limits of link-health.md 2.4; those of the shares of the air are starting values. */
export const WIFI_FIGURES: FigureSpecs = {
  retryRatio: { unit: "1", limit: 0.15, worse: "up", step: 0.05 },
  failedRatio: { unit: "1", limit: 0.01, worse: "up", step: 0.01 },
  notWifi: { unit: "1", limit: 0.1, worse: "up", step: 0.1 },
  noiseDbm: { unit: "dBm", limit: -88, worse: "up", step: 6 },
  signalDbm: { unit: "dBm", limit: -70, worse: "down", step: 6 },
  snrDb: { unit: "dB", limit: 20, worse: "down", step: 6 },
  utilisation: { unit: "1", limit: 0.5, worse: "up", step: 0.2 },
  otherWifi: { unit: "1", worse: "up", step: 0.2 },
  ownAir: { unit: "1", worse: "up", step: 0.2 },
  ownAirAtLeast: { unit: "1", worse: "up", step: 0.2 },
  beaconLosses: { unit: "count", limit: 1, worse: "up", step: 1 },
  restarts: { unit: "perHour", limit: 3, worse: "up", step: 3 },
};

/** What the figures say, yes or no. `undefined`: nobody can say. */
interface Signs {
  readonly isStrong: boolean;
  readonly isFull: boolean | undefined;
  readonly isEmpty: boolean | undefined;
  readonly isOwn: boolean | undefined;
  readonly isOthers: boolean | undefined;
  readonly hasEnergy: boolean | undefined;
  readonly hasMuchEnergy: boolean | undefined;
  readonly noiseRose: boolean | undefined;
  readonly noiseIsHigh: boolean | undefined;
  readonly isWeak: boolean | undefined;
  readonly isVeryWeak: boolean;
  readonly isGood: boolean | undefined;
  readonly restarts: boolean;
}

/**
 * A full channel or a loud one that costs no frame is nobody's trouble: there is a verdict only when frames are repeated,
 * lost, or beacons are missed.
 *
 * @param completeness  0..1, of the looks that make a verdict.
 */
export function wifiVerdict(figures: Figures, usual: Figures, completeness: number): InterferenceVerdict | undefined {
  const { retryRatio = 0, failedRatio = 0, beaconLosses = 0, restarts = 0 } = figures;
  const hasEffect = retryRatio >= 0.15 || failedRatio >= 0.01 || beaconLosses >= 1;
  if (!hasEffect && restarts < 3) return undefined;
  const signs = signsOf(figures, usual);
  return weigh({
    completeness,
    evidence: evidenceOf(figures, usual, WIFI_FIGURES),
    next: figures["utilisation"] === undefined ? WITHOUT_SURVEY : WITH_SURVEY,
    candidates: candidates(signs),
  });
}

function signsOf(figures: Figures, usual: Figures): Signs {
  const { utilisation, ownAir, ownAirAtLeast, otherWifi, notWifi, noiseDbm, signalDbm, snrDb } = figures;
  const { retryRatio = 0, failedRatio = 0, restarts = 0 } = figures;
  const { noiseDbm: usualNoise, notWifi: usualEnergy = Number.POSITIVE_INFINITY } = usual;
  const rise = noiseDbm === undefined || usualNoise === undefined ? undefined : noiseDbm - usualNoise;
  return {
    isStrong: retryRatio >= 0.3 || failedRatio >= 0.05,
    isFull: when(utilisation, (share) => share >= 0.5),
    isEmpty: when(utilisation, (share) => share < 0.3),
    isOwn: isOwn(utilisation, ownAir, ownAirAtLeast),
    isOthers: when(otherWifi, (share) => share > (utilisation ?? 1) / 2),
    hasEnergy: when(notWifi, (share) => share >= 0.1),
    hasMuchEnergy: when(notWifi, (share) => share >= 0.25 || share >= 3 * usualEnergy),
    noiseRose: when(rise, (db) => db > 6),
    noiseIsHigh: when(noiseDbm, (dbm) => dbm >= -88),
    isWeak: when(signalDbm, (dbm) => dbm <= -70),
    isVeryWeak: when(signalDbm, (dbm) => dbm <= -78) === true || when(snrDb, (db) => db < 12) === true,
    isGood: when(snrDb, (db) => db > 25),
    restarts: restarts >= 3,
  };
}

/** Where the channel's own times are not known, bits that fill a third of it by themselves fill it: heads, pauses, answers. */
function isOwn(utilisation?: number, ownAir?: number, atLeast?: number): boolean | undefined {
  if (utilisation !== undefined && ownAir !== undefined) return utilisation >= 0.5 && ownAir > utilisation * 0.6;
  return when(atLeast, (share) => share >= 0.35);
}

function candidates(signs: Signs): readonly Candidate[] {
  const { isFull, isOwn: own, isWeak, isGood, hasEnergy, noiseRose, isStrong } = signs;
  const notOwn = own !== true;
  const notWeak = isWeak === undefined ? undefined : !isWeak;
  return [
    { cause: "countersRestarted", must: [signs.restarts], signs: [{ weight: 0.8, holds: true }] },
    {
      cause: "ownLoad",
      must: [own],
      signs: [
        { weight: 0.7, holds: true },
        { weight: 0.15, holds: isFull },
        { weight: 0.15, holds: no(hasEnergy) },
      ],
    },
    {
      // Noise that is high or rose drowns a good signal too: then it is not the distance.
      cause: "weakCoverage",
      must: [isWeak, noiseRose !== true, signs.noiseIsHigh !== true],
      signs: [
        { weight: 0.6, holds: true },
        { weight: 0.2, holds: signs.isVeryWeak },
        { weight: 0.2, holds: no(signs.noiseIsHigh) },
      ],
    },
    {
      cause: "nonWifiEnergy",
      must: [hasEnergy, notOwn],
      signs: [
        { weight: 0.45, holds: true },
        { weight: 0.15, holds: signs.hasMuchEnergy },
        { weight: 0.2, holds: notWeak },
        { weight: 0.15, holds: isStrong },
        { weight: 0.05, holds: noiseRose },
      ],
    },
    {
      cause: "neighbourWifi",
      must: [isFull, signs.isOthers, notOwn, hasEnergy !== true],
      signs: [
        { weight: 0.6, holds: true },
        { weight: 0.2, holds: notWeak },
        { weight: 0.1, holds: isStrong },
      ],
    },
    {
      cause: "noiseFloorRaised",
      must: [noiseRose, notOwn],
      signs: [
        { weight: 0.6, holds: true },
        { weight: 0.15, holds: signs.noiseIsHigh },
        { weight: 0.1, holds: isStrong },
      ],
    },
    {
      cause: "hiddenNode",
      must: [isGood, signs.isEmpty, no(hasEnergy), no(noiseRose), notOwn],
      signs: [
        { weight: 0.6, holds: true },
        { weight: 0.1, holds: isStrong },
      ],
    },
  ];
}

function no(sign: boolean | undefined): boolean | undefined {
  return sign === undefined ? undefined : !sign;
}

const WITH_SURVEY = {
  en: "Wait six minutes with the till in use, then look again; move this machine a metre and compare.",
  zh: "在收款使用中等待六分钟再看；把本机移动一米后比较。",
};

const WITHOUT_SURVEY = {
  en: "This radio does not tell what fills the channel. Measure with another device or a phone's Wi-Fi analyser next to it, or try 5 GHz or a cable for a day.",
  zh: "本机无线网卡不提供信道占用情况。用另一台设备或手机 Wi-Fi 分析仪在旁测量，或试用 5 GHz 或网线一天。",
};
