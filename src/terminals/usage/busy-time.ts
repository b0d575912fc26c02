/** Ten minutes: fine enough for "the last hour", and a day of it is small. ms. */
const SLOT_MS = 600_000;
const DAY_SLOTS = 144;
const HOUR_SLOTS = 6;

/** Slot since 1970 → busy ms in it. Only slots in which something was done. */
export type BusySlots = readonly (readonly [number, number])[];

/** When a terminal was in use, over the last day. */
export class BusyTime {
  readonly #slots: Map<number, number>;

  constructor(slots: BusySlots = []) {
    this.#slots = new Map(slots);
  }

  /** @param fromMs  Wall time. */
  add(fromMs: number, durationMs: number): void {
    const end = fromMs + durationMs;
    for (let at = fromMs; at < end;) {
      const slot = Math.floor(at / SLOT_MS);
      const until = Math.min(end, (slot + 1) * SLOT_MS);
      this.#slots.set(slot, Math.min(SLOT_MS, (this.#slots.get(slot) ?? 0) + until - at));
      at = until;
    }
    this.#forget(Math.floor(end / SLOT_MS));
  }

  /** 0..1, over the last hour and the last day. */
  shares(nowMs: number): { readonly lastHour: number; readonly lastDay: number } {
    return { lastHour: this.#share(nowMs, HOUR_SLOTS), lastDay: this.#share(nowMs, DAY_SLOTS) };
  }

  toJSON(): BusySlots {
    return [...this.#slots];
  }

  #share(nowMs: number, slots: number): number {
    const current = Math.floor(nowMs / SLOT_MS);
    const first = current - slots + 1;
    const elapsed = nowMs - first * SLOT_MS;
    let busy = 0;
    for (const [slot, ms] of this.#slots) if (slot >= first && slot <= current) busy += ms;
    return elapsed <= 0 ? 0 : Math.min(1, busy / elapsed);
  }

  /** What is older than a day; and what a wrong clock put into the future, once it would count. */
  #forget(current: number): void {
    for (const slot of this.#slots.keys()) {
      if (slot <= current - DAY_SLOTS || slot > current + DAY_SLOTS) this.#slots.delete(slot);
    }
  }
}
