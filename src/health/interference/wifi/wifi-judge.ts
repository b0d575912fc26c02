import type { InterferenceVerdict } from "../../../domain/interference.ts";
import { type Baseline, learnt, NOTHING_LEARNT, risenFigures, usualOf } from "../baseline.ts";
import { type Counters, ratio, sumOf } from "../counters.ts";
import { type Figures, known, medians } from "../figures.ts";
import { stepBetween, type WifiReading, type WifiStep } from "./wifi-step.ts";
import { WIFI_FIGURES, wifiVerdict } from "./wifi-verdict.ts";

export interface WifiMemory {
  readonly last?: WifiReading;
  readonly steps: readonly WifiStep[];
  /** When counters began anew. ms, monotonic. */
  readonly restarts: readonly number[];
  /** The noise that the driver says, and since when it says just that. */
  readonly noise?: { readonly dbm: number; readonly since: number };
  readonly baseline: Baseline;
}

export interface WifiFound {
  readonly memory: WifiMemory;
  readonly figures: Figures;
  readonly risen: boolean;
  readonly verdict?: InterferenceVerdict;
}

export const NEW_RADIO: WifiMemory = { steps: [], restarts: [], baseline: NOTHING_LEARNT };

/** Utilisation swings by itself: the median of so many looks counts (link-health.md 2.3). */
const WINDOW = 12;
const HOUR_MS = 3_600_000;
/** With fewer packets a share of them is chance (link-health.md 2.4). */
const ENOUGH_PACKETS = 100;

/** With one more reading of a radio. Knows no clock. */
export function seeWifi(before: WifiMemory, reading: WifiReading): WifiFound {
  const { at } = reading;
  const dbm = reading.survey?.noiseDbm;
  const noise = dbm === undefined ? undefined : before.noise?.dbm === dbm ? before.noise : { dbm, since: at };
  const step = before.last === undefined ? undefined : believed(stepBetween(before.last, reading), noise, at);
  const steps = step === undefined ? before.steps : [...before.steps, step].slice(-WINDOW);
  const restarts = [...before.restarts, ...(step?.restarted === true ? [at] : [])].filter((one) => at - one < HOUR_MS);
  const latest = step === undefined ? {} : { ...step.look, ...shares([step]) };
  const risen = risenFigures(before.baseline, latest, WIFI_FIGURES);
  const memory: WifiMemory = {
    last: reading,
    steps,
    restarts,
    baseline: learnt(before.baseline, latest, WIFI_FIGURES, at),
    ...(noise === undefined ? {} : { noise }),
  };
  if (steps.length === 0) return { memory, figures: {}, risen: false };
  const figures = known({
    ...medians(steps.map(({ look }) => look)),
    ...shares(steps),
    restarts: restarts.length === 0 ? undefined : restarts.length,
  });
  // What is usual is what was before: a bad hour is not measured against itself.
  const verdict = wifiVerdict(figures, usualOf(before.baseline), steps.length / WINDOW);
  return {
    memory,
    figures,
    risen: risen.some((name) => SPEAKS_FOR_DISTURBANCE.has(name)),
    ...(verdict === undefined ? {} : { verdict }),
  };
}

/** A weaker signal or more traffic is no disturbance. */
const SPEAKS_FOR_DISTURBANCE: ReadonlySet<string> = new Set(["retryRatio", "failedRatio", "noiseDbm", "notWifi"]);

/** Some drivers say the same noise for ever: after an hour it is not believed (link-health.md 2.3). */
function believed(step: WifiStep, noise: WifiMemory["noise"], at: number): WifiStep {
  if (noise === undefined || at - noise.since < HOUR_MS) return step;
  const { noiseDbm: _noise, snrDb: _snr, ...look } = step.look;
  return { ...step, look };
}

function shares(steps: readonly WifiStep[]): Readonly<Record<string, number>> {
  const counts = steps.flatMap(({ counts: its }): readonly Counters[] => (its === undefined ? [] : [its]));
  const packets = sumOf(counts, "txPackets");
  const retries = sumOf(counts, "txRetries");
  const sent = packets === undefined ? undefined : packets + (retries ?? 0);
  const isEnough = packets !== undefined && packets >= ENOUGH_PACKETS;
  return known({
    txPackets: packets,
    retryRatio: isEnough ? ratio(retries, sent) : undefined,
    failedRatio: isEnough ? ratio(sumOf(counts, "txFailed"), packets) : undefined,
    beaconLosses: sumOf(counts, "beaconLoss"),
  });
}
