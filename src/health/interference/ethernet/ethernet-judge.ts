import type { InterferenceVerdict } from "../../../domain/interference.ts";
import { type Baseline, learnt, NOTHING_LEARNT, risenFigures, usualOf } from "../baseline.ts";
import { type Counters, ratio, rises, sumOf } from "../counters.ts";
import { evidenceOf, type Figures, type FigureSpecs, known } from "../figures.ts";
import { type Candidate, weigh } from "../weigh.ts";

export interface EthernetReading {
  /** ms, monotonic. */
  readonly at: number;
  /** By their names in `/sys/class/net/X/statistics`, and `carrier_down_count`. */
  readonly counters: Counters;
  readonly speedMbps?: number;
  readonly duplex?: string;
}

export interface EthernetMemory {
  readonly last?: EthernetReading;
  readonly steps: readonly Counters[];
  /** When counters began anew. */
  readonly restarts: readonly number[];
  readonly bestMbps: number;
  readonly baseline: Baseline;
  /** When damaged frames were last well above what is usual. */
  readonly risenAt?: number;
}

export interface EthernetFound {
  readonly memory: EthernetMemory;
  readonly figures: Figures;
  readonly risen: boolean;
  readonly verdict?: InterferenceVerdict;
}

export const NEW_PORT: EthernetMemory = { steps: [], restarts: [], bestMbps: 0, baseline: NOTHING_LEARNT };

/** Looks that are judged together: ten minutes at one each half minute. */
const WINDOW = 20;
const ENOUGH_LOOKS = 10;
const HOUR_MS = 3_600_000;
/** Fewer damaged frames than this are chance. */
const ENOUGH_ERRORS = 5;
/** A look with so few frames says nothing of a steady error. */
const FRAMES_IN_A_LOOK = 50;
const RESTARTS = 3;
const MILLION = 1_000_000;

/** Damaged frames per million: 10 and 100 are the reference's limits (link-health.md 1.4), the others are starting values. */
const FIGURES: FigureSpecs = {
  damagedPerMillion: { unit: "perMillion", limit: 10, worse: "up", step: 10 },
  shareOfLooksWithErrors: { unit: "1", worse: "up", step: 0.5 },
  overrunsPerMillion: { unit: "perMillion", limit: 100, worse: "up", step: 100 },
  collisionsPerMillion: { unit: "perMillion", limit: 1_000, worse: "up", step: 1_000 },
  carrierLosses: { unit: "count", limit: 1, worse: "up", step: 1 },
  speedMbps: { unit: "Mbit/s", worse: "down", step: 10 },
  bestMbps: { unit: "Mbit/s", worse: "down", step: 10 },
  restarts: { unit: "perHour", limit: RESTARTS, worse: "up", step: RESTARTS },
};

/** With one more reading of a port. Knows no clock. */
export function seeEthernet(before: EthernetMemory, reading: EthernetReading): EthernetFound {
  const { at, counters, speedMbps = 0 } = reading;
  const step = before.last === undefined ? {} : rises(before.last.counters, counters);
  const steps =
    typeof step === "string" || before.last === undefined ? before.steps : [...before.steps, step].slice(-WINDOW);
  const restarts = [...before.restarts, ...(step === "restarted" ? [at] : [])].filter((one) => at - one < HOUR_MS);
  const look = known({ damagedPerMillion: typeof step === "string" ? undefined : damagedRate([step]) });
  const isRisen = risenFigures(before.baseline, look, FIGURES).length > 0;
  const memory: EthernetMemory = {
    last: reading,
    steps,
    restarts,
    bestMbps: Math.max(before.bestMbps, speedMbps),
    baseline: learnt(before.baseline, look, FIGURES, at),
    ...(isRisen ? { risenAt: at } : before.risenAt === undefined ? {} : { risenAt: before.risenAt }),
  };
  const figures = figuresOf(memory, reading);
  const verdict = verdictOf(memory, reading, figures);
  return {
    memory,
    figures: steps.length === 0 ? {} : figures,
    risen: isRisen,
    ...(verdict === undefined ? {} : { verdict }),
  };
}

function damaged(steps: readonly Counters[]): number | undefined {
  return sumOf(steps, "rx_crc_errors", "rx_frame_errors");
}

function damagedRate(steps: readonly Counters[]): number | undefined {
  return perMillion(damaged(steps), sumOf(steps, "rx_packets"));
}

function perMillion(count: number | undefined, packets: number | undefined): number | undefined {
  const share = ratio(count, packets);
  return share === undefined ? undefined : share * MILLION;
}

