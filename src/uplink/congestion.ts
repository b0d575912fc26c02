/**
 * How much of the line a backlog may use, so that it never slows a sale. Delay based, as LEDBAT (RFC 6817) and TCP Vegas
 * are: a queue on the way shows as delay long before anything is lost, and whoever yields to it leaves the line to others.
 *
 * Two delays are watched: from a record to its PUBACK, and from a sale's request to the acquirer's answer. Where either
 * stands well above what it is on an idle line, the share is halved, at most once a round trip; else it grows by about one
 * record a round trip. News is never held back by this.
 */
export interface Congestion {
  /** {@link LEAST_SHARE}..1 of the records in flight and of the rate that the rules allow a backlog. */
  readonly share: number;
  readonly broker: Delay;
  readonly acquirer: Delay;
  /** ms, monotonic: when the share was changed last. */
  readonly changedAt: number;
  /** ms, monotonic: when a record of a backlog was in flight last, at more than the least share. */
  readonly busyAt: number;
}

/** One of the two delays. All in ms. */
interface Delay {
  /** Of each of the last minutes that had a sample, oldest first: what an idle line takes. */
  readonly minima: readonly { readonly minute: number; readonly ms: number }[];
  /** Mean of the samples that met no backlog. */
  readonly idle: number | undefined;
  readonly smoothed: number | undefined;
  /** Monotonic, of the newest sample. */
  readonly at: number;
}

export const LEAST_SHARE = 1 / 64;
/** Records in flight to begin with, before anything is known of the line (field-lessons.md, C2: the peers keep 8 or 9). */
const FIRST_IN_FLIGHT = 8;
/** A step upwards is never more than this part of the whole. */
const STEPS = 16;
/** LEDBAT's BASE_HISTORY, one-minute minima (RFC 6817, 3.4.2): older ones are of another route, perhaps. */
const BASE_MINUTES = 10;
/** Above the idle delay by this factor and by this much, there is a queue on the way. Jitter of a good line is below both. */
const CONGESTED_FACTOR = 1.5;
const CONGESTED_MS = 20;
/** Weight of a new sample: TCP's for its round-trip time (RFC 6298, 2.3), of which there are many; sales are few. */
const BROKER_WEIGHT = 1 / 8;
const ACQUIRER_WEIGHT = 1 / 2;
const IDLE_WEIGHT = 1 / 8;
/** An acquirer's round trip that nobody has measured for so long says nothing any more. ms. */
const STALE_MS = 10_000;
/** Changes closer together than this would answer to their own noise. ms. */
const LEAST_BETWEEN_MS = 20;
const MINUTE_MS = 60_000;
const UNMEASURED: Delay = { minima: [], idle: undefined, smoothed: undefined, at: -Infinity };

/** @param most  Records of a backlog that the rules allow in flight. */
export function openLine(most: number, before: Congestion | undefined, at: number): Congestion {
  return {
    share: Math.min(1, FIRST_IN_FLIGHT / most),
    // Another session may take another way; the acquirer's is its own.
    broker: UNMEASURED,
    acquirer: before?.acquirer ?? UNMEASURED,
    changedAt: at,
    busyAt: before?.busyAt ?? -Infinity,
  };
}

/** Records of a backlog that may be in flight: at least 1. */
export function inFlightAllowed({ share }: Congestion, most: number): number {
  return Math.max(1, Math.floor(share * most));
}

/** A backlog has something in flight. At the least share it is so little that a sale does not meet it. */
export function noteBusy(congestion: Congestion, at: number): Congestion {
  return congestion.share === LEAST_SHARE ? congestion : { ...congestion, busyAt: at };
}

/** @param ms  From handing a record to the session until its PUBACK. */
export function notePuback(congestion: Congestion, ms: number, most: number, at: number): Congestion {
  const broker = measure(congestion.broker, { ms, at, isIdle: false }, BROKER_WEIGHT);
  return steer({ ...congestion, broker }, broker, most, at);
}

/** @param ms  From a request's last byte to its answer's last byte. */
export function noteAcquirer(congestion: Congestion, ms: number, most: number, at: number): Congestion {
  const acquirer = measure(congestion.acquirer, { ms, at, isIdle: congestion.busyAt < at - ms }, ACQUIRER_WEIGHT);
  return steer({ ...congestion, acquirer }, acquirer, most, at);
}

interface Sample {
  readonly ms: number;
  readonly at: number;
  /** No backlog was under way meanwhile. */
  readonly isIdle: boolean;
}

function measure({ minima, idle, smoothed }: Delay, { ms, at, isIdle }: Sample, weight: number): Delay {
  const minute = Math.floor(at / MINUTE_MS);
  const recent = minima.filter((entry) => entry.minute > minute - BASE_MINUTES && entry.minute !== minute);
  const least = Math.min(ms, ...minima.filter((entry) => entry.minute === minute).map((entry) => entry.ms));
  return {
    minima: [...recent, { minute, ms: least }],
    idle: isIdle ? weighed(idle, ms, IDLE_WEIGHT) : idle,
    smoothed: weighed(smoothed, ms, weight),
    at,
  };
}

function weighed(mean: number | undefined, ms: number, weight: number): number {
  return mean === undefined ? ms : mean + (ms - mean) * weight;
}

function isCongested({ minima, idle, smoothed }: Delay): boolean {
  if (smoothed === undefined) return false;
  // Answers of an acquirer differ by what they decide: their mean on an idle line says more than the quickest of them.
  const base = idle ?? Math.min(...minima.map(({ ms }) => ms));
  return smoothed > base * CONGESTED_FACTOR && smoothed > base + CONGESTED_MS;
}

function steer(congestion: Congestion, measured: Delay, most: number, at: number): Congestion {
  const { share, broker, acquirer, changedAt } = congestion;
  if (at - changedAt < Math.max(measured.smoothed ?? 0, LEAST_BETWEEN_MS)) return congestion;
  if (isCongested(measured)) return { ...congestion, share: Math.max(LEAST_SHARE, share / 2), changedAt: at };
  if (isCongested(broker) || (isCongested(acquirer) && at - acquirer.at < STALE_MS)) return congestion;
  return { ...congestion, share: Math.min(1, share + 1 / Math.max(most, STEPS)), changedAt: at };
}
