import { isShutdown, type Task } from "./task.ts";

/** Tasks that start and stop together. */
export interface Stage {
  readonly tasks: readonly Task[];
  /** What should still happen after the later stages have ended and before this one is told to. */
  readonly beforeStop?: () => Promise<void>;
}

/**
 * Starts the stages in their order and stops them in the reverse one, each only when the later ones have closed everything:
 * sinks first in, last out. A task that ends or fails by itself stops them all.
 *
 * @throws AggregateError with every failure, when there was one.
 */
export async function runStages(stages: readonly Stage[], signal: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  const over = Promise.withResolvers<void>();
  const running = stages.map(({ tasks, beforeStop }) => {
    const stop = new AbortController();
    const ended = Promise.all(tasks.map((task) => watch(task, stop.signal, failures, over.resolve)));
    return { stop, ended, beforeStop };
  });
  signal.addEventListener("abort", () => over.resolve(), { once: true });
  if (signal.aborted) over.resolve();
  await over.promise;
  for (const { stop, ended, beforeStop } of running.toReversed()) {
    try {
      await beforeStop?.();
    } catch (error) {
      failures.push(error);
    }
    stop.abort(signal.aborted ? signal.reason : new Error("another part ended"));
    await ended;
  }
  if (failures.length > 0) throw new AggregateError(failures, "a part of the daemon failed");
}

/** Never rejects: one failing part must not keep the others from being closed in order. */
async function watch(task: Task, signal: AbortSignal, failures: unknown[], onEnd: () => void): Promise<void> {
  try {
    await task.run(signal);
    if (!signal.aborted) failures.push(new Error(`${task.name} ended by itself`));
  } catch (error) {
    if (!isShutdown(error, signal)) failures.push(new Error(`${task.name} failed`, { cause: error }));
  } finally {
    onEnd();
  }
}
