import type { Lane, RecordKind, Seq, StreamId } from "../domain/record.ts";
import type { TerminalId } from "../domain/terminal.ts";

/** One ledger record, ready to be sent. */
export interface OutboxRow {
  readonly seq: Seq;
  readonly kind: RecordKind;
  readonly lane: Lane;
  readonly terminal?: TerminalId | undefined;
  /** The canonical envelope: text, or its UTF-8 bytes. */
  readonly envelope: string | Uint8Array;
}

/** Rows that one page may hold. */
export const PAGE_MAX = 500;

/** What the uplink needs of the ledger: to read forward from a place, and to say how far it got. */
export interface Outbox {
  readonly stream: StreamId;
  /** The newest durable record; seq 0 in an empty stream. */
  head(): { readonly seq: Seq; readonly hash: string };
  /** Everything up to here is confirmed, and never asked for again by itself. */
  mark(): Seq;
  /**
   * Durable rows from `from` on, in order of seq, without gaps.
   *
   * @param limit  1..{@link PAGE_MAX}.
   */
  page(from: Seq, limit: number): Promise<readonly OutboxRow[]>;
  /** Resolves when the mark is durable. Confirming what is confirmed already does nothing. */
  confirm(upTo: Seq): Promise<void>;
  /** Resolves at the next append (at once when one is pending), after `timeoutMs`, or when the signal fires. */
  waitForAppend(timeoutMs: number, signal: AbortSignal): Promise<void>;
}
