import { readdir } from "node:fs/promises";
import type { BackupConfig } from "./config/schema.ts";
import type { Seq, StreamId } from "./domain/record.ts";
import type { BackupFacts } from "./health/backup-node.ts";
import { backupInThread } from "./queue/backup/backup-in-thread.ts";
import { backupsOf } from "./queue/backup/backup-name.ts";
import { lastDrill } from "./queue/backup/drill.ts";
import { ageOf, isDue, type LastBackup, type Moment } from "./queue/backup/due.ts";
import { onSameDisk } from "./queue/backup/same-disk.ts";
import { LedgerError } from "./queue/ledger-error.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { isShutdown, type Task } from "./runtime/task.ts";

export interface BackupKeeperOptions extends BackupConfig {
  /** Directory of the store. */
  readonly store: string;
}

/** What is copied. */
export interface BackedUpLedger {
  readonly stream: StreamId;
  /** The newest record. */
  readonly durable: Seq;
}

export interface BackupKeeper extends Task {
  facts(): BackupFacts;
}

export interface BackupKeeperDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  /** By default in a thread of its own. */
  readonly make?: typeof backupInThread;
}

const LOOK_EVERY_MS = 10_000;
const AGAIN_AFTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

/** Makes a backup whenever one is due, and knows how that went. */
export function backupKeeper(
  options: BackupKeeperOptions,
  ledger: BackedUpLedger,
  deps: BackupKeeperDeps,
): BackupKeeper {
  return new Keeper(options, ledger, deps);
}

class Keeper implements BackupKeeper {
  readonly name = "backups";
  readonly #options: BackupKeeperOptions;
  readonly #ledger: BackedUpLedger;
  readonly #deps: BackupKeeperDeps;
  readonly #startedMs: number;
  #last: LastBackup | undefined;
  #isKnown = false;
  #failure: { readonly code: string; readonly remedy: string; readonly atMs: number } | undefined;
  #onStoresDisk = false;
  #drill: ReturnType<typeof lastDrill>;

  constructor(options: BackupKeeperOptions, ledger: BackedUpLedger, deps: BackupKeeperDeps) {
    this.#options = options;
    this.#ledger = ledger;
    this.#deps = deps;
    this.#startedMs = deps.clock.monotonicMs();
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#deps.clock.sleep(LOOK_EVERY_MS, signal);
        await this.#look(signal);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  facts(): BackupFacts {
    const { everyH } = this.#options;
    const last = this.#last;
    const now = this.#now();
    const ageMs = last === undefined ? undefined : ageOf(last, now);
    return {
      everyH,
      isKnown: this.#isKnown,
      onStoresDisk: this.#onStoresDisk,
      ...(last === undefined ? {} : { recordsSince: now.head - last.head }),
      ...(ageMs === undefined ? {} : { ageH: Math.max(ageMs, 0) / HOUR_MS }),
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
      ...(this.#drill === undefined ? {} : { drill: this.#drill }),
    };
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { store, directory, everyH } = this.#options;
    this.#drill = lastDrill(store);
    try {
      this.#onStoresDisk = await onSameDisk(store, directory);
      this.#last ??= backupsOf(this.#ledger.stream, await readdir(directory))[0];
    } catch {
      // A directory that is not there: the attempt says so in its own words.
    }
    this.#isKnown = true;
    const now = this.#now();
    const isHeldOff = this.#failure !== undefined && now.monotonicMs - this.#failure.atMs < AGAIN_AFTER_MS;
    if (isHeldOff || !isDue(this.#last, now, everyH * HOUR_MS, now.monotonicMs - this.#startedMs)) return;
    await this.#make(now, signal);
  }

  async #make({ at, synced }: Moment, signal: AbortSignal): Promise<void> {
    const { clock, log, version, make = backupInThread } = this.#deps;
    const { store: directory, directory: to, keep } = this.#options;
    const job = { directory, to, at, clockSynced: synced, version, keep };
    try {
      const { path, bytes, manifest, removed } = await make(job, clock, signal);
      this.#last = { head: manifest.head.seq, madeAtMs: clock.monotonicMs(), ...(synced ? { takenAt: at } : {}) };
      if (this.#failure !== undefined) log.info("backup.recovered", { to });
      this.#failure = undefined;
      log.info("backup.made", { path, bytes, records: manifest.records, head: manifest.head.seq, removed });
    } catch (error) {
      if (signal.aborted) return;
      const { code, detail, remedy } =
        error instanceof LedgerError ? error : { code: "store.failed", detail: String(error), remedy: "See the log." };
      if (this.#failure?.code !== code) log.error("backup.failed", { to, code, detail, remedy });
      this.#failure = { code, remedy, atMs: clock.monotonicMs() };
    }
  }

  #now(): Moment {
    const { clock } = this.#deps;
    const { synced, monotonicMs } = clock.stamp();
    return { at: clock.now(), synced, monotonicMs, head: this.#ledger.durable };
  }
}
