import { z } from "zod";
import { type Carried, type Cell, merged, NOTHING, sum, wentWell } from "./cell.ts";

export const HOUR_MS = 3_600_000;
const SLOT_MS = 600_000;
/** Eight times each hour of the week: enough to see what is usual, and what was usual long ago fades. ms. */
const KEPT_MS = 8 * 7 * 24 * HOUR_MS;
/** All terminals together. No terminal has an empty name. */
export const SHOP = "";

const packed = z.object({
  upTo: z.number(),
  first: z.number().exactOptional(),
  newest: z.number(),
  hours: z.array(
    z.tuple([z.number(), z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), z.number(), z.number()]))]),
  ),
  slots: z.array(z.tuple([z.number(), z.array(z.tuple([z.string(), z.number()]))])),
  carried: z.array(z.tuple([z.string(), z.object({ perHour: z.number(), perTenMinutes: z.number() })])),
  dips: z.array(z.tuple([z.number(), z.number()])),
});

/** Eight weeks of payments by hour (UTC) and terminal, and what was carried well before them. */
export class OutlookState {
  upTo = 0;
  /** Hour of the first payment of all, ms. */
  first: number | undefined;
  /** The newest hour that a record told of, ms. */
  newest = 0;
  readonly hours = new Map<number, Map<string, Cell>>();
  /** Payments of the last two hours by ten minutes. */
  readonly #slots = new Map<number, Map<string, number>>();
  readonly #carried = new Map<string, Carried>();
  /** Hour → times that the supply voltage fell. */
  readonly dips = new Map<number, number>();

  count(at: number, terminal: string, add: Omit<Cell, "peak">): void {
    const hour = hourOf(at);
    if (hour < this.newest - KEPT_MS) return;
    this.moveTo(at);
    this.first = Math.min(this.first ?? hour, hour);
    for (const name of [SHOP, terminal]) {
      const cells = within(this.hours, hour);
      const peak = this.#slot(at, name, add.payments);
      const cell = cells.get(name) ?? NOTHING;
      cells.set(name, { ...sum(cell, { ...add, peak: 0 }), peak: Math.max(cell.peak, peak) });
    }
  }

  dip(at: number): void {
    this.moveTo(at);
    this.dips.set(hourOf(at), (this.dips.get(hourOf(at)) ?? 0) + 1);
  }

  /** What is too old becomes part of what was carried, or is forgotten. */
  moveTo(at: number): void {
    const hour = hourOf(at);
    if (hour <= this.newest) return;
    this.newest = hour;
    for (const [old, cells] of this.hours) {
      if (old >= hour - KEPT_MS) continue;
      for (const [name, cell] of cells) this.#carry(name, cell);
      this.hours.delete(old);
    }
    for (const slot of this.#slots.keys()) if (slot < hour - 2 * HOUR_MS) this.#slots.delete(slot);
    for (const old of this.dips.keys()) if (old < hour - KEPT_MS) this.dips.delete(old);
  }

  /** The most that went well, ever. `undefined`: nothing did yet. */
  carried(name: string): Carried | undefined {
    const usual = this.usual(name);
    const kept = [...this.hours.values()].flatMap((cells) => {
      const cell = cells.get(name);
      return cell !== undefined && wentWell(cell, usual) ? [cell] : [];
    });
    return kept.reduce(merged, this.#carried.get(name));
  }

  /** Of the hours that fit. */
  usual(name: string, fits: (hour: number) => boolean = () => true): Cell {
    let all = NOTHING;
    for (const [hour, cells] of this.hours) if (fits(hour)) all = sum(all, cells.get(name) ?? NOTHING);
    return all;
  }

  /** Terminals that took a payment since then. @param from  ms. */
  terminals(from: number): readonly string[] {
    const names = [...this.hours].flatMap(([hour, cells]) => (hour >= from ? [...cells.keys()] : []));
    return [...new Set(names)].filter((name) => name !== SHOP).toSorted();
  }

  pack(): string {
    return JSON.stringify({
      upTo: this.upTo,
      ...(this.first === undefined ? {} : { first: this.first }),
      newest: this.newest,
      hours: [...this.hours].map(([hour, cells]) => [
        hour,
        [...cells].map(([name, { payments, failed, answered, hostMs, peak }]) => [
          name,
          payments,
          failed,
          answered,
          hostMs,
          peak,
        ]),
      ]),
      slots: [...this.#slots].map(([slot, counts]) => [slot, [...counts]]),
      carried: [...this.#carried],
      dips: [...this.dips],
    });
  }

  static unpack(text: string): OutlookState | undefined {
    const read = packed.safeParse(JSON.parse(text));
    if (!read.success) return undefined;
    const { upTo, first, newest, hours, slots, carried, dips } = read.data;
    const state = new OutlookState();
    state.upTo = upTo;
    state.first = first;
    state.newest = newest;
    for (const [hour, cells] of hours) {
      const into = within(state.hours, hour);
      for (const [name, payments, failed, answered, hostMs, peak] of cells)
        into.set(name, { payments, failed, answered, hostMs, peak });
    }
    for (const [slot, counts] of slots) state.#slots.set(slot, new Map(counts));
    for (const [name, most] of carried) state.#carried.set(name, most);
    for (const [hour, times] of dips) state.dips.set(hour, times);
    return state;
  }

  /** @returns the count of its ten minutes; 0 for a payment that is told late. */
  #slot(at: number, name: string, add: number): number {
    const slot = Math.floor(at / SLOT_MS) * SLOT_MS;
    if (slot < this.newest - 2 * HOUR_MS) return 0;
    const counts = within(this.#slots, slot);
    const count = (counts.get(name) ?? 0) + add;
    counts.set(name, count);
    return count;
  }

  #carry(name: string, cell: Cell): void {
    if (wentWell(cell, this.usual(name))) this.#carried.set(name, merged(this.#carried.get(name), cell));
  }
}

export function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

function within<T>(table: Map<number, Map<string, T>>, key: number): Map<string, T> {
  const found = table.get(key) ?? new Map<string, T>();
  table.set(key, found);
  return found;
}
