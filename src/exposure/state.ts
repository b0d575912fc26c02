import type { RecordKey } from "../domain/carried.ts";
import { type Seq, seq, type StreamId } from "../domain/record.ts";
import { BootTimes, type BootTimesSnapshot } from "../domain/redate.ts";
import type { AcquirerId, TerminalId } from "../domain/terminal.ts";
import { Parked, type ParkedSnapshot } from "./parked.ts";
import { Shelf, type ShelfSnapshot } from "./shelf.ts";
import { Unreported, type UnreportedSnapshot } from "./unreported.ts";

/**
 * Transactions of one terminal that are kept one by one, in doubt and unsettled each. The relay remembers no more, so
 * that nothing about an older one is to be expected, except of one in doubt.
 */
const KEPT_PER_TERMINAL = 500;
/** Shared by all terminals, about: some 3 MB in a snapshot. */
const KEPT_IN_ALL = 12_000;
/** Terminals beyond it share one name: a hostile peer can invent terminal ids without end. */
const MAX_SHELVES = 1_000;
const OTHERS = "others";

interface Snapshot {
  readonly upTo: Seq;
  readonly carried: readonly (readonly [StreamId, Seq])[];
  readonly shelves: readonly (readonly [string, ShelfSnapshot])[];
  readonly unreported: UnreportedSnapshot;
  readonly parked: ParkedSnapshot;
  readonly boots: BootTimesSnapshot;
}

/** All that the records say about money at risk. The present is no part of it. */
export class ExposureState {
  /** The newest record seen. */
  upTo: Seq = seq(0);
  unreported = new Unreported();
  parked = new Parked();
  times = new BootTimes();
  #shelves = new Map<string, Shelf>();
  /** How far each earlier stream was carried over. */
  #carried = new Map<StreamId, Seq>();

  get shelves(): Iterable<Shelf> {
    return this.#shelves.values();
  }

  /** False for a carried record that came before: its transaction may have moved on since. */
  isNews(carried: RecordKey | undefined): boolean {
    if (carried === undefined) return true;
    if (carried.seq <= (this.#carried.get(carried.stream) ?? 0)) return false;
    this.#carried.set(carried.stream, carried.seq);
    return true;
  }

  /** Changes one terminal's shelf, and keeps it within its bounds. */
  change(acquirer: AcquirerId | undefined, terminal: TerminalId, how: (shelf: Shelf) => void): void {
    const { key, shelf } = this.#shelf(`${acquirer ?? ""} ${terminal}`, terminal);
    how(shelf);
    if (shelf.isEmpty) this.#shelves.delete(key);
    else this.#shelves.set(key, shelf);
    shelf.trim(Math.min(KEPT_PER_TERMINAL, Math.ceil(KEPT_IN_ALL / this.#shelves.size)));
  }

  pack(): string {
    const snapshot: Snapshot = {
      upTo: this.upTo,
      carried: [...this.#carried],
      shelves: [...this.#shelves].map(([key, shelf]) => [key, shelf.toJSON()]),
      unreported: this.unreported.toJSON(),
      parked: this.parked.toJSON(),
      boots: this.times.toJSON(),
    };
    return JSON.stringify(snapshot);
  }

  /** The inverse of `pack`; `undefined` for what is no such text. */
  static unpack(text: string): ExposureState | undefined {
    const snapshot = parsed(text);
    if (snapshot === undefined) return undefined;
    const state = new ExposureState();
    state.upTo = snapshot.upTo;
    state.unreported = Unreported.from(snapshot.unreported);
    state.parked = Parked.from(snapshot.parked);
    state.times = BootTimes.from(snapshot.boots);
    state.#shelves = new Map(snapshot.shelves.map(([key, shelf]) => [key, Shelf.from(shelf)]));
    state.#carried = new Map(snapshot.carried);
    return state;
  }

  #shelf(key: string, terminal: string): { readonly key: string; readonly shelf: Shelf } {
    const known = this.#shelves.get(key);
    if (known !== undefined) return { key, shelf: known };
    if (this.#shelves.size < MAX_SHELVES) return { key, shelf: new Shelf(terminal) };
    return { key: OTHERS, shelf: this.#shelves.get(OTHERS) ?? new Shelf(OTHERS) };
  }
}

function parsed(text: string): Snapshot | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isSnapshot(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Only the outer shape is checked: the text comes from our own store, whose pages carry their own checks. */
function isSnapshot(value: unknown): value is Snapshot {
  if (typeof value !== "object" || value === null || !("unreported" in value) || !("parked" in value)) return false;
  const { carried, shelves, boots } = { carried: undefined, shelves: undefined, boots: undefined, ...value };
  return [carried, shelves, boots].every(Array.isArray);
}
