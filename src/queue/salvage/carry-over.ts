import { amountNamedBy, type NamedAmount, Tallying } from "../../domain/tally.ts";
import { recordKeysOf } from "../../domain/record-keys.ts";
import { LANE_OF, type RecordKind, type Seq, seq } from "../../domain/record.ts";
import type { SeqRange, Tally } from "../../domain/gap.ts";
import type { ClockStamp, Instant } from "../../domain/clock.ts";
import type { ReceivedDraft } from "../append-batch.ts";
import { MAX_BODY_BYTES } from "../envelope-text.ts";
import type { RecordLog } from "../record-log.ts";
import type { Found, ProvenRecords } from "./proven-records.ts";
import type { RawKey } from "./raw-keys.ts";
import type { RawRecord, RawRecords } from "./raw-records.ts";

/** When a stream begins, as the main thread's clock has it. */
export interface Moment {
  readonly at: Instant;
  readonly stamp: ClockStamp;
}

/** Which of the old stream's whole records the new one takes: without room for all, those that HQ has can stay behind. */
export type CarryChoice = "all" | "unconfirmed" | "none";

export interface CarriedOver {
  readonly carried: Tally;
  readonly leftBehind: Tally;
  readonly heldByHq: Tally;
  readonly unreadable: readonly SeqRange[];
}

/** More could not be told in one record. */
const MAX_RANGES = 100;
const ROWS_AT_ONCE = 512;

/** Writes records of our own making to the end of a ledger that is being built. */
export class BuiltLedger {
  readonly #log: RecordLog;
  readonly #moment: Moment;
  readonly #quotedBootId: string;
  #drafts: ReceivedDraft[] = [];
  #next: number;

  constructor(log: RecordLog, moment: Moment) {
    this.#log = log;
    this.#moment = moment;
    this.#quotedBootId = JSON.stringify(moment.stamp.bootId);
    this.#next = log.head.seq + 1;
  }

  add(kind: RecordKind, body: string, terminal: string | null = null, keys: readonly string[] = []): void {
    const { at, stamp } = this.#moment;
    this.#drafts.push({
      seq: this.#next,
      at: Math.trunc(at),
      kind,
      lane: LANE_OF[kind],
      terminal,
      quotedBootId: this.#quotedBootId,
      monotonicMs: stamp.monotonicMs,
      synced: stamp.synced,
      body,
      token: undefined,
      keys: keys.length === 0 ? undefined : keys,
    });
    this.#next += 1;
    if (this.#drafts.length >= ROWS_AT_ONCE) this.#flush();
  }

  /** There was a record under this key, which this ledger does not hold. Changes nothing where it holds one. */
  know({ key, at }: RawKey): void {
    this.#flush();
    this.#log.know(key, at);
  }

  /** One commit for all: a ledger that is being built counts only when it is complete. */
  finish(): void {
    this.#flush();
    this.#log.commit();
  }

  #flush(): void {
    const [first] = this.#drafts;
    if (first === undefined) return;
    const { bootId } = this.#moment.stamp;
    this.#log.add({ generation: 0, first: first.seq, hasMore: false, bootId, drafts: this.#drafts });
    this.#drafts = [];
  }
}

export interface CarryRules {
  /** HQ has confirmed everything up to here. */
  readonly mark: number;
  /** The highest position that anything speaks of. */
  readonly known: number;
  /** More records than this a file of its size cannot hold: a seq so far beyond the others is damage. */
  readonly possible: number;
  readonly choice: CarryChoice;
}

/**
 * Takes the old stream's records over in their order. One that HQ has confirmed is carried without its terminal: it is kept
 * for the memory of open batches and doubts, and must not hold back that terminal's news.
 */
export function carryOver(
  old: ProvenRecords,
  into: BuiltLedger,
  { mark, known, possible, choice }: CarryRules,
): CarriedOver {
  const carried = new Tallying();
  const leftBehind = new Tallying();
  const heldByHq = new Tallying();
  const unreadable = new Ranges();
  const highest = Math.max(known, (old.newest()?.seq ?? old.floor) + possible);
  let next = old.floor + 1;
  for (const found of old.inOrder()) {
    if (found.seq > highest) break;
    unreadable.add(next, found.seq - 1);
    next = found.seq + 1;
    const told = parsedBody(found.row);
    const amount = amountOf(found.row.kind, told);
    const keys = recordKeysOf({ kind: found.row.kind, body: told });
    const isConfirmed = found.seq <= mark;
    const body = wrapped(found);
    if (body !== undefined && isConfirmed && choice !== "all") heldByHq.add(amount);
    else if (body === undefined || choice === "none") leftBehind.add(amount);
    else {
      into.add("carried", body, isConfirmed ? null : found.row.terminal, keys);
      carried.add(amount);
    }
  }
  unreadable.add(next, known);
  return {
    carried: carried.result(),
    leftBehind: leftBehind.result(),
    heldByHq: heldByHq.result(),
    unreadable: unreadable.all,
  };
}

/** For a file of which not one record can be proven: all that is seen in it stays behind. @param known  See {@link CarryRules}. */
export function leaveBehind(raw: RawRecords, known: number): CarriedOver {
  const leftBehind = new Tallying();
  for (const [row] of raw.inOrder()) if (row !== undefined) leftBehind.add(amountOf(row.kind, parsedBody(row)));
  const none = new Tallying().result();
  const unreadable = new Ranges();
  unreadable.add(1, known);
  return { carried: none, leftBehind: leftBehind.result(), heldByHq: none, unreadable: unreadable.all };
}

/** Both are canonical, and one member needs no sorting: so the texts are put together. */
function wrapped({ envelope }: Found): string | undefined {
  if (envelope === undefined) return undefined;
  const body = `{"envelope":${envelope}}`;
  return Buffer.byteLength(body) > MAX_BODY_BYTES ? undefined : body;
}

function amountOf(kind: string, body: unknown): NamedAmount | undefined {
  return amountNamedBy({ kind, body });
}

function parsedBody({ body }: RawRecord): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

class Ranges {
  readonly all: { readonly from: Seq; readonly to: Seq }[] = [];

  add(from: number, to: number): void {
    if (from > to) return;
    if (this.all.length < MAX_RANGES) this.all.push({ from: seq(from), to: seq(to) });
    // The last one then covers what there was no place for, and some records that are accounted for otherwise.
    else this.all.push({ from: this.all.pop()?.from ?? seq(from), to: seq(to) });
  }
}
