import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { openOfflineLedger } from "../../queue/offline.ts";

/** What a process that appends said, line by line. */
export interface Said {
  /** Acknowledged: seq → what the record holds. */
  readonly acknowledged: ReadonlyMap<number, string>;
  /** Code of the newest refusal, and how many records were acknowledged since. */
  readonly refused: { readonly code: string; readonly acknowledgedSince: number } | undefined;
}

/** A process of its own that appends to a scratch ledger as fast as it can, so that it can be killed. */
export class Appender implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #acknowledged = new Map<number, string>();
  #refused: { code: string; acknowledgedSince: number } | undefined;
  #complaint = "";

  /**
   * @param padding  Characters in each record.
   * @param shell  Runs before it in the same process, e.g. to limit what it may write.
   */
  constructor(directory: string, { padding = 0, shell }: { readonly padding?: number; readonly shell?: string } = {}) {
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const program = fileURLToPath(new URL(`./appending-child.${extension}`, import.meta.url));
    const command = [process.execPath, "--disable-warning=ExperimentalWarning", program, directory, String(padding)];
    const [first = "", ...rest] =
      shell === undefined ? command : ["sh", "-c", `${shell} && exec "$@"`, "sh", ...command];
    this.#child = spawn(first, rest, { stdio: ["ignore", "pipe", "pipe"] });
    this.#gone = once(this.#child, "close");
    if (this.#child.stdout !== null) createInterface(this.#child.stdout).on("line", (line) => this.#hear(line));
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-500);
    });
  }

  get said(): Said {
    return { acknowledged: this.#acknowledged, refused: this.#refused };
  }

  /** What it said when it ended by itself. */
  get complaint(): string | undefined {
    const hasEnded = this.#child.exitCode !== null;
    return hasEnded ? this.#complaint.trim().split("\n").at(-1) : undefined;
  }

  /** SIGKILL; resolves when the process is gone and all that it said is heard. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #hear(line: string): void {
    const [word, first = "", token = ""] = line.split(" ");
    if (word === "ok") {
      this.#acknowledged.set(Number(first), token);
      if (this.#refused !== undefined) this.#refused.acknowledgedSince += 1;
    } else if (word === "refused") {
      this.#refused = { code: first, acknowledgedSince: 0 };
    }
  }
}

const record = z.object({ body: z.object({ token: z.string() }) });

/** Why a ledger does not hold what was acknowledged; `undefined` when it does. */
export async function whatIsMissing(
  directory: string,
  acknowledged: ReadonlyMap<number, string>,
): Promise<string | undefined> {
  using ledger = openOfflineLedger(directory);
  const { firstBad } = await ledger.verify();
  if (firstBad !== undefined) return `record ${firstBad.seq} is bad: ${firstBad.reason}`;
  let found = 0;
  for (const { seq, envelope } of ledger.forward()) {
    const expected = acknowledged.get(seq);
    if (expected === undefined) continue;
    const token = record.safeParse(JSON.parse(envelope.toString("utf8"))).data?.body.token;
    if (token !== expected) return `record ${seq} is not the one that was acknowledged`;
    found += 1;
  }
  return found === acknowledged.size ? undefined : `${acknowledged.size - found} acknowledged records are gone`;
}
