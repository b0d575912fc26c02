import type { TerminalId } from "../../domain/terminal.ts";
import type { Log } from "../../runtime/log.ts";

/**
 * What a terminal's link failed with, in the driver's own words: they name the port and what to do. Logged when they change,
 * not at each attempt.
 */
export class TroubleTold {
  readonly #terminal: TerminalId;
  readonly #log: Log;
  #words: string | undefined;
  #failures = 0;

  constructor(terminal: TerminalId, log: Log) {
    this.#terminal = terminal;
    this.#log = log;
  }

  /** `undefined` while the link is good. */
  get words(): string | undefined {
    return this.#words;
  }

  failed(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.#failures += 1;
    if (words === this.#words) return;
    this.#words = words;
    this.#log.warn("terminal.link-failed", { terminal: this.#terminal, found: words });
  }

  over(): void {
    if (this.#words === undefined) return;
    this.#log.info("terminal.link-recovered", { terminal: this.#terminal, failures: this.#failures });
    this.#words = undefined;
    this.#failures = 0;
  }
}
