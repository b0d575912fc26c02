import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type BootId, bootId, type ClockStamp, type Instant, instant } from "../domain/clock.ts";

/** Time as an argument: nothing of ours reads a clock that was not handed to it. */
export interface Clock {
  /** Wall time. May jump. */
  now(): Instant;
  /** Milliseconds since boot, with fractions. Never goes back. Every time-out counts in this. */
  monotonicMs(): number;
  stamp(): ClockStamp;
  /** Resolves after `ms`; rejects with the signal's reason when it fires first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** systemd-timesyncd touches this file when it has set the clock (systemd-timesyncd.service(8)). */
const TIMESYNC_MARK = "/run/systemd/timesync/synchronized";

export function rfc3339(at: Instant): string {
  return new Date(at).toISOString();
}

function readBootId(): BootId {
  // Linux gives each boot an id; elsewhere (a developer's laptop) one per process is the honest substitute.
  try {
    return bootId(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  } catch {
    return bootId(crypto.randomUUID());
  }
}

function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The machine's own clock. Whether it is synchronised is asked at most once in 10 s: it is a file look-up. */
export function systemClock(): Clock {
  const boot = readBootId();
  let synced = false;
  let askAgainAt = 0;
  const isSynced = (now: number): boolean => {
    if (now >= askAgainAt) {
      askAgainAt = now + 10_000;
      synced = existsSync(TIMESYNC_MARK);
    }
    return synced;
  };
  return {
    now: () => instant(Date.now()),
    monotonicMs,
    stamp: () => {
      const now = Math.round(monotonicMs());
      return { bootId: boot, monotonicMs: now, synced: isSynced(now) };
    },
    sleep: async (ms, signal) => {
      await delay(ms, undefined, { signal });
    },
  };
}
