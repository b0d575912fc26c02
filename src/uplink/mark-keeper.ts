import { seq } from "../domain/record.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { isShutdown, type Task } from "../runtime/task.ts";
import { WakeUp } from "../runtime/wake-up.ts";
import type { Outbox } from "./outbox.ts";

/** ms between two writes of the mark: a crash in between costs a few re-sent records, each write costs the disk. */
const WRITE_EVERY_MS = 50;
const RETRY_MS = 1_000;
const POLL_MS = 60_000;

/** Makes the mark durable, a step behind what is known: many confirmations become one write. */
export class MarkKeeper implements Task {
  readonly name = "uplink mark";
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #moved = new WakeUp();
  #wanted: number;
  #durable: number;
  /** Where the mark has gone back to since the last write, if it has. */
  #lowest: number | undefined;
  #failures = 0;

  constructor(outbox: Outbox, clock: Clock, log: Log) {
    this.#outbox = outbox;
    this.#clock = clock;
    this.#log = log;
    this.#durable = outbox.mark();
    this.#wanted = this.#durable;
  }

  confirm(upTo: number): void {
    this.#wanted = Math.max(this.#wanted, upTo);
    this.#moved.ring();
  }

  /** Headquarters has lost what lies beyond. */
  regress(upTo: number): void {
    this.#wanted = upTo;
    this.#lowest = Math.min(this.#lowest ?? upTo, upTo);
    this.#moved.ring();
  }

  /** Writes once more after the signal has fired, for what was confirmed until then. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#durable === this.#wanted && this.#lowest === undefined) await this.#moved.wait(POLL_MS, signal);
      await this.#write();
      await this.#pause(this.#failures === 0 ? WRITE_EVERY_MS : RETRY_MS, signal);
    }
    await this.#write();
  }

  async #write(): Promise<void> {
    const lowest = this.#lowest;
    const upTo = this.#wanted;
    if (lowest === undefined && upTo === this.#durable) return;
    // It may go back again while this is being written.
    this.#lowest = undefined;
    try {
      if (lowest !== undefined) {
        await this.#outbox.regress(seq(lowest));
        this.#durable = lowest;
      }
      if (upTo > this.#durable) {
        await this.#outbox.confirm(seq(upTo));
        this.#durable = upTo;
      }
      if (this.#failures > 0) this.#log.info("uplink.mark-written", { failures: this.#failures });
      this.#failures = 0;
    } catch (error) {
      if (lowest !== undefined) this.#lowest = Math.min(lowest, this.#lowest ?? lowest);
      if (this.#failures === 0) this.#log.error("uplink.mark-not-written", { upTo, error });
      this.#failures += 1;
    }
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#clock.sleep(ms, signal);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }
}
