import { aborted } from "./aborted.ts";
import type { Task } from "./task.ts";

/** The same task, which begins when `ready` resolves; not at all when it is told to stop before. */
export function runAfter(ready: Promise<unknown>, task: Task): Task {
  return {
    name: task.name,
    run: async (signal) => {
      await Promise.race([ready, aborted(signal)]);
      if (!signal.aborted) await task.run(signal);
    },
  };
}
