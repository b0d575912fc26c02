import type { Enveloped } from "../../domain/carried.ts";
import { amountNamedBy, Tallying } from "../../domain/tally.ts";
import { recordKeysOf } from "../../domain/record-keys.ts";
import { LANE_OF, type RecordKind } from "../../domain/record.ts";
import type { EarlierRanges, SeqRange, Tally } from "../../domain/gap.ts";
import type { ClockStamp, Instant } from "../../domain/clock.ts";
import type { ReceivedDraft } from "../append-batch.ts";
import type { EarlierStream } from "../earlier-streams.ts";
import { MAX_BODY_BYTES } from "../envelope-text.ts";
import type { RecordLog } from "../record-log.ts";
import type { Found, ProvenRecords } from "./proven-records.ts";
import { HolesWithin } from "./holes-within.ts";
import { Ranges } from "./ranges.ts";
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
  readonly leftBehindAt: readonly SeqRange[] | undefined;
  readonly heldByHqAt: readonly SeqRange[] | undefined;
  readonly earlier: readonly EarlierRanges[] | undefined;
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
  /** What is certainly freed; 0 when that cannot be told. */
  readonly freedUpTo: number;
  /** Streams before the old one, the newest first. */
  readonly earlier: readonly EarlierStream[];
  /** Nothing can have come after the newest record that was found. */
  readonly isEndKnown: boolean;
}

/**
 * Takes the old stream's records over in their order. One that HQ has confirmed is carried without its terminal: it is kept
 * for the memory of open batches and doubts, and must not hold back that terminal's news.
 */
export function carryOver(
  old: ProvenRecords,
  into: BuiltLedger,
  { mark, known, possible, choice, freedUpTo, earlier, isEndKnown }: CarryRules,
): CarriedOver {
  const carried = new Tallying();
  const leftBehind = new Tallying();
  const heldByHq = new Tallying();
  const unreadable = new Ranges(MAX_RANGES);
  const leftBehindAt = new Ranges(MAX_RANGES);
  const heldByHqAt = new Ranges(MAX_RANGES);
  const within = new HolesWithin(earlier);
  const highest = Math.max(known, (old.newest()?.seq ?? old.floor) + possible);
  let next = freedUpTo + 1;
  for (const found of old.inOrder()) {
    if (found.seq > highest) break;
    if (found.seq > next) within.skip();
    unreadable.add(next, found.seq - 1);
    next = Math.max(next, found.seq + 1);
    const content = contentOf(found.row);
    const amount = content === undefined ? undefined : amountNamedBy(content);
    const isConfirmed = found.seq <= mark;
    const body = wrapped(found);
    if (body !== undefined && isConfirmed && choice !== "all") {
      within.skip();
      heldByHq.add(amount);
      heldByHqAt.add(found.seq);
    } else if (body === undefined || choice === "none") {
      within.skip();
      leftBehind.add(amount);
      leftBehindAt.add(found.seq);
    } else {
      within.carry(content ?? {}, found.seq);
      into.add("carried", body, isConfirmed ? null : found.row.terminal, recordKeysOf(content ?? {}));
      carried.add(amount);
    }
  }
  unreadable.add(next, known);
  if (next <= known || !isEndKnown) within.skip();
  return {
    carried: carried.result(),
    leftBehind: leftBehind.result(),
    heldByHq: heldByHq.result(),
    unreadable: unreadable.all,
    leftBehindAt: leftBehindAt.orNone,
    heldByHqAt: heldByHqAt.orNone,
    earlier: within.end(),
  };
}

/** For a file of which not one record can be proven: all that is seen in it stays behind. */
export function leaveBehind(
  raw: RawRecords,
  { known, possible, earlier }: Pick<CarryRules, "known" | "possible" | "earlier">,
): CarriedOver {
  const leftBehind = new Tallying();
  const leftBehindAt = new Ranges(MAX_RANGES);
  const within = new HolesWithin(earlier);
  for (const [row] of raw.inOrder()) {
    if (row === undefined) continue;
    const content = contentOf(row);
    leftBehind.add(content === undefined ? undefined : amountNamedBy(content));
    if (row.seq <= known + possible) leftBehindAt.add(row.seq);
  }
  const none = new Tallying().result();
  const unreadable = new Ranges(MAX_RANGES);
  unreadable.add(1, known);
  within.skip();
  return {
    carried: none,
    leftBehind: leftBehind.result(),
    heldByHq: none,
    unreadable: unreadable.all,
    leftBehindAt: leftBehindAt.orNone,
    heldByHqAt: undefined,
    earlier: within.end(),
  };
}

/** Both are canonical, and one member needs no sorting: so the texts are put together. */
function wrapped({ envelope }: Found): string | undefined {
  if (envelope === undefined) return undefined;
  const body = `{"envelope":${envelope}}`;
  return Buffer.byteLength(body) > MAX_BODY_BYTES ? undefined : body;
}

/** What a row says, as far as it can be parsed. */
export function contentOf({ kind, body }: RawRecord): Enveloped | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return { kind, body: parsed };
  } catch {
    return undefined;
  }
}
