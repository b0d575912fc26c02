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

export interface Scene {
  readonly books: EcrBooks;
  readonly customer: Customer;
  /** Eight characters: who the terminal says that it is. */
  readonly terminalNumber: string;
}

/** A terminal's half of one protocol. */
export interface Speaker {
  readonly terminalNumber: string;
  /** @returns `undefined` for a command that it does not know: it is refused. */
  hear(command: string, scene: Scene): Reaction | undefined;
}

export function question(act: () => string | undefined): Reaction {
  return { movesMoney: false, progress: [], act };
}
