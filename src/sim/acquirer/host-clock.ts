import { packed } from "./compose.ts";

/** The host's wall time as it stands in replies, packed. */
export interface HostTime {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** MMDD in the host's zone. */
  readonly day: string;
  /** DE12, DE13. */
  readonly time: Buffer;
  readonly date: Buffer;
  /** DE15: the next day from 23:00 on (日切, reference 1.3). */
  readonly settlementDate: Buffer;
}

const HOUR_MS = 3_600_000;

/**
 * Reads the clock for every request but spells it out once a second.
 *
 * @param now  Milliseconds since 1970.
 * @param zoneMinutes  East of Greenwich; China is 480.
 */
export function hostClock(now: () => number, zoneMinutes: number): () => HostTime {
  let second = Number.NaN;
  let spelled: Omit<HostTime, "at"> | undefined;
  return () => {
    const at = now();
    const thisSecond = Math.floor(at / 1_000);
    if (spelled === undefined || thisSecond !== second) {
      second = thisSecond;
      const local = new Date(at + zoneMinutes * 60_000).toISOString();
      const cut = new Date(at + zoneMinutes * 60_000 + HOUR_MS).toISOString();
      const day = local.slice(5, 7) + local.slice(8, 10);
      spelled = {
        day,
        time: packed(local.slice(11, 13) + local.slice(14, 16) + local.slice(17, 19)),
        date: packed(day),
        settlementDate: packed(cut.slice(5, 7) + cut.slice(8, 10)),
      };
    }
    return { at, ...spelled };
  };
}
