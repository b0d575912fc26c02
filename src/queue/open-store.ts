import { join } from "node:path";
import Database from "better-sqlite3";
import { assertNever } from "../domain/assert-never.ts";
import { type StreamId, streamId } from "../domain/record.ts";
import { releaseBallastIn } from "./ballast.ts";
import { examine } from "./examine.ts";
import { LedgerError } from "./ledger-error.ts";
import { machineIdOf } from "./machine-id.ts";
import type { Notice, OpenedAs } from "./messages.ts";
import type { StreamChange, StreamEnd } from "./new-stream.ts";
import type { Moment } from "./salvage/carry-over.ts";
import { createLedgerFile, isOfOldSchema, LEDGER_FILE, openLedgerFile } from "./schema.ts";
import { finishChange } from "./set-aside.ts";
import { BUSY_TIMEOUT_MS, failureOf } from "./sqlite.ts";
import { type Journal, probeJournal } from "./wal-probe.ts";

/** The writer's hold on a directory. Closing the lock is its last act. */
export interface OpenStore {
  readonly lock: Database.Database;
  readonly db: Database.Database;
  readonly stream: StreamId;
  readonly journal: Journal;
  readonly openedAs: OpenedAs;
}

/**
 * Opens the ledger in this directory, in this order: the single-instance lock; a change that a kill interrupted; whether
 * write-ahead logging works here; whether the ledger is sound and its stream may go on, else a new one; its schema.
 *
 * @throws LedgerError or SqliteError when there can be no ledger here; damage is no reason.
 */
export async function openStore(
  directory: string,
  moment: Moment,
  notify: (notice: Notice) => void,
): Promise<OpenStore> {
  const lock = takeLock(directory);
  try {
    finishChange(directory);
    const journal = probeJournal(directory);
    const machine = machineIdOf(directory);
    const found = examine(directory, { journal, machine });
    const path = join(directory, LEDGER_FILE);
    if (journal.mode === "delete") notify({ event: "ledger.withoutWal", fields: { reason: journal.because } });
    const openedAs: OpenedAs = {
      journal: journal.mode,
      ...(journal.mode === "wal" ? {} : { noWalBecause: journal.because }),
    };
    const goOnAfter = async (end: StreamEnd): Promise<OpenStore> => {
      // What few starts need, no other has to load.
      const { beginStream } = await import("./new-stream.ts");
      const { because, name, begun } = withRoom(directory, () => beginStream(directory, end, moment, notify));
      const db = openLedgerFile(path, journal);
      return { lock, db, stream: begun, journal, openedAs: { ...openedAs, begun: { because, name } } };
    };
    switch (found.state) {
      case "none": {
        const stream = streamId(crypto.randomUUID());
        return { lock, db: createLedgerFile(path, journal, { stream, machine }), stream, journal, openedAs };
      }
      case "sound": {
        if (found.isTorn) notify({ event: "ledger.tornEnd", fields: { file: `${path}-wal` } });
        try {
          const db = await openSound(path, journal, machine, notify);
          return { lock, db, stream: found.stream, journal, openedAs };
        } catch (error) {
          // SQLite checks a schema to its end only for whoever may write.
          const { code, detail } = failureOf(error);
          if (code !== "store.damaged") throw error;
          return await goOnAfter({ because: "salvaged", reason: detail, stream: found.stream });
        }
      }
      case "ended":
        return await goOnAfter(found.end);
      default:
        return assertNever(found);
    }
  } catch (error) {
    lock.close();
    throw error;
  }
}

async function openSound(
  path: string,
  journal: Journal,
  machine: string | undefined,
  notify: (notice: Notice) => void,
): Promise<Database.Database> {
  const db = openLedgerFile(path, journal);
  try {
    if (isOfOldSchema(db)) {
      const { migrate } = await import("./migration.ts");
      migrate(db, path, notify);
    }
    if (machine !== undefined) db.prepare("UPDATE ledger SET machine = ? WHERE machine IS NULL").run(machine);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Ends the stream of a ledger that nobody has open, and begins a new one that carries its records: for a copy that was put
 * in its place, such as a backup. The old file is kept below `set-aside`.
 *
 * @throws LedgerError `store.locked` while a gateway runs, or another when there can be no ledger here.
 */
export async function beginNewStream(
  directory: string,
  end: StreamEnd,
  moment: Moment,
  notify: (notice: Notice) => void,
): Promise<StreamChange> {
  const lock = takeLock(directory);
  try {
    finishChange(directory);
    const journal = probeJournal(directory);
    const found = examine(directory, { journal, machine: undefined });
    if (found.state === "none") {
      throw new LedgerError({ code: "store.missing", detail: `there is no ledger in ${directory}` });
    }
    const { beginStream } = await import("./new-stream.ts");
    const { stream, reason } = found.state === "ended" ? found.end : { stream: found.stream, reason: end.reason };
    return beginStream(directory, { ...end, reason, ...(stream === undefined ? {} : { stream }) }, moment, notify);
  } catch (error) {
    throw error instanceof LedgerError ? error : new LedgerError(failureOf(error), { cause: error });
  } finally {
    lock.close();
  }
}

/** On a full disk what is held for money is worth most now: without it there would be no ledger to sell with. */
function withRoom<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (failureOf(error).code !== "store.full" || !releaseBallastIn(directory)) throw error;
    return work();
  }
}

/**
 * An exclusive lock that the kernel frees when the process dies, however it dies: an open transaction on a file of its own.
 *
 * @throws LedgerError `store.locked` when another process, or another ledger in this one, holds it.
 */
export function takeLock(directory: string): Database.Database {
  const path = join(directory, "ledger.lock");
  const lock = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Nothing is ever written to it: a full disk must not stand between a start and its lock.
    lock.pragma("journal_mode = MEMORY");
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    const failure = failureOf(error);
    if (failure.code !== "store.locked") throw error;
    throw new LedgerError({ code: "store.locked", detail: `${path} is held` }, { cause: error });
  }
}
