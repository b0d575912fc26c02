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
  /** Resolves when the process is gone, whoever ended it. */
  readonly gone: Promise<unknown>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface DaemonCommand {
  /** Command line to run it under, e.g. in a network namespace. */
  readonly prefix?: readonly string[];
  /** Another build's `main.ts`. */
  readonly main?: string;
}

/** A daemon from its first instruction on: it may be killed before it is ready. */
export interface LaunchedDaemon {
  /** Rejects with everything that it said, when it ends before it is ready. */
  readonly ready: Promise<Daemon>;
  /** Resolves when the process is gone, whoever ended it. */
  readonly gone: Promise<unknown>;
  said(): string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts the daemon and does not wait until it is ready. */
export function launchDaemon(config: string, { prefix = [], main = MAIN }: DaemonCommand = {}): LaunchedDaemon {
  const command = [...prefix, process.execPath, "--no-memory-protection-keys", main, "run", "--config", config];
  const child = spawn(command[0] ?? process.execPath, command.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  const lines: string[] = [];
  const announced = Promise.withResolvers<z.output<typeof readyLine>>();
  const listen = (stream: NodeJS.ReadableStream): void => {
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      const parsed = readyLine.safeParse(parseJson(line));
      if (parsed.success) announced.resolve(parsed.data);
    });
  };
  listen(child.stdout);
  listen(child.stderr);
  const said = (): string => lines.join("\n");
  const gone = once(child, "close");
  void gone.then(() => announced.reject(new Error(`the daemon ended before it was ready:\n${said()}`)));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await gone;
  };
  const ready = announced.promise.then(({ http, acquirers, stream }) => ({
    pid: child.pid ?? 0,
    http,
    ports: acquirers,
    stream,
    said,
    gone,
    kill,
    stop: async () => stopped(child, gone),
  }));
  // Whoever kills it early does not wait for it to be ready.
  ready.catch(() => undefined);
  return { ready, said, gone, kill };
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
