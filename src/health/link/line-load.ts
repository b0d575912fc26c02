import type { Stage, StageObservation } from "../../domain/stage.ts";

/** Slower than this no line is full, be it ever so narrow: 128 kbit/s. Bytes a second, one way. */
const BUSY_BYTES_PER_S = 16_000;
/** So long after it was busy last a line is taken to be: a queue takes some time to empty. ms. */
const BUSY_FOR_MS = 10_000;
/** Until so long after it became busy, whether it is full is not known. ms. */
const UNDECIDED_MS = 30_000;
/** Above the least of an idle line by so much: the line is full; and not any more (link-health.md 1.3). ms. */
const FULL_FROM_MS = 60;
const FULL_UNTIL_MS = 30;
/** Round trips under load before anything is said, and those that are kept. */
const ENOUGH = 3;
const NEWEST = 5;
/** One-minute minima of an idle line, as LEDBAT keeps them (RFC 6817, 3.4.2). */
const BASE_MINUTES = 10;
const MINUTE_MS = 60_000;

/** Beyond the shop's router, where the queue of a full line stands. */
const BEHIND_THE_QUEUE: ReadonlySet<Stage> = new Set([
  "provider",
  "dns",
  "hqTcp",
  "hqTls",
  "hqMqtt",
  "acquirer",
] satisfies Stage[]);

/** Whose times are the line's, and not a host's. */
const TIMES_THE_LINE: ReadonlySet<Stage> = new Set(["provider", "dns", "hqTcp", "hqMqtt"] satisfies Stage[]);

interface Way {
  /** While it was not busy; oldest first. */
  readonly minima: readonly { readonly minute: number; readonly ms: number }[];
  /** Since it is busy. */
  underLoad: readonly number[];
}

/**
 * Whether traffic that passes this machine fills the line: then answers take long and packets are lost, and nothing is broken. Judged
 * from what passes anyhow, round trips under load against the least of the idle line; nothing is ever sent to find out.
 * Times are monotonic ms.
 */
export class LineLoad {
  readonly #speed: number;
  readonly #ways = new Map<string, Way>();
  /** Since when it is, and when it was last. */
  #busySince = Number.NEGATIVE_INFINITY;
  #busyAt = Number.NEGATIVE_INFINITY;
  #isFull = false;
  /** By stage and subject. */
  readonly #answers = new Map<string, { readonly stage: Stage; readonly ok: boolean }>();
  readonly #failedAt = new Map<string, number>();

  /** @param speed  Of the clock: 1 in the field. */
  constructor(speed: number) {
    this.#speed = speed;
  }

  /** @param bytesPerS  In the direction that carried more. */
  noteRate(bytesPerS: number, at: number): void {
    if (bytesPerS < BUSY_BYTES_PER_S) return;
    if (!this.isBusy(at)) {
      for (const way of this.#ways.values()) way.underLoad = [];
      this.#busySince = at;
      this.#isFull = false;
    }
    this.#busyAt = at;
  }

  note({ stage, subject = "", rttMs, ok, via }: StageObservation, at: number): void {
    this.#noteAnswer(stage, subject, ok, at);
    // The times of a name server or an acquirer are more than the line's.
    if (rttMs === undefined || (stage !== "provider" && stage !== "hqTcp")) return;
    this.#noteRoundTrip(`${stage} ${subject} ${via}`, rttMs, at);
  }

  /** What an observation says of its stage, rid of what is the load's, or an outage's, and not the stage's own. */
  through(observation: StageObservation, at: number): StageObservation {
    if (this.isFull(at)) return overFullLine(observation);
    const { packets, rttMs, ...rest } = observation;
    const timed = { ...rest, ...(rttMs === undefined ? {} : { rttMs }) };
    if (this.isBusy(at) && TIMES_THE_LINE.has(observation.stage)) {
      // Whether the times are the load's is not known at once. A sender that looks for the line's limit loses packets by design.
      if ((at - this.#busySince) * this.#speed < UNDECIDED_MS) return rest;
      return packets === undefined ? observation : timed;
    }
    return packets !== undefined && this.#failedSince(observation, at - packets.overMs) ? timed : observation;
  }

  /** A good deal passes, or did a moment ago. */
  isBusy(at: number): boolean {
    return (at - this.#busyAt) * this.#speed < BUSY_FOR_MS;
  }

  isFull(at: number): boolean {
    return this.#isFull && this.isBusy(at);
  }

  /** One anchor of several that is dead is no outage, nor is a terminal whose power is off. */
  #noteAnswer(stage: Stage, subject: string, ok: boolean, at: number): void {
    this.#answers.set(`${stage} ${subject}`, { stage, ok });
    if (ok) return;
    this.#failedAt.set(`${stage} ${subject}`, at);
    if ([...this.#answers.values()].every((one) => one.stage !== stage || !one.ok)) this.#failedAt.set(stage, at);
  }

  /** The way itself, or the whole line. */
  #failedSince({ stage, subject = "" }: StageObservation, from: number): boolean {
    return [`${stage} ${subject}`, "provider"].some((what) => (this.#failedAt.get(what) ?? -1) >= from);
  }

  /** @param way  Which peer, and how: one is not measured against another. */
  #noteRoundTrip(way: string, ms: number, at: number): void {
    const { minima, underLoad } = this.#ways.get(way) ?? { minima: [], underLoad: [] };
    if (this.isBusy(at)) {
      this.#ways.set(way, { minima, underLoad: [...underLoad.slice(1 - NEWEST), ms] });
      const limit = this.#isFull ? FULL_UNTIL_MS : FULL_FROM_MS;
      this.#isFull = [...this.#ways.values()].some((one) => (riseOf(one) ?? 0) > limit);
      return;
    }
    const minute = Math.floor((at * this.#speed) / MINUTE_MS);
    const others = minima.filter((one) => one.minute > minute - BASE_MINUTES && one.minute !== minute);
    const least = Math.min(ms, ...minima.filter((one) => one.minute === minute).map((one) => one.ms));
    this.#ways.set(way, { minima: [...others, { minute, ms: least }], underLoad: [] });
  }
}

/** Unknown until enough was seen of both. */
function riseOf({ minima, underLoad }: Way): number | undefined {
  const middle = underLoad.toSorted((a, b) => a - b)[Math.floor(underLoad.length / 2)];
  if (middle === undefined || underLoad.length < ENOUGH || minima.length === 0) return undefined;
  return middle - Math.min(...minima.map(({ ms }) => ms));
}

/** What is seen of a stage over a full line: whether it answers, but nothing of loss and times, which are the queue's. */
function overFullLine(observation: StageObservation): StageObservation {
  const { stage, ok, isIdle } = observation;
  if (!BEHIND_THE_QUEUE.has(stage) || isIdle === true) return observation;
  const { rttMs: _rttMs, packets: _packets, ...rest } = observation;
  const tells = ok && (stage === "provider" || stage === "hqTcp");
  return { ...rest, isCrowded: true, ...(tells ? { fault: "provider.bufferbloat" as const } : {}) };
}
