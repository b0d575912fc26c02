import { z } from "zod";
import type { Instant } from "../../domain/clock.ts";
import type { Disturbance } from "../../domain/impact.ts";

/** How payments ended that were begun in one minute on one terminal. */
export interface Cell {
  readonly payments: number;
  readonly unanswered: number;
  readonly slow: number;
}

/** Something was wrong from then to then. Wall clock, ms. */
export interface Episode {
  readonly disturbance: Disturbance;
  readonly from: number;
  /** Absent: it goes on. */
  readonly to?: number;
}

const MINUTE_MS = 60_000;
/** What is joined: the last day, and an hour so that yesterday's same hour is still there. ms. */
const KEPT_MS = 25 * 60 * MINUTE_MS;
/** A line that comes and goes all day; the oldest make room. */
const EPISODES = 200;
/** Payments that the usual share is made of at most, so that what was usual long ago fades. */
const USUAL_OF = 4_000;

export const NOTHING: Cell = { payments: 0, unanswered: 0, slow: 0 };

const cell = z.object({ payments: z.number(), unanswered: z.number(), slow: z.number() });
const packed = z.object({
  upTo: z.number(),
  forgotAt: z.number(),
  minutes: z.array(z.tuple([z.number(), z.array(z.tuple([z.string(), cell]))])),
  usual: z.array(z.tuple([z.string(), cell])),
  episodes: z.array(
    z.object({ disturbance: z.custom<Disturbance>(isObject), from: z.number(), to: z.number().exactOptional() }),
  ),
});

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** A day of payments by minute and terminal, what is usual, and what was disturbed when. */
export class ImpactState {
  upTo = 0;
  /** Wall clock, ms. */
  #forgotAt = 0;
  /** Minute (wall clock, ms) → terminal. */
  readonly minutes = new Map<number, Map<string, Cell>>();
  /** Terminal → undisturbed minutes that are older than a day. */
  readonly usual = new Map<string, Cell>();
  episodes: readonly Episode[] = [];

  count(at: number, terminal: string, add: Cell): void {
    const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    const cells = this.minutes.get(minute) ?? new Map<string, Cell>();
    cells.set(terminal, sum(cells.get(terminal) ?? NOTHING, add));
    this.minutes.set(minute, cells);
  }

  begin(disturbance: Disturbance, from: Instant): void {
    this.episodes = [...this.episodes, { disturbance, from }].slice(-EPISODES);
  }

  /** Every open one that fits. */
  end(fits: (disturbance: Disturbance) => boolean, to: Instant): void {
    this.episodes = this.episodes.map((episode) =>
      episode.to === undefined && fits(episode.disturbance) ? { ...episode, to: Math.max(to, episode.from) } : episode,
    );
  }

  /** What is older than a day becomes part of what is usual, or is forgotten. */
  forget(now: Instant): void {
    if (Math.abs(now - this.#forgotAt) < MINUTE_MS) return;
    this.#forgotAt = now;
    for (const [minute, cells] of this.minutes) {
      if (minute >= now - KEPT_MS) continue;
      this.minutes.delete(minute);
      if (this.isDisturbed(minute)) continue;
      for (const [terminal, found] of cells)
        this.usual.set(terminal, faded(sum(this.usual.get(terminal) ?? NOTHING, found)));
    }
    this.episodes = this.episodes.filter(({ to }) => to === undefined || to >= now - KEPT_MS);
  }

  isDisturbed(minute: number): boolean {
    return this.episodes.some((episode) => isWithin(episode, minute));
  }

  pack(): string {
    return JSON.stringify({
      upTo: this.upTo,
      forgotAt: this.#forgotAt,
      minutes: [...this.minutes].map(([minute, cells]) => [minute, [...cells]]),
      usual: [...this.usual],
      episodes: this.episodes,
    });
  }

  static unpack(text: string): ImpactState | undefined {
    const read = packed.safeParse(JSON.parse(text));
    if (!read.success) return undefined;
    const state = new ImpactState();
    state.upTo = read.data.upTo;
    state.#forgotAt = read.data.forgotAt;
    for (const [minute, cells] of read.data.minutes) state.minutes.set(minute, new Map(cells));
    for (const [terminal, found] of read.data.usual) state.usual.set(terminal, found);
    state.episodes = read.data.episodes;
    return state;
  }
}

/** The minute and the episode overlap. */
export function isWithin({ from, to = Number.POSITIVE_INFINITY }: Episode, minute: number): boolean {
  return minute + MINUTE_MS > from && minute <= to;
}

export function sum(a: Cell, b: Cell): Cell {
  return { payments: a.payments + b.payments, unanswered: a.unanswered + b.unanswered, slow: a.slow + b.slow };
}

function faded(found: Cell): Cell {
  if (found.payments <= USUAL_OF) return found;
  return { payments: found.payments / 2, unanswered: found.unanswered / 2, slow: found.slow / 2 };
}