function figuresOf({ steps, bestMbps, restarts }: EthernetMemory, { speedMbps }: EthernetReading): Figures {
  const received = sumOf(steps, "rx_packets");
  const used = steps.filter((step) => (step["rx_packets"] ?? 0) >= FRAMES_IN_A_LOOK && damaged([step]) !== undefined);
  return known({
    packets: received,
    damagedFrames: damaged(steps),
    damagedPerMillion: damagedRate(steps),
    shareOfLooksWithErrors: ratio(used.filter((step) => (damaged([step]) ?? 0) > 0).length, used.length),
    overrunsPerMillion: perMillion(sumOf(steps, "rx_missed_errors", "rx_fifo_errors", "rx_over_errors"), received),
    collisionsPerMillion: perMillion(sumOf(steps, "collisions"), sumOf(steps, "tx_packets")),
    carrierLosses: sumOf(steps, "carrier_down_count"),
    speedMbps,
    bestMbps: bestMbps === 0 ? undefined : bestMbps,
    restarts: restarts.length === 0 ? undefined : restarts.length,
  });
}

/** What the figures say, yes or no. `undefined`: nobody can say. */
interface Signs {
  readonly isDamaged: boolean;
  readonly isHeavy: boolean | undefined;
  readonly isSteady: boolean | undefined;
  readonly isInBursts: boolean | undefined;
  readonly hasRisen: boolean;
  readonly lostCarrier: boolean | undefined;
  readonly isHalf: boolean;
  readonly isSlower: boolean;
  readonly collides: boolean;
  readonly overruns: boolean;
  readonly restarts: boolean;
}

function signsOf(
  { steps, bestMbps, restarts, risenAt }: EthernetMemory,
  reading: EthernetReading,
  figures: Figures,
): Signs {
  const { damagedPerMillion: rate, shareOfLooksWithErrors: share, carrierLosses: losses, speedMbps } = figures;
  const looksWithErrors = steps.filter((step) => (damaged([step]) ?? 0) > 0).length;
  return {
    isDamaged: (figures["damagedFrames"] ?? 0) >= ENOUGH_ERRORS && rate !== undefined && rate > 10,
    isHeavy: rate === undefined ? undefined : rate > 100,
    isSteady: share === undefined ? undefined : share >= 0.7,
    // A plug that was moved once makes one burst.
    isInBursts: share === undefined ? undefined : share <= 0.5 && looksWithErrors >= 3,
    hasRisen: risenAt !== undefined && reading.at - risenAt < HOUR_MS,
    lostCarrier: losses === undefined ? undefined : losses > 0,
    isHalf: reading.duplex === "half",
    isSlower: speedMbps !== undefined && speedMbps < bestMbps,
    collides: (figures["collisionsPerMillion"] ?? 0) > 1_000,
    overruns: (figures["overrunsPerMillion"] ?? 0) > 100,
    restarts: restarts.length >= RESTARTS,
  };
}

function verdictOf(
  memory: EthernetMemory,
  reading: EthernetReading,
  figures: Figures,
): InterferenceVerdict | undefined {
  const signs = signsOf(memory, reading, figures);
  // Speed and duplex are states: one look tells them as well as ten.
  const isState = signs.isHalf || signs.isSlower || signs.restarts;
  if (!isState && !signs.isDamaged && !signs.overruns) return undefined;
  return weigh({
    completeness: isState ? 1 : memory.steps.length / ENOUGH_LOOKS,
    evidence: evidenceOf(figures, usualOf(memory.baseline), FIGURES),
    next: NEXT,
    candidates: candidates(signs),
  });
}

function candidates(signs: Signs): readonly Candidate[] {
  const { isDamaged, isHalf, isSlower, collides, lostCarrier } = signs;
  return [
    { cause: "countersRestarted", must: [signs.restarts], signs: [{ weight: 0.8, holds: true }] },
    {
      cause: "duplexMismatch",
      must: [isHalf, collides],
      signs: [
        { weight: 0.8, holds: true },
        { weight: 0.2, holds: isDamaged },
      ],
    },
    {
      cause: "badCablePair",
      must: [(isSlower || isHalf) && !collides],
      signs: [
        { weight: 0.65, holds: true },
        { weight: 0.15, holds: isDamaged },
        { weight: 0.2, holds: lostCarrier },
      ],
    },
    {
      cause: "receiverOverrun",
      must: [signs.overruns],
      signs: [
        { weight: 0.7, holds: true },
        { weight: 0.2, holds: !isDamaged },
      ],
    },
    {
      cause: "badCable",
      must: [isDamaged],
      signs: [
        { weight: 0.5, holds: signs.isSteady },
        { weight: 0.2, holds: signs.isHeavy },
        { weight: 0.3, holds: lostCarrier },
      ],
    },
    {
      cause: "ethernetNoise",
      must: [isDamaged, signs.isInBursts, !isHalf && !isSlower],
      signs: [
        { weight: 0.5, holds: true },
        { weight: 0.2, holds: signs.hasRisen },
        { weight: 0.15, holds: lostCarrier === undefined ? undefined : !lostCarrier },
      ],
    },
  ];
}

const NEXT = {
  en: "Replace the cable and wait ten minutes; if errors stay, note the times and what is switched on then.",
  zh: "更换网线并等待十分钟；若仍有错误，记录时间以及当时开启的设备。",
};
