import type { Task } from "./task.ts";

/** The same task, and a promise that resolves when it was begun and did not fail at once. */
export function tellingStart(task: Task): { readonly task: Task; readonly began: Promise<void> } {
  const began = Promise.withResolvers<void>();
  return {
    began: began.promise,
    task: {
      name: task.name,
      run: async (signal) => {
        const run = task.run(signal);
        let hasEnded = false;
        const ended = run.finally(() => {
          hasEnded = true;
        });
        setImmediate(() => {
          if (!hasEnded) began.resolve();
        });
        await ended;
      },
    },
  };
}
