import type { Task } from "../../src/runtime/task.ts";

/** Something that runs until it is stopped. */
export class RunningTask {
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(task: Task) {
    this.#ended = task.run(this.#stop.signal);
    // Told by `stop`.
    this.#ended.catch(() => undefined);
  }

  /** Waits until it ends of itself. @returns what it failed with. */
  async failed(): Promise<unknown> {
    return this.#ended.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  /** @throws what the task failed with. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("stopped"));
    await this.#ended;
  }
}
