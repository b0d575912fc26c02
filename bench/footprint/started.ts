import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { z } from "zod";

const STOP_WITHIN_MS = 20_000;

const readyLine = z.object({ event: z.literal("gateway.ready"), acquirers: z.record(z.string(), z.int()) });

export interface StartOptions {
  /** The node to run. */
  readonly node: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A program started as a user would, of which one line is awaited; disposing it stops it. */
export class Started implements AsyncDisposable {
  readonly pid: number;
  /** performance.now() of this process. */
  readonly startedAt: number;
  /** ms from start to the line. */
  readonly lineAfterMs: number;
  readonly line: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, startedAt: number, line: string) {
    this.#child = child;
    this.pid = child.pid ?? 0;
    this.startedAt = startedAt;
    this.lineAfterMs = performance.now() - startedAt;
    this.line = line;
  }

  /**
   * @param isAwaited  Which line of its standard output ends the start.
   * @throws Error with what it said when it ends before that line.
   */
  static async run({ node, args, env }: StartOptions, isAwaited: (line: string) => boolean): Promise<Started> {
    const startedAt = performance.now();
    const child = spawn(node, args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    const said: string[] = [];
    const found = Promise.withResolvers<Started>();
    createInterface(child.stdout).on("line", (line) => {
      said.push(line);
      if (isAwaited(line)) found.resolve(new Started(child, startedAt, line));
    });
    child.once("error", found.reject);
    child.once("close", () => found.reject(new Error(`it ended before it was ready:\n${said.join("\n")}`)));
    return found.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(late);
  }
}

/** @returns the port that terminals connect to; `undefined` for any other line than the one that says "ready". */
export function readyPort(line: string): number | undefined {
  if (!line.startsWith("{")) return undefined;
  const parsed = readyLine.safeParse(JSON.parse(line));
  return parsed.success ? Object.values(parsed.data.acquirers)[0] : undefined;
}
