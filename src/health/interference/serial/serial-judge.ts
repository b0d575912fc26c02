import type { InterferenceVerdict } from "../../../domain/interference.ts";
import { lossAtLeast } from "../../link/loss-bound.ts";
import { type Baseline, learnt, NOTHING_LEARNT, risenFigures, usualOf } from "../baseline.ts";
import { type Counters, ratio } from "../counters.ts";
import { evidenceOf, type Figures, type FigureSpecs, known } from "../figures.ts";
import { weigh } from "../weigh.ts";
import {
  EMPTY_BOOK,
  entered,
  framesIn,
  lastMinutes,
  type LineBook,
  type LineReading,
  spoiltIn,
  total,
} from "./line-book.ts";
import { candidates, type Signs } from "./serial-signs.ts";
import { hasPeak, worstHour } from "./worst-hour.ts";

/** How the other serial lines of the shop are. */
export type Others = "clean" | "damaged" | "unknown";

export interface LineMemory {
  readonly book: LineBook;
  readonly baseline: Baseline;
  /** Of the newest minute that the baseline knows; monotonic. */
  readonly learntMinute: number;
  /** When spoilt frames were last well above what is usual. ms, monotonic. */
  readonly risenAt?: number;
}

export interface LineFound {
  readonly figures: Figures;
  readonly verdict?: InterferenceVerdict;
}

export const NEW_LINE: LineMemory = { book: EMPTY_BOOK, baseline: NOTHING_LEARNT, learntMinute: -1 };

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** What is judged together: the heartbeats alone bring more than 200 frames in this time. Minutes. */
const WINDOW = 20;
/** link-health.md 3.4: warn at 0.5 % of at least 200 frames. */
const ERROR_RATE = 0.005;
const ENOUGH_FRAMES = 200;
/** Fewer spoilt frames than this are chance. */
const ENOUGH_ERRORS = 5;
/** In one minute: a plug that was touched makes one or two. */
const RISE_ERRORS = 3;
/** A minute with fewer frames says nothing of whether errors are steady. */
const FRAMES_A_MINUTE = 10;
/** Bytes that mean nothing, and questions that were asked in vain, from which on settings are doubted. */
const ENOUGH_GARBAGE = 20;
const ENOUGH_SENT = 6;
const RESTARTS = 3;

const FIGURES: FigureSpecs = {
  frameErrorRate: { unit: "1", limit: ERROR_RATE, worse: "up", step: ERROR_RATE },
  sendErrorRate: { unit: "1", limit: ERROR_RATE, worse: "up", step: ERROR_RATE },
  garbageShare: { unit: "1", limit: 0.1, worse: "up", step: 0.1 },
  truncatedShare: { unit: "1", limit: 0.6, worse: "up", step: 0.5 },
  shareOfMinutesWithErrors: { unit: "1", worse: "up", step: 0.5 },
  shareWhileBusy: { unit: "1", limit: 0.8, worse: "up", step: 0.5 },
  worstHourTimesMedian: { unit: "1", limit: 3, worse: "up", step: 1 },
  linksLost: { unit: "count", limit: 2, worse: "up", step: 2 },
  frames: { unit: "count", worse: "down", step: 1 },
  restarts: { unit: "perHour", limit: RESTARTS, worse: "up", step: RESTARTS },
};

/** With one more reading of a line. Knows no clock. */
export function seeLine(before: LineMemory, reading: LineReading): LineMemory {
  const { at } = reading;
  const book = entered(before.book, reading);
  const [minute] = lastMinutes(book, 1, at);
  const spoilt = spoiltIn(minute ?? {});
  const look = known({ frameErrorRate: ratio(spoilt, framesIn(minute ?? {})) });
  const isRisen = spoilt >= RISE_ERRORS && risenFigures(before.baseline, look, FIGURES).length > 0;
  const risen = isRisen ? { risenAt: at } : before.risenAt === undefined ? {} : { risenAt: before.risenAt };
  return { ...learntOf(before, book, at), book, ...risen };
}

/** Whether errors rose at this reading. */
export function hasJustRisen({ risenAt }: LineMemory, at: number): boolean {
  return risenAt === at;
}

/** What a line has to say of another one's trouble. */
export function standing({ book }: LineMemory, at: number): Others {
  const counts = total(lastMinutes(book, WINDOW, at));
  if (isDamaged(counts)) return "damaged";
  return framesIn(counts) < ENOUGH_FRAMES ? "unknown" : "clean";
}

export function judgeLine(memory: LineMemory, others: Others, at: number): LineFound {
  const { book, baseline } = memory;
  const minutes = lastMinutes(book, WINDOW, at);
  const counts = total(minutes);
  const figures = figuresOf(book, minutes);
  const signs = signsOf(memory, others, minutes, at);
  if (!signs.restarts && !signs.isDamaged && !signs.isGarbage) return { figures };
  const verdict = weigh({
    completeness: completenessOf(signs, counts),
    evidence: evidenceOf(figures, usualOf(baseline), FIGURES),
    next: NEXT,
    candidates: candidates(signs),
  });
  return { figures, verdict };
}

