import { type Seq, seq } from "./domain/record.ts";
import { type DerivedDraft, derivedFrom } from "./domain/derived.ts";
import type { RecordInput, Reducer, TickInput } from "./domain/reducer.ts";

/** A reducer's snapshot as the store keeps it. */
export interface Packed {
  readonly name: string;
  readonly upTo: Seq;
  readonly text: string;
}

interface Derived {
  readonly seq: Seq;
  readonly part: number;
  readonly draft: DerivedDraft;
  readonly isHandedOut: boolean;
}

/** One reducer with its state, fed from outside. A reducer that throws is fed no more: nothing else stops with it. */
export class Reduction<State> {
  readonly #reducer: Reducer<State>;
  #state: State;
  #upTo = seq(0);
  #from = seq(1);
  #failure: string | undefined;
  /** What it derived and the ledger does not hold yet, oldest first. */
  #derived: readonly Derived[] = [];

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
      if (input.type === "record" && input.carried === undefined) this.#derive(input);
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }

  /** What is to be written now. Until {@link passed} has seen it come back it is owed, and no snapshot may be taken. */
  takeDerived(): readonly DerivedDraft[] {
    const taken = this.#derived.filter(({ isHandedOut }) => !isHandedOut);
    this.#derived = this.#derived.map((one) => ({ ...one, isHandedOut: true }));
    return taken.map(({ draft }) => draft);
  }

  /** Whether something that it derived is not in the ledger yet: a restart from here would forget it. */
  get owes(): boolean {
    return this.#derived.length > 0;
  }

  /** A record of its own comes back: it, and all that it said before, is in the ledger. */
  #derive({ seq: at, body }: RecordInput): void {
    const { name: reducer, version } = this.#reducer;
    const own = derivedFrom(body);
    if (own !== undefined && own.reducer === reducer) {
      this.#derived = this.#derived.filter((one) => one.seq > own.seq || (one.seq === own.seq && one.part > own.part));
    }
    const drafts = this.#reducer.derives?.(this.#state) ?? [];
    this.#derived = [
      ...this.#derived,
      ...drafts.map((draft, part) => ({
        seq: at,
        part,
        isHandedOut: false,
        draft: { ...draft, body: { ...draft.body, derived: { reducer, version, seq: at, part } } },
      })),
    ];
  }

  passed(upTo: Seq): void {
    if (upTo > this.#upTo) this.#upTo = upTo;
  }
}
