/** Something with a life. */
export interface Task {
  readonly name: string;
  /** Resolves only after the signal has fired *and* all that it opened is closed. Rejects when it cannot go on. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs tasks until the signal fires or one of them ends, then ends the others and waits for all.
 *
 * @throws AggregateError with every task's failure, when there was one.
 */
export async function runAll(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const siblings = new AbortController();
  const both = AbortSignal.any([signal, siblings.signal]);
  const endings = tasks.map(async (task) => {
    try {
      await task.run(both);
    } catch (error) {
      if (!isShutdown(error, both)) throw new Error(`${task.name} failed`, { cause: error });
    } finally {
      siblings.abort(new Error(`${task.name} ended`));
    }
  });
  const failures = (await Promise.allSettled(endings)).flatMap((e): unknown[] =>
    e.status === "rejected" ? [e.reason] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures, "a part of the daemon failed");
}

/** True for the noise that a stop makes. Testing the error's name alone would hide real aborts, such as time-outs. */
export function isShutdown(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === "AbortError");
}