function completenessOf({ restarts, hasGood }: Signs, counts: Counters): number {
  if (restarts) return 1;
  return hasGood ? (framesIn(counts) + sent(counts)) / ENOUGH_FRAMES : sent(counts) / ENOUGH_SENT;
}

/** A minute is learnt once, when it is over: else its first frames would weigh like all of it. */
function learntOf(
  { baseline, learntMinute }: LineMemory,
  { minutes }: LineBook,
  at: number,
): Pick<LineMemory, "baseline" | "learntMinute"> {
  const over = minutes.filter(({ index }) => index > learntMinute && index < Math.floor(at / MINUTE_MS));
  const next = over.reduce((sofar, { counts }) => {
    const look = known({ frameErrorRate: ratio(spoiltIn(counts), framesIn(counts)) });
    return learnt(sofar, look, FIGURES, at);
  }, baseline);
  return { baseline: next, learntMinute: over.at(-1)?.index ?? learntMinute };
}

function figuresOf(book: LineBook, minutes: readonly Counters[]): Figures {
  const counts = total(minutes);
  const spoilt = spoiltIn(counts);
  const frames = framesIn(counts);
  return known({
    frames,
    checksumFaults: counts["checksumFaults"],
    truncatedFrames: counts["truncatedFrames"],
    garbageBytes: counts["garbageBytes"],
    naksReceived: counts["naksReceived"],
    naksSent: counts["naksSent"],
    retransmits: counts["retransmits"],
    linksLost: counts["linksLost"],
    frameErrorRate: ratio(spoilt, frames),
    sendErrorRate: ratio(counts["naksReceived"], counts["framesSent"]),
    garbageShare: ratio(counts["garbageBytes"], counts["bytesIn"]),
    truncatedShare: ratio(counts["truncatedFrames"], spoilt),
    shareOfMinutesWithErrors: shareWithErrors(minutes),
    shareWhileBusy: ratio(counts["spoiltWhileBusy"], spoilt),
    worstHourTimesMedian: worstHour(book)?.timesMedian,
    restarts: book.restarts.length === 0 ? undefined : book.restarts.length,
  });
}

function signsOf({ book, risenAt }: LineMemory, others: Others, minutes: readonly Counters[], at: number): Signs {
  const counts = total(minutes);
  const spoilt = spoiltIn(counts);
  const share = shareWithErrors(minutes);
  const garbage = counts["garbageBytes"] ?? 0;
  const hasGood = (counts["framesReceived"] ?? 0) > 0;
  const isInBursts = share === undefined ? undefined : share <= 0.5 && minutes.filter(spoiltIn).length >= 3;
  return {
    hasGood,
    hasWorked: book.hasWorked,
    isDamaged: isDamaged(counts),
    isGarbage: !hasGood && garbage >= ENOUGH_GARBAGE && (ratio(garbage, counts["bytesIn"]) ?? 0) >= 0.8,
    isCutOff: spoilt > 0 && (counts["truncatedFrames"] ?? 0) / spoilt >= 0.6,
    isBothWays: spoilt >= 2 && (counts["naksReceived"] ?? 0) >= 2,
    isSteady: share === undefined ? undefined : share >= 0.7,
    comesAndGoes: isInBursts === true || hasPeak(book) === true,
    hasRisen: risenAt !== undefined && at - risenAt < HOUR_MS,
    isWhileBusy: spoilt > 0 && (counts["spoiltWhileBusy"] ?? 0) / spoilt >= 0.8,
    losesLink: (counts["linksLost"] ?? 0) >= 2,
    restarts: book.restarts.length >= RESTARTS,
    others,
  };
}

/** Both directions together: what the terminal could not read comes back as NAK. */
function isDamaged(counts: Counters): boolean {
  const errors = spoiltIn(counts) + (counts["naksReceived"] ?? 0);
  return errors >= ENOUGH_ERRORS && lossAtLeast(errors, framesIn(counts) + sent(counts)) >= ERROR_RATE;
}

function sent(counts: Counters): number {
  return counts["framesSent"] ?? 0;
}

function shareWithErrors(minutes: readonly Counters[]): number | undefined {
  const used = minutes.filter((minute) => framesIn(minute) >= FRAMES_A_MINUTE);
  return ratio(used.filter((minute) => spoiltIn(minute) > 0).length, used.length);
}

const NEXT = {
  en: "Let it run for 20 minutes with payments or status questions. Then put the terminal on another cable, and look whether the errors stay; note what is switched on when they come.",
  zh: "让其运行 20 分钟，期间有交易或状态查询。然后给终端换一根线，看错误是否仍在；记录出错时开启了哪些设备。",
};
