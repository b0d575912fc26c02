import type { HuntDoubt, HuntFigure, HuntResult } from "../../../domain/hunt.ts";
import { median } from "../figures.ts";
import type { Second, Stretch } from "./hunt-fold.ts";

export interface Comparison {
  readonly result: HuntResult;
  /** 0..1; 0 with `cannotTell`. */
  readonly confidence: number;
  readonly before?: number;
  readonly after?: number;
  readonly because?: HuntDoubt;
  readonly moreSeconds?: number;
}

/** A difference, how far chance alone carries it, and how much of one matters. Positive is worse. */
interface Difference {
  readonly change: number;
  readonly error: number;
  /** Standard deviations; of ranks, where the figure is a level. */
  readonly z: number;
  readonly claimAt: number;
  readonly matters: number;
}

/** Starting values all, but for the normal distribution's own. */
const ENOUGH_SECONDS = 15;
const ENOUGH_TRIALS = 30;
/** A modem measures so seldom that five minutes hold ten values. */
const ENOUGH_LEVELS = 5;
/** Two-sided 1 %: it is looked at every second, and each look is one more chance to be wrong. */
const CLAIM_COUNTS = 2.58;
/** Two-sided 2 %: five values against five cannot say more. */
const CLAIM_LEVELS = 2.33;
/** One-sided 5 %: so sure must be that no difference of note is left. */
const SAME_WITHIN = 1.645;
/** Own traffic that grew or fell by more than this is another load. */
const OTHER_LOAD = 3;
/** Noise comes in bursts that are longer than a second: errors are not independent of each other. s. */
const BLOCK = 5;
/** Median absolute deviations that make a standard deviation, and the standard error of a median in those of a mean. */
const MAD_SCALE = 1.4826;
const MEDIAN_ERROR = 1.2533;
const LONGEST_WAIT_S = 300;

/** Whether the channel is otherwise after a change than before it. Under different load nothing is claimed. */
export function compare(before: Stretch, after: Stretch, figure: HuntFigure): Comparison {
  const values = shown(valueOf(before.seconds), valueOf(after.seconds));
  const short = tooFew(before, after);
  if (short !== undefined) return { ...short, ...values };
  const difference = differenceOf(before.seconds, after.seconds, figure);
  if (difference === undefined) return { result: "cannotTell", confidence: 0, because: "noTraffic", ...values };
  if (isOtherLoad(loadOf(before.seconds), loadOf(after.seconds)))
    return { result: "cannotTell", confidence: 0, because: "differentLoad", ...values };
  return { ...judged(difference, Math.min(before.seconds.length, after.seconds.length)), ...values };
}

function judged({ change, error, z, claimAt, matters }: Difference, seconds: number): Comparison {
  const size = Math.abs(change);
  if (Math.abs(z) >= claimAt && size >= matters / 2)
    return { result: change < 0 ? "better" : "worse", confidence: confidenceOf(Math.abs(z)) };
  const left = (matters - size) / error;
  if (left >= SAME_WITHIN) return { result: "same", confidence: confidenceOf(left) };
  // Both shrink with the root of the time: whichever would be reached first.
  const times = Math.min(
    square(claimAt / Math.abs(z)),
    left > 0 ? square(SAME_WITHIN / left) : Number.POSITIVE_INFINITY,
  );
  const more = Math.ceil(seconds * (times - 1));
  return {
    result: "cannotTell",
    confidence: 0,
    because: "notClear",
    ...(more > 0 && more <= LONGEST_WAIT_S ? { moreSeconds: more } : {}),
  };
}

/** The figure over these seconds: errors among trials, or the middle of a level. */
export function valueOf(seconds: readonly Second[]): number | undefined {
  const levels = levelsOf(seconds);
  if (levels.length > 0) return median(levels);
  const { errors, trials } = countsOf(seconds);
  return trials === 0 ? undefined : errors / trials;
}

/** Own traffic a second. `undefined` where it is not told. */
export function loadOf(seconds: readonly Second[]): number | undefined {
  const loads = seconds.flatMap(({ load }) => load ?? []);
  return loads.length === 0 ? undefined : loads.reduce((a, b) => a + b, 0) / loads.length;
}

function tooFew(before: Stretch, after: Stretch): Comparison | undefined {
  const isLevel = levelsOf([...before.seconds, ...after.seconds]).length > 0;
  const enough = isLevel ? ENOUGH_LEVELS : ENOUGH_SECONDS;
  if (before.seconds.length < enough || after.seconds.length < enough) {
    const missing = enough - after.seconds.length;
    // What is missing before the change does not come back.
    const comes = !isLevel && before.seconds.length >= enough && missing > 0;
    return { result: "cannotTell", confidence: 0, because: "tooShort", ...(comes ? { moreSeconds: missing } : {}) };
  }
  const fewest = Math.min(countsOf(before.seconds).trials, countsOf(after.seconds).trials);
  return isLevel || fewest >= ENOUGH_TRIALS ? undefined : { result: "cannotTell", confidence: 0, because: "noTraffic" };
}

