import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Instant } from "../../domain/clock.ts";
import type { Rebooted } from "../../domain/power.ts";
import type { RecordDraft, Seq } from "../../domain/record.ts";
import { aborted } from "../../runtime/aborted.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { SysFiles } from "../../runtime/sys-files.ts";
import type { Task } from "../../runtime/task.ts";
import { type LastRun, rebootOf } from "./reboot.ts";

/** In the store's directory: which boot the daemon ran in last, and whether it was stopped. */
const LAST_RUN_FILE = "last-run.json";

const lastRun = z.object({ bootId: z.string(), ended: z.boolean() });

export interface RebootDeps {
  /** The store's. */
  readonly directory: string;
  readonly files: SysFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly record: (draft: RecordDraft) => Promise<Seq>;
}

/** Notices that the machine was started anew, says why, and leaves behind how this run ends. Two small writes a run. */
export class RebootWatch implements Task {
  readonly name = "reboots";
  readonly #deps: RebootDeps;
  #found: (Rebooted & { readonly at: Instant }) | undefined;

  constructor(deps: RebootDeps) {
    this.#deps = deps;
  }

  /** Of this run's beginning. */
  found(): (Rebooted & { readonly at: Instant }) | undefined {
    return this.#found;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, record } = this.#deps;
    const { bootId } = clock.stamp();
    const rebooted = rebootOf(await this.#lastRun(), bootId, await this.#signs());
    if (rebooted !== undefined) {
      this.#found = { ...rebooted, at: clock.now() };
      log.warn("machine.rebooted", { cause: rebooted.cause });
      try {
        await record({ kind: "power", body: rebooted });
      } catch (error) {
        log.warn("machine.not-recorded", { event: rebooted.event, error });
      }
    }
    await this.#leave({ bootId, ended: false });
    await aborted(signal);
    await this.#leave({ bootId, ended: true });
  }

  async #signs(): Promise<{ readonly watchdogStatus?: number; readonly lastWords: number }> {
    const { files } = this.#deps;
    const watchdogStatus = await files.number("/sys/class/watchdog/watchdog0/bootstatus");
    const { length: lastWords } = await files.names("/sys/fs/pstore");
    return { ...(watchdogStatus === undefined ? {} : { watchdogStatus }), lastWords };
  }

  async #lastRun(): Promise<LastRun | undefined> {
    try {
      const read = lastRun.safeParse(JSON.parse(await readFile(join(this.#deps.directory, LAST_RUN_FILE), "utf8")));
      return read.success ? read.data : undefined;
    } catch {
      // The first run, or a disk that gives nothing: then nobody can tell.
      return undefined;
    }
  }

  /** Whole or not at all, and on the disk: the next power cut may come at any moment. */
  async #leave(run: LastRun): Promise<void> {
    const path = join(this.#deps.directory, LAST_RUN_FILE);
    try {
      const file = await open(`${path}.part`, "w", 0o600);
      try {
        await file.writeFile(JSON.stringify(run));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(`${path}.part`, path);
    } catch (error) {
      this.#deps.log.warn("machine.last-run-not-kept", { error });
    }
  }
}
