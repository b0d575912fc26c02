import { type Seq, seq } from "./domain/record.ts";
import type { RecordInput, Reducer, TickInput } from "./domain/reducer.ts";

/** A reducer's snapshot as the store keeps it. */
export interface Packed {
  readonly name: string;
  readonly upTo: Seq;
  readonly text: string;
}

/** One reducer with its state, fed from outside. A reducer that throws is fed no more: nothing else stops with it. */
export class Reduction<State> {
  readonly #reducer: Reducer<State>;
  #state: State;
  #upTo = seq(0);
  #from = seq(1);
  #failure: string | undefined;

  constructor(reducer: Reducer<State>) {
    this.#reducer = reducer;
    this.#state = reducer.begin();
  }

  /** Of its snapshots: another version finds none and replays. */
  get name(): string {
    return `${this.#reducer.name}@${this.#reducer.version}`;
  }

  get kinds(): ReadonlySet<string> {
    return this.#reducer.kinds;
  }

  /** The newest record that is folded in, or was passed over because it is of another kind. */
  get upTo(): Seq {
    return this.#upTo;
  }

  /** The first record that is folded in: beyond 1 when retention had freed those before it. */
  get from(): Seq {
    return this.#from;
  }

  /** What it threw; the state is then not to be used. */
  get failure(): string | undefined {
    return this.#failure;
  }

  get state(): State {
    return this.#state;
  }

  get deadline(): number | undefined {
    return this.#failure === undefined ? this.#reducer.deadline?.(this.#state) : undefined;
  }

  /** @returns false when this version did not write it: everything is to be replayed. */
  restore(upTo: Seq, text: string): boolean {
    const end = text.indexOf("\n");
    const from = Number(text.slice(0, end));
    const state = this.#reducer.unpack(text.slice(end + 1));
    if (state === undefined || !Number.isSafeInteger(from) || from < 1) return false;
    this.#state = state;
    this.#upTo = upTo;
    this.#from = seq(from);
    return true;
  }

  pack(): Packed {
    return { name: this.name, upTo: this.#upTo, text: `${this.#from}\n${this.#reducer.pack(this.#state)}` };
  }

  /** The records before this one are gone, and were never folded in. */
  beginAt(first: Seq): void {
    this.#state = this.#reducer.begin();
    this.#from = first;
    this.#upTo = seq(first - 1);
  }

  take(input: RecordInput | TickInput): void {
    if (this.#failure !== undefined) return;
    try {
      this.#state = this.#reducer.step(this.#state, input);
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }

  passed(upTo: Seq): void {
    if (upTo > this.#upTo) this.#upTo = upTo;
  }
}
