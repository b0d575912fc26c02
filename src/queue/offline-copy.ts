import { accessSync, constants, copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Seq } from "../domain/record.ts";
import { LedgerError } from "./ledger-error.ts";
import { type OfflineLedger, openOfflineLedger } from "./offline.ts";
import { readOfflineProgress } from "./offline-progress.ts";
import { failureOf } from "./sqlite.ts";

/** A store wherever it was found: of a running or stopped gateway, or a card out of a dead one. */
export interface FoundStore extends Disposable {
  readonly ledger: OfflineLedger;
  /** Headquarters holds everything up to here. */
  readonly mark: Seq;
}

/** Everything that SQLite needs for what was committed last. */
const FILES = ["ledger.db", "ledger.db-wal", "progress.db", "progress.db-wal"];

/**
 * Opens a store for reading. One that cannot be written, such as a card mounted read-only, is read from a copy in the
 * system's temporary directory: SQLite must bring its write-ahead log in first.
 *
 * @throws LedgerError as `openOfflineLedger` does.
 */
export function openFoundStore(directory: string): FoundStore {
  if (isWritable(directory)) return openIn(directory, () => undefined);
  const copy = mkdtempSync(join(tmpdir(), "tillgate-store-"));
  const remove = (): void => rmSync(copy, { recursive: true, force: true });
  try {
    for (const name of FILES)
      if (existsSync(join(directory, name))) copyFileSync(join(directory, name), join(copy, name));
    return openIn(copy, remove);
  } catch (error) {
    remove();
    throw error instanceof LedgerError ? error : new LedgerError(failureOf(error), { cause: error });
  }
}

function openIn(directory: string, closed: () => void): FoundStore {
  const ledger = openOfflineLedger(directory);
  return {
    ledger,
    mark: readOfflineProgress(directory, ledger.stream).mark,
    [Symbol.dispose]: () => {
      ledger[Symbol.dispose]();
      closed();
    },
  };
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return !existsSync(directory);
  }
}
