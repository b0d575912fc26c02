import type { Clock } from "./clock.ts";

/** A part that must answer for the process to count as alive. One that does not gets the daemon restarted. */
export interface Pulse {
  readonly name: string;
  /** Resolves when the part has answered; rejects when it cannot. The caller does not wait for ever. */
  beat(): Promise<void>;
}

/** ms. A reader thread may be in the middle of a page, a writer in a slow fsync; neither takes this long when alive. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * The one judgement behind `/livez` and the watchdog: asks every part for a sign of life. The event loop needs no question of
 * its own: a loop that stands asks nobody and answers nobody. A part that hangs has one question outstanding, however often
 * people ask.
 */
export class Liveness {
  readonly #outstanding = new Map<Pulse, Promise<boolean>>();
  readonly #pulses: readonly Pulse[];
  readonly #clock: Clock;

  constructor(pulses: readonly Pulse[], clock: Clock) {
    this.#pulses = pulses;
    this.#clock = clock;
  }

  /** Names of the parts that do not answer; empty when all do. */
  async silent(): Promise<readonly string[]> {
    const answered = new AbortController();
    const late = this.#clock.sleep(ANSWER_WITHIN_MS, answered.signal).then(
      () => false,
      () => false,
    );
    try {
      const answers = await Promise.all(this.#pulses.map(async (pulse) => Promise.race([this.#ask(pulse), late])));
      return this.#pulses.filter((_, index) => answers[index] !== true).map((pulse) => pulse.name);
    } finally {
      answered.abort();
    }
  }

  #ask(pulse: Pulse): Promise<boolean> {
    const asked = this.#outstanding.get(pulse);
    if (asked !== undefined) return asked;
    const question = pulse
      .beat()
      .then(
        () => true,
        () => false,
      )
      .finally(() => this.#outstanding.delete(pulse));
    this.#outstanding.set(pulse, question);
    return question;
  }
}
