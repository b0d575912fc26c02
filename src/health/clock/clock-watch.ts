import type { ClockRecord } from "../../domain/clock-record.ts";
import type { RecordDraft, Seq } from "../../domain/record.ts";
import type { BelievedClock } from "../../runtime/believed-clock.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";

/** The clock is asked again this often: one that is only checked once stays wrong unnoticed (Home Assistant supervisor, issue 7160). ms. */
const LOOK_EVERY_MS = 10_000;
/** The kernel is asked through processes of their own. ms. */
const ASK_KERNEL_EVERY_MS = 60_000;
/** What a clock that is steered without being set moves in 10 s is 5 ms (adjtimex(2): 500 ppm). ms. */
const STEP_MS = 2_000;

export interface ClockWatchDeps {
  readonly clock: BelievedClock;
  readonly log: Log;
  readonly version: string;
  readonly record: (draft: RecordDraft) => Promise<Seq>;
  /** Whether something keeps the kernel's clock right; `undefined` when nobody can tell. */
  readonly askKernel: (signal: AbortSignal) => Promise<boolean | undefined>;
}

/** Puts every change of the clock's state, and every step of it, into the ledger, beginning with the start itself. */
export function clockWatch(deps: ClockWatchDeps): Task {
  return {
    name: "clock",
    run: async (signal) => {
      try {
        await new ClockWatch(deps).run(signal);
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    },
  };
}

class ClockWatch {
  readonly #deps: ClockWatchDeps;
  #isSynced = false;
  /** Wall against monotonic time at the last look. */
  #offset: number;
  #askAgainAt = 0;

  constructor(deps: ClockWatchDeps) {
    this.#deps = deps;
    this.#offset = this.#offsetNow();
  }

  async run(signal: AbortSignal): Promise<never> {
    const { clock, version } = this.#deps;
    await this.#note("started", { version });
    for (;;) {
      await this.#askKernelIfDue(signal);
      await this.#look();
      await clock.sleep(LOOK_EVERY_MS, signal);
    }
  }

  async #askKernelIfDue(signal: AbortSignal): Promise<void> {
    const { clock, askKernel } = this.#deps;
    if (clock.hasMark || clock.monotonicMs() < this.#askAgainAt) return;
    const answer = await askKernel(signal);
    signal.throwIfAborted();
    clock.heard(answer === true);
    this.#askAgainAt = clock.monotonicMs() + ASK_KERNEL_EVERY_MS;
  }

  /** A step first: the record that the clock is right must not seem to lie before it. */
  async #look(): Promise<void> {
    const { clock, log } = this.#deps;
    const offset = this.#offsetNow();
    const byMs = Math.round(offset - this.#offset);
    this.#offset = offset;
    if (Math.abs(byMs) > STEP_MS) {
      log.warn("clock.stepped", { byMs });
      await this.#note("stepped", { byMs });
    }
    const isSynced = clock.stamp().synced;
    if (isSynced === this.#isSynced) return;
    this.#isSynced = isSynced;
    log.info(isSynced ? "clock.synchronised" : "clock.lost");
    await this.#note(isSynced ? "synchronised" : "lost");
  }

  #offsetNow(): number {
    const { clock } = this.#deps;
    return clock.now() - clock.monotonicMs();
  }

  async #note(event: ClockRecord["event"], more: Partial<ClockRecord> = {}): Promise<void> {
    const { clock, log, record } = this.#deps;
    const body: ClockRecord = { event, at: rfc3339(clock.now()), ...more };
    try {
      await record({ kind: "clock", body });
    } catch (error) {
      log.error("clock.notRecorded", { event, error });
    }
  }
}
