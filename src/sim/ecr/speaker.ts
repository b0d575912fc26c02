import type { EcrBooks } from "./books.ts";
import type { Customer } from "./plan.ts";

/** What a terminal does at a command. */
export interface Reaction {
  readonly movesMoney: boolean;
  /** Texts of what the customer is asked for meanwhile. */
  readonly progress: readonly string[];
  /** Carries it out and tells the answer; `undefined` where the ACK is all. */
  readonly act: () => string | undefined;
}

/** A terminal's half of one protocol. */
export interface Speaker {
  /** @returns `undefined` for a command that it does not know: it is refused. */
  hear(command: string, books: EcrBooks, customer: Customer): Reaction | undefined;
}

export function question(act: () => string | undefined): Reaction {
  return { movesMoney: false, progress: [], act };
}
