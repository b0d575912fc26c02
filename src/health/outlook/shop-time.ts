/** A moment on the shop's wall clock. */
export interface ShopTime {
  /** `2026-11-11`. */
  readonly day: string;
  /** 0 is Monday. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
}

/** Formatting a time zone is slow; eight weeks have 1,344 hours. */
const REMEMBERED = 4_000;

/** Reads times in one zone, and remembers what it has read. */
export class ShopZone {
  readonly #format: Intl.DateTimeFormat;
  readonly #known = new Map<number, ShopTime>();

  /** @param timeZone  IANA. @throws RangeError for one that is unknown. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-GB", {
      timeZone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }

  /** @param ms  Since 1970, UTC. */
  at(ms: number): ShopTime {
    const known = this.#known.get(ms);
    if (known !== undefined) return known;
    const parts = new Map(this.#format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const day = `${parts.get("year") ?? ""}-${parts.get("month") ?? ""}-${parts.get("day") ?? ""}`;
    const found = {
      day,
      weekday: (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7,
      hour: Number(parts.get("hour")),
      minute: Number(parts.get("minute")),
    };
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(ms, found);
    return found;
  }

  /** `11:00`. */
  clock(ms: number): string {
    const { hour, minute } = this.at(ms);
    return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
  }
}
