import type { Clock } from "../../runtime/clock.ts";
import { StoreThread } from "../store-thread.ts";
import type { BackupJob, BackupMade } from "./make-backup.ts";
import type { BackupAnswer, BackupRequest } from "./messages.ts";

/** ms for a copy to be given up: a step of it, or one look through its pages. */
const GIVE_UP_WITHIN_MS = 5_000;

/**
 * Makes a backup in a thread that lives as long as it takes, so that neither a sale nor a page waits for it.
 *
 * @throws LedgerError as `makeBackup` does; the signal's reason.
 */
export async function backupInThread(job: BackupJob, clock: Clock, signal: AbortSignal): Promise<BackupMade> {
  signal.throwIfAborted();
  const thread = new StoreThread<BackupRequest, BackupAnswer>("backup-thread", {
    durable: () => undefined,
    refused: () => undefined,
    notice: () => undefined,
    space: () => undefined,
    reopened: () => undefined,
    lost: () => undefined,
  });
  const stopped = Promise.withResolvers<never>();
  const stop = (): void => stopped.reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    const made = thread.ask({ type: "backup", job });
    // After a stop nobody waits for it.
    made.catch(() => undefined);
    return (await Promise.race([made, stopped.promise])).made;
  } finally {
    signal.removeEventListener("abort", stop);
    // However the thread ends: what it made, or why it could not, is known by now.
    await thread.end({ type: "close" }, clock, GIVE_UP_WITHIN_MS).catch(() => undefined);
  }
}
