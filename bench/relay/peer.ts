import { type ChildProcess, fork, type Serializable, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const START_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 10_000;

/** A process of the benchmark's own; disposing it ends it. */
export class Peer implements AsyncDisposable {
  /** What it said first: the port that it listens on, or 0. */
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  /**
   * Starts a file of this folder.
   *
   * @param nodeFlags  For the node that runs it.
   * @throws Error when it ends before it has said its port.
   */
  static async fork(file: string, args: readonly string[], nodeFlags: readonly string[] = []): Promise<Peer> {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, [...args], { execArgv: [...nodeFlags], stdio: ["ignore", "inherit", "inherit", "ipc"] });
    return new Peer(child, z.int().parse(await firstMessage(child, file)));
  }

  /** socat as a proxy from a port of its own. Needs `backlog`: its default of 5 drops connections. */
  static async socat(port: number, target: number): Promise<Peer> {
    const listen = `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=128,nodelay`;
    const child = spawn("socat", [listen, `TCP:127.0.0.1:${target},nodelay`], { stdio: "inherit" });
    await once(child, "spawn");
    await untilListening(port, child);
    return new Peer(child, port);
  }

  /** Sends a message and waits for the answer. @throws Error when the process ends instead. */
  async ask(message: Serializable): Promise<unknown> {
    const answer = firstMessage(this.#child, "a process of the benchmark");
    this.#child.send(message);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    // A forked one ends when its channel closes.
    if (this.#child.connected) this.#child.disconnect();
    else this.#child.kill();
    const late = setTimeout(() => this.#child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(late);
  }
}

async function firstMessage(child: ChildProcess, name: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const ended = (code: number | null): void => reject(new Error(`${name} ended with ${code ?? "a signal"}`));
  child.once("message", resolve).once("exit", ended).once("error", reject);
  try {
    return await promise;
  } finally {
    child.off("message", resolve).off("exit", ended).off("error", reject);
  }
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_WITHIN_MS;
  while (performance.now() < deadline && child.exitCode === null) {
    const socket = connect({ host: "127.0.0.1", port });
    try {
      await once(socket, "connect");
      return;
    } catch {
      await delay(20);
    } finally {
      socket.destroy();
    }
  }
  throw new Error("socat does not listen: is it installed (sh scripts/install-test-tools.sh)?");
}
