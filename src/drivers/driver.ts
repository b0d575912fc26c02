import type { CardToken } from "../domain/card.ts";
import type { DeviceNews } from "../domain/device.ts";
import type { RecordDraft, Seq } from "../domain/record.ts";
import type { TerminalId, TerminalView } from "../domain/terminal.ts";
import type { TransactionRecord } from "../domain/transaction.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Task } from "../runtime/task.ts";

/** All that a driver can see of the rest of tillgate. */
export interface DriverDeps {
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Puts a fact into the ledger. Resolves when it is on disk. Order of calls is order in the ledger.
   *
   * @param canWait  Nothing is held up by it: it may share the commit of a record that comes a few milliseconds later.
   * @throws LedgerError when it cannot be recorded; nothing of it is then in the ledger.
   */
  readonly record: (draft: RecordDraft, canWait?: boolean) => Promise<Seq>;
  /** Keyed hash of a card number, for recognising a card again. The digits are not kept. */
  readonly tokenise: (panDigits: string) => CardToken;
  /** Why this terminal must not start a sale now, if it must not: `undefined` when it may. */
  readonly pausedBecause: (terminal: TerminalId) => string | undefined;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly newId: () => string;
}

/** One running driver. Made by its family from checked options; does nothing before `run`. */
export interface Driver extends Task {
  /**
   * What the driver remembers, as text that `restoreSnapshot` takes back. `upTo` settles when all of that is in the ledger,
   * with the position up to which the memory holds this driver's records, all of them and no others.
   */
  snapshot(): { readonly state: string; readonly upTo: Promise<Seq> };
  /** @returns false when the text is not a snapshot that this version understands: replay everything instead. */
  restoreSnapshot(state: string, upTo: Seq): boolean;
  /** Feeds back what the ledger holds after the snapshot, oldest first, before `run`: a restart is a replay. */
  restore(record: TransactionRecord, seq: Seq): void;
  /** Numbers since start for /metrics; names in camelCase. */
  counters(): Readonly<Record<string, number>>;
  /** What the driver knows of its terminals right now. */
  terminals(): readonly TerminalView[];
}

/** All that the driver of one device (`src/domain/device.ts`) can see of the rest of tillgate. */
export interface DeviceDeps extends Pick<DriverDeps, "clock" | "log" | "random" | "tokenise"> {
  /** What the device does by itself. */
  readonly news: (news: DeviceNews) => void;
}
