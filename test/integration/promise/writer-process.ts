import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { StreamId } from "../../../src/domain/record.ts";
import { type Kept, writerLine, type WriterOptions, type WriterOrder } from "./writer-words.ts";

const WRITER = join(import.meta.dirname, "writer.ts");

export interface WriterState {
  readonly durable: number;
  /** Headquarters confirmed everything up to here. */
  readonly mark: number;
  /** Records that are not on disk yet, acknowledged to nobody. */
  readonly waiting: number;
}

/** What a writer says while it lives. */
export interface WriterEars {
  kept(kept: Kept): void;
  refused(code: string): void;
}

/** One life of a writer, from its first instruction to its end. */
export class WriterProcess {
  /** Its stream, once its ledger is open. Rejects with what it said when it ends before. */
  readonly opened: Promise<StreamId>;
  readonly #child: ChildProcess;
  /** Resolves when it is gone, and everything that it had said was heard. */
  readonly ended: Promise<unknown>;
  readonly #told: ((state: WriterState) => void)[] = [];
  #said = "";

  /** @param prefix  Command line to run it under, e.g. in a network namespace. */
  constructor(options: WriterOptions, ears: WriterEars, prefix: readonly string[] = []) {
    const command = [...prefix, process.execPath, WRITER, JSON.stringify(options)];
    // In a group of its own: Ctrl-C is for whoever runs it, and with that its standard input ends.
    const child = spawn(command[0] ?? process.execPath, command.slice(1), { stdio: "pipe", detached: true });
    this.#child = child;
    const opened = Promise.withResolvers<StreamId>();
    this.opened = opened.promise;
    // Whoever kills it early does not wait for it.
    this.opened.catch(() => undefined);
    child.stdin.on("error", () => undefined);
    child.stderr.on("data", (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-10_000);
    });
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = writerLine.safeParse(parseJson(text)).data;
      if (line?.said === "open") opened.resolve(line.stream);
      if (line?.said === "kept") ears.kept(line);
      if (line?.said === "refused") ears.refused(line.code);
      if (line?.said === "state") this.#told.shift()?.(line);
    });
    this.ended = once(child, "close");
    void this.ended.then(() => opened.reject(new Error(`the writer ended before its ledger was open:\n${this.#said}`)));
  }

  order(order: WriterOrder): void {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** @throws Error with what it said, when it has ended. */
  async state(): Promise<WriterState> {
    const told = Promise.withResolvers<WriterState>();
    this.#told.push(told.resolve);
    this.order({ do: "tell" });
    const tooLate = async (): Promise<never> => {
      await this.ended;
      throw new Error(`the writer has ended:\n${this.#said}`);
    };
    return Promise.race([told.promise, tooLate()]);
  }

  /** SIGKILL; resolves when everything that it had said was heard. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  /** Ends it cleanly. @throws Error with what it said, when it cannot. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.ended;
    if (this.#child.exitCode !== 0) throw new Error(`the writer did not end cleanly:\n${this.#said}`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The last line of one that was killed.
    return undefined;
  }
}
