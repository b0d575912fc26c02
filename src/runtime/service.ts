import { aborted } from "./aborted.ts";
import type { Clock } from "./clock.ts";
import type { Liveness } from "./liveness.ts";
import type { Notify } from "./sd-notify.ts";
import { isShutdown, type Task } from "./task.ts";

/** ms between two words about a start that goes on. */
const STARTING_EVERY_MS = 10_000;
/** ms that each of them asks for: two may be lost. */
const EXTENSION_MS = 30_000;
/** ms. The largest ledger is salvaged sooner, also on a slow card; beyond it the start hangs, and systemd's own limit decides. */
const START_LIMIT_MS = 3_600_000;
/** ms between two looks at the state where no watchdog says how often. */
const LOOK_EVERY_MS = 15_000;
/** ms between two looks whether everything answers before it was ready. */
const READY_LOOK_MS = 200;
/** Characters of STATUS=, which `systemctl status` shows on one line. */
const MAX_STATUS = 200;

/** What the watchdog is told: alive only when every part answered. @param silent  Parts that did not. */
export function beat(silent: readonly string[], state: string): readonly string[] {
  if (silent.length > 0) return [`STATUS=${oneLine(`${silent.join(", ")} does not answer`)}`];
  return ["WATCHDOG=1", `STATUS=${oneLine(state)}`];
}

/** @returns nothing when the start has taken so long that it must be taken for hung. */
export function startGoesOn(sinceMs: number): readonly string[] | undefined {
  if (sinceMs >= START_LIMIT_MS) return undefined;
  return [`EXTEND_TIMEOUT_USEC=${EXTENSION_MS * 1_000}`, "STATUS=starting: the ledger is opened and read"];
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\p{C}+/gu, " ");
  return line.length > MAX_STATUS ? `${line.slice(0, MAX_STATUS - 1)}…` : line;
}

export interface ServiceOptions {
  readonly notify: Notify;
  /** `undefined`: no watchdog. */
  readonly watchdogEveryMs: number | undefined;
}

export interface ServiceView {
  /** Resolves when all runs that must run before the service counts as started; never when one of it failed. */
  readonly started: Promise<unknown>;
  readonly liveness: Pick<Liveness, "silent">;
  /** The state in words. */
  readonly state: () => string;
}

/** The daemon as systemd sees it. What it says is true: nothing says "alive" that did not ask. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #ready = new AbortController();

  constructor(options: ServiceOptions) {
    this.#options = options;
  }

  /** Asks for more time while the start goes on. Resolves when it is over. */
  async starting(clock: Clock, signal: AbortSignal): Promise<void> {
    const over = AbortSignal.any([signal, this.#ready.signal]);
    const beganAt = clock.monotonicMs();
    try {
      for (;;) {
        await clock.sleep(STARTING_EVERY_MS, over);
        const words = startGoesOn(clock.monotonicMs() - beganAt);
        if (words === undefined) return;
        await this.#options.notify(words);
      }
    } catch (error) {
      if (!isShutdown(error, over)) throw error;
    }
  }

  /** Says READY when everything runs and answers, then WATCHDOG as long as it does, and STOPPING at the end. */
  watch({ started, liveness, state }: ServiceView, clock: Clock): Task {
    const { notify, watchdogEveryMs = LOOK_EVERY_MS } = this.#options;
    return {
      name: "service",
      run: async (signal) => {
        try {
          await Promise.race([started, aborted(signal)]);
          // A stop does not wait for a part that hangs.
          const silent = async (): Promise<readonly string[]> =>
            Promise.race([liveness.silent(), aborted(signal).then(() => [])]);
          while (!signal.aborted && (await silent()).length > 0) await clock.sleep(READY_LOOK_MS, signal);
          if (!signal.aborted) {
            this.#ready.abort();
            await notify(["READY=1", `STATUS=${oneLine(state())}`]);
          }
          while (!signal.aborted) {
            const askedAt = clock.monotonicMs();
            const words = beat(await silent(), state());
            if (signal.aborted) break;
            await notify(words);
            await clock.sleep(Math.max(READY_LOOK_MS, watchdogEveryMs - (clock.monotonicMs() - askedAt)), signal);
          }
        } catch (error) {
          if (!isShutdown(error, signal)) throw error;
        } finally {
          await notify(["STOPPING=1", "STATUS=stopping"]);
        }
      },
    };
  }
}
