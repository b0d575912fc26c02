/** Runs a command that cleans up after itself when somebody presses Ctrl-C or stops it; a second signal does not wait. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const asked = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new Interrupted(signal));
  };
  process.on("SIGINT", asked).on("SIGTERM", asked);
  try {
    return await work(stop.signal);
  } finally {
    process.off("SIGINT", asked).off("SIGTERM", asked);
  }
}

/** The reason of `interruptible`'s signal. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
  }
}
