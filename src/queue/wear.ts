import { readFileSync } from "node:fs";

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** Bytes written, by hours of running, the present one last: neither a wrong clock nor a night switched off counts in it. */
export interface WearState {
  /** At most 24. */
  readonly hours: readonly number[];
  /** How much of the present hour is over. ms. */
  readonly intoHourMs: number;
}

export const NO_WEAR: WearState = { hours: [0], intoHourMs: 0 };

/** Adds what was written in the time since the last look. */
export function worn({ hours, intoHourMs }: WearState, bytes: number, elapsedMs: number): WearState {
  const present = hours.at(-1) ?? 0;
  const over = intoHourMs + elapsedMs;
  const begun = Math.min(Math.floor(over / HOUR_MS), HOURS);
  const all = [...hours.slice(0, -1), present + bytes, ...Array.from({ length: begun }, () => 0)];
  return { hours: all.slice(-HOURS), intoHourMs: over % HOUR_MS };
}

/** Bytes in the last 24 hours of running, or since the first one. */
export function writtenPerDay({ hours }: WearState): number {
  return hours.reduce((sum, bytes) => sum + bytes, 0);
}

/** What this process, all its threads, caused to be written to a disk; `undefined` where the kernel does not count (proc(5), `/proc/pid/io`). */
export function writtenByProcess(): number | undefined {
  try {
    const found = /^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"));
    return found === null ? undefined : Number(found[1]);
  } catch {
    return undefined;
  }
}
