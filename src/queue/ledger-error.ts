/** What can go wrong with the ledger, as stable words, and what a person does about it. */
const REMEDIES = {
  "store.missing": "Create its parent directory, or name another in store.directory.",
  "store.notADirectory": "Name a directory in store.directory.",
  "store.notWritable": "Give the gateway's user read, write and search permission on it, and mount it read-write.",
  "store.volatile":
    "Name a directory on a disk or card in store.directory: what is written here is gone after a restart.",
  "store.locked": "Another tillgate uses this directory: stop it, or give each its own store.directory.",
  "store.newerSchema": "Install the tillgate version that wrote it, or a newer one.",
  "store.notALedger": "Move the file away: it is not a tillgate ledger.",
  "store.noWal": "Name a directory on a local file system: this one lets SQLite journal in no way that it knows.",
  "store.notDurable": "Report this: SQLite did not keep synchronous=FULL, so records could be lost with the power.",
  "store.notMigrated": "Install the version that ran before: the file is as that one left it. Report this.",
  "store.damaged": "Run `tillgate journal verify`, keep a copy of the directory, and check the disk.",
  "store.full": "Free space on the disk that holds store.directory.",
  "store.readOnly": "Mount the file system read-write; a card that turned read-only is worn out: replace it.",
  "store.ioError": "Check the disk and its cable with `dmesg`: it refuses to read or write.",
  "store.failed": "See the detail; if it stays, restart the gateway.",
  "store.overloaded": "Nothing to do if it is short; if it stays, the disk is too slow for this many records.",
  "store.closed": "The gateway is stopping: send it again after the start.",
  "store.threadLost": "Restart the gateway; systemd does so by itself.",
  "store.notAnswering": "Look for a hung disk with `dmesg`; restart the gateway.",
  "record.tooLarge": "Record less: bodies are at most 63 KiB of JSON.",
  "record.notJson": "Report this: a record must be plain JSON.",
  "record.missing": "Run `tillgate journal verify`: the ledger has a hole.",
  "backup.noDirectory": "Mount or make the directory for backups: it is never made, so that an absent disk is noticed.",
  "backup.notWritable":
    "Give this user read, write and search permission on the directory for backups, mounted read-write.",
  "backup.full": "Free space on the disk for backups, or keep fewer of them; the earlier ones are untouched.",
  "backup.ioError": "Check the disk for backups and its cable with `dmesg`, or use another.",
  "backup.notABackup": "Name a file that `tillgate backup` wrote: tillgate-….backup.",
  "backup.notWhole":
    "Take an earlier backup; check the disk that it lies on, and the ledger with `tillgate journal verify`.",
  "restore.notEmpty": "Add --set-aside: what is there is kept under a name of its own, never deleted.",
  "record.freed": "Ask headquarters, which confirmed it; store.keepDays and store.keepMb say how much stays here.",
  "snapshot.tooLarge": "Report this: a reducer's state must stay below 16 MiB.",
} as const;

export type LedgerErrorCode = keyof typeof REMEDIES;

/** A failure as it crosses threads. */
export interface Failure {
  readonly code: LedgerErrorCode;
  readonly detail: string;
}

/** Something could not be recorded or read. Of a record whose append ends in this, nothing is in the ledger. */
export class LedgerError extends Error {
  override readonly name = "LedgerError";
  readonly code: LedgerErrorCode;
  /** What was found: names files and figures, never a record's content. */
  readonly detail: string;
  /** What a person can do. */
  readonly remedy: string;

  constructor({ code, detail }: Failure, options?: ErrorOptions) {
    super(`${code}: ${detail}. ${REMEDIES[code]}`, options);
    this.code = code;
    this.detail = detail;
    this.remedy = REMEDIES[code];
  }
}
