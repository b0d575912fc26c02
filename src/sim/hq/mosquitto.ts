import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";

export interface MosquittoOptions {
  /** For its config and its persistence; made when it is not there. */
  readonly directory: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Lines of mosquitto.conf(5) beside ours. */
  readonly lines?: readonly string[];
}

/** Where Debian keeps what only root is expected to run. */
const EXTRA_PATH = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"];
const START_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 5_000;
const ATTEMPTS = 5;

/** Path of the installed broker; `undefined` where there is none. */
export function findMosquitto(path = process.env["PATH"] ?? ""): string | undefined {
  return [...path.split(delimiter), ...EXTRA_PATH].map((directory) => join(directory, "mosquitto")).find(isExecutable);
}

/** A mosquitto of our own, on loopback. */
export class Mosquitto implements AsyncDisposable {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.port = port;
    this.#process = process;
  }

  /** @throws Error with what it printed when it does not start. */
  static async start(program: string, options: MosquittoOptions): Promise<Mosquitto> {
    for (let attempt = 1; ; attempt += 1) {
      const port = options.port ?? (await freePort());
      try {
        return new Mosquitto(port, await launch(program, port, options));
      } catch (error) {
        // Between our finding a free port and its opening it somebody else may have taken it.
        if (options.port !== undefined || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Reads access rules and passwords again (mosquitto(8), SIGHUP). */
  reload(): void {
    this.#process.kill("SIGHUP");
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Lets it write what it keeps. */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = setTimeout(() => this.#process.kill("SIGKILL"), STOP_WITHIN_MS);
    await this.#end("SIGTERM");
    clearTimeout(late);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!isRunning(this.#process)) return;
    const gone = once(this.#process, "exit");
    this.#process.kill(signal);
    await gone;
  }
}

async function launch(program: string, port: number, { directory, lines = [] }: MosquittoOptions) {
  const file = join(directory, "mosquitto.conf");
  await mkdir(directory, { recursive: true });
  await writeFile(file, `${[...usualLines(directory, port), ...lines].join("\n")}\n`);
  // In a process group of its own: Ctrl-C in a terminal goes to the whole group, and the demo still needs its broker then.
  const process = spawn(program, ["-c", file], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let printed = "";
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(late);
      process.kill("SIGKILL");
      reject(new Error(`mosquitto does not start: ${why} ${printed.trim()}`));
    };
    const late = setTimeout(() => fail(`not within ${START_WITHIN_MS} ms.`), START_WITHIN_MS);
    process.once("error", (error) => fail(error.message));
    process.once("exit", () => fail("it ended."));
    process.stderr.on("data", (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-2_000);
      // Printed when its listeners are open.
      if (!/mosquitto version \S+ running/.test(printed)) return;
      clearTimeout(late);
      resolve();
    });
  });
  return process;
}

/** A drain is thousands of messages a second: mosquitto's own limits would drop them (mosquitto.conf(5)). */
function usualLines(directory: string, port: number): readonly string[] {
  return [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    // Started by root it would give up its rights, and with them the directory.
    `user ${userInfo().username}`,
    "persistence true",
    `persistence_location ${directory}/`,
    "max_queued_messages 200000",
    "max_inflight_messages 1000",
    "set_tcp_nodelay true",
    "log_dest stderr",
    "log_type error",
    "log_type warning",
    "log_type information",
  ];
}

function isRunning(process: ChildProcess): boolean {
  return process.pid !== undefined && process.exitCode === null && process.signalCode === null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A port of the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return address.port;
}
