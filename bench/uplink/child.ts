import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { z } from "zod";
import type { BenchContext } from "../row.ts";

/** A program of this folder in a process of its own, which prints JSON lines. Disposing it ends it. */
export class Child implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<unknown>;

  /** @param flags  Of node. */
  constructor(flags: readonly string[], program: string, args: readonly string[], { signal }: BenchContext) {
    const child = spawn(process.execPath, [...flags, join(import.meta.dirname, program), ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      signal,
    });
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  say(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }

  /** @throws Error when it ends without one more line, or prints something else. */
  async line<T>(schema: z.ZodType<T>): Promise<T> {
    const next: IteratorResult<unknown, unknown> = await this.#lines.next();
    if (next.done === true) throw new Error("a benchmark's process ended too soon");
    return schema.parse(JSON.parse(String(next.value)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, "exit");
    this.#process.kill();
    await gone;
  }
}