function differenceOf(
  before: readonly Second[],
  after: readonly Second[],
  { step, worse }: HuntFigure,
): Difference | undefined {
  const [a, b] = [levelsOf(before), levelsOf(after)];
  const found = a.length > 0 && b.length > 0 ? ofLevels(a, b, step) : ofCounts(before, after, step);
  return found === undefined || worse === "up" ? found : { ...found, change: -found.change, z: -found.z };
}

/** Two shares, with the spread of blocks in place of the binomial's where errors come in bursts (quasi-likelihood). */
function ofCounts(before: readonly Second[], after: readonly Second[], step: number): Difference | undefined {
  const [a, b] = [countsOf(before), countsOf(after)];
  if (a.trials === 0 || b.trials === 0) return undefined;
  const [rateA, rateB] = [a.errors / a.trials, b.errors / b.trials];
  // One error and one success more: no error at all is no proof that there is none.
  const pooled = (a.errors + b.errors + 1) / (a.trials + b.trials + 2);
  const error = Math.sqrt(burstiness(before, after) * pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials));
  const change = rateB - rateA;
  const matters = Math.max(Math.max(rateA, rateB) / 2, step);
  return { change, error, z: change / error, claimAt: CLAIM_COUNTS, matters };
}

/** How many times wider than by chance the blocks of each side scatter about their own mean. At least 1. */
function burstiness(...sides: readonly (readonly Second[])[]): number {
  let [chi, freedom] = [0, 0];
  for (const side of sides) {
    const { errors, trials } = countsOf(side);
    if (errors === 0 || errors === trials) continue;
    const rate = errors / trials;
    const blocks = blocksOf(side)
      .map(countsOf)
      .filter((block) => block.trials > 0);
    chi += blocks.reduce(
      (sum, block) => sum + square(block.errors - block.trials * rate) / (block.trials * rate * (1 - rate)),
      0,
    );
    freedom += blocks.length - 1;
  }
  return freedom <= 0 ? 1 : Math.max(chi / freedom, 1);
}

function blocksOf(seconds: readonly Second[]): readonly (readonly Second[])[] {
  return Array.from({ length: Math.ceil(seconds.length / BLOCK) }, (_, n) => seconds.slice(n * BLOCK, (n + 1) * BLOCK));
}

/** Mann-Whitney's rank test in its normal approximation, ties and continuity considered. */
function ofLevels(before: readonly number[], after: readonly number[], step: number): Difference {
  const [n, m] = [before.length, after.length];
  const all = [...before, ...after];
  const wins = after.reduce((sum, one) => sum + before.reduce((own, other) => own + scoreOf(one, other), 0), 0);
  const ties = [...new Set(all)].reduce((sum, value) => {
    const count = all.filter((one) => one === value).length;
    return sum + (count ** 3 - count);
  }, 0);
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  const away = wins - (n * m) / 2;
  const z = variance <= 0 ? 0 : (Math.sign(away) * Math.max(Math.abs(away) - 0.5, 0)) / Math.sqrt(variance);
  const [a, b] = [median(before) ?? 0, median(after) ?? 0];
  const spread = median([...before.map((one) => Math.abs(one - a)), ...after.map((one) => Math.abs(one - b))]) ?? 0;
  // A level is told in whole steps: it is never steadier than half of what matters tells.
  const error = MEDIAN_ERROR * Math.max(MAD_SCALE * spread, step / 8) * Math.sqrt(1 / n + 1 / m);
  return { change: b - a, error, z, claimAt: CLAIM_LEVELS, matters: step };
}

function scoreOf(one: number, other: number): number {
  if (one === other) return 0.5;
  return one > other ? 1 : 0;
}

function levelsOf(seconds: readonly Second[]): readonly number[] {
  return seconds.flatMap(({ level }) => level ?? []);
}

function countsOf(seconds: readonly Second[]): { readonly errors: number; readonly trials: number } {
  return seconds.reduce(
    (sum, { errors = 0, trials = 0 }) => ({ errors: sum.errors + errors, trials: sum.trials + trials }),
    { errors: 0, trials: 0 },
  );
}

function isOtherLoad(before: number | undefined, after: number | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  return Math.max(before, after) > OTHER_LOAD * Math.min(before, after);
}

function shown(before: number | undefined, after: number | undefined): Pick<Comparison, "before" | "after"> {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** 1 minus the two-sided tail of the normal distribution, by Abramowitz and Stegun's 7.1.26. Never quite 1. */
function confidenceOf(z: number): number {
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.min(Math.round((1 - poly * Math.exp(-x * x)) * 1_000) / 1_000, 0.999);
}

function square(value: number): number {
  return value * value;
}
