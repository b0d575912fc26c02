import { inspect } from "node:util";

/** A value that cannot be printed by accident: masking in the logger is the second line of defence, this the first. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toJSON(): string {
    return "***";
  }

  toString(): string {
    return "***";
  }

  [inspect.custom](): string {
    return "***";
  }
}
