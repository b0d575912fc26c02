import type { FreedStream } from "../domain/gap.ts";
import type { ChainPoint, Lane, RecordDraft, RecordKind, Seq, StreamId } from "../domain/record.ts";
import type { TerminalId } from "../domain/terminal.ts";

/** One ledger record, ready to be sent. */
export interface OutboxRow {
  readonly seq: Seq;
  readonly kind: RecordKind;
  readonly lane: Lane;
  readonly terminal?: TerminalId;
  /** The canonical envelope: text, or its UTF-8 bytes. */
  readonly envelope: string | Uint8Array;
}

/** Rows that one page may hold. */
export const PAGE_MAX = 500;

/** What the uplink needs of the ledger: to read forward from a place, and to say how far it got. */
export interface Outbox {
  readonly stream: StreamId;
  /** The newest record on disk; 0 before the first. */
  readonly durable: Seq;
  /** The oldest record that retention has left; one above `durable` when there is none. */
  readonly first: Seq;
  /** What retention has freed of the streams before this one, whose records this one carried. */
  freedEarlier(): Promise<readonly FreedStream[]>;
  /** The newest record on disk with its hash. @throws LedgerError when the store does not answer. */
  head(): Promise<ChainPoint>;
  /** Everything up to here is confirmed. */
  mark(): Seq;
  /**
   * Records from `from` on, in order, without gaps: at least one while `from` is not beyond `durable`.
   *
   * @param limit  1..{@link PAGE_MAX}.
   * @param isProven  Only records that are what was once written: what is damaged headquarters would refuse for ever. The
   *   ledger that cannot give one that headquarters waits for ends its stream.
   */
  page(from: Seq, limit: number, isProven?: boolean): Promise<readonly OutboxRow[]>;
  /** Resolves when the mark is stored there. What is confirmed already stays so. */
  confirm(upTo: Seq): Promise<unknown>;
  /** Headquarters has lost what it had confirmed. Resolves when the mark that has gone back is stored. */
  regress(upTo: Seq): Promise<unknown>;
  /** Parked records and what tells of them: retention must not free them. Replaces what was named before. */
  keep(seqs: readonly Seq[]): void;
  /** Of a consumer that derives its state from the records: what it saved last. */
  loadSnapshot(name: string): Promise<{ readonly seq: Seq; readonly state: string } | undefined>;
  saveSnapshot(name: string, upTo: Seq, state: string): Promise<void>;
  /** From now on retention frees records only as far as this consumer's snapshot reaches. */
  needs(name: string): void;
  /** Resolves with its place when the record is durable. What the disk refuses is tried again by the caller, and by nobody else. */
  append(draft: RecordDraft): Promise<Seq>;
  /** An ear for new records. */
  listen(): AppendListener;
}

export interface AppendListener extends Disposable {
  /** Resolves at the next append (at once when one is pending), after `timeoutMs`, or when the signal fires. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
}
