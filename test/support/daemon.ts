import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

const readyLine = z.object({
  event: z.literal("gateway.ready"),
  http: z.string(),
  acquirers: z.record(z.string(), z.int()),
  stream: z.string(),
});

/** A `tillgate run` of its own process: what kill -9 and network namespaces need. */
export interface Daemon {
  readonly pid: number;
  /** host:port of the local endpoint. */
  readonly http: string;
  /** Acquirer → port for its terminals. */
  readonly ports: Readonly<Record<string, number>>;
  readonly stream: string;
  /** Everything that it said so far, both outputs. */
  said(): string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/**
 * Starts the daemon and waits until it is ready.
 *
 * @param prefix  Command line to run it under, e.g. in a network namespace.
 * @throws Error with everything that it said, when it ends before it is ready.
 */
export async function startDaemon(config: string, prefix: readonly string[] = []): Promise<Daemon> {
  const command = [...prefix, process.execPath, MAIN, "run", "--config", config];
  const child = spawn(command[0] ?? process.execPath, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const ready = Promise.withResolvers<z.output<typeof readyLine>>();
  const listen = (stream: NodeJS.ReadableStream): void => {
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      const parsed = readyLine.safeParse(parseJson(line));
      if (parsed.success) ready.resolve(parsed.data);
    });
  };
  listen(child.stdout);
  listen(child.stderr);
  const gone = once(child, "close");
  void gone.then(() => ready.reject(new Error(`the daemon ended before it was ready:\n${lines.join("\n")}`)));
  const { http, acquirers, stream } = await ready.promise;
  return {
    pid: child.pid ?? 0,
    http,
    ports: acquirers,
    stream,
    said: () => lines.join("\n"),
    kill: async () => {
      child.kill("SIGKILL");
      await gone;
    },
    stop: async () => stopped(child, gone),
  };
}

async function stopped(child: ChildProcess, gone: Promise<unknown[]>): Promise<number | null> {
  child.kill("SIGTERM");
  await gone;
  return child.exitCode;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
