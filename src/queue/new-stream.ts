import { rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Quarantined, StreamBegun, StreamCause } from "../domain/gap.ts";
import { type ChainPoint, type Seq, seq, type StreamId, streamId } from "../domain/record.ts";
import { asFreed, type EarlierStream, freedBy, withEarlier } from "./earlier-streams.ts";
import { GENESIS_HASH } from "./envelope-text.ts";
import { machineIdOf } from "./machine-id.ts";
import type { LedgerErrorCode } from "./ledger-error.ts";
import type { Notice } from "./messages.ts";
import { RecordLog } from "./record-log.ts";
import {
  BuiltLedger,
  type CarriedOver,
  type CarryChoice,
  carryOver,
  contentOf,
  leaveBehind,
  type Moment,
} from "./salvage/carry-over.ts";
import { DatabasePages } from "./salvage/database-pages.ts";
import { streamEvidence, type StreamEvidence } from "./salvage/evidence.ts";
import { type ProvenRecords, proveStream } from "./salvage/proven-records.ts";
import { type RawKey, rawKeys } from "./salvage/raw-keys.ts";
import { RawRecords } from "./salvage/raw-records.ts";
import { type Begun, createLedgerFile, LEDGER_FILE, PAGE_BYTES } from "./schema.ts";
import { type ChangeFolder, decideChange, finishChange, makeChangeFolder } from "./set-aside.ts";
import { failureOf } from "./sqlite.ts";
import { removeStreamOrder } from "./stream-order.ts";

/** Why the ledger in a directory cannot go on under its stream. */
export interface StreamEnd {
  readonly because: StreamCause;
  /** What was found, in words for a technician; never a record's content. */
  readonly reason: string;
  /** Of a file that could be read: it may hold no record that would prove it. */
  readonly stream?: StreamId;
}

/** What became of the old stream's records, for the log and for health. */
export interface StreamChange extends StreamEnd {
  /** Where the old file stands, below the store's directory. */
  readonly name: string;
  readonly begun: StreamId;
  readonly result: CarriedOver;
}

/** Records that fit into a file: a row takes more bytes than this. */
const SMALLEST_ROW_BYTES = 64;
/** A carried record repeats the envelope's own members, which a row of the old file holds as numbers. */
const GROWTH = 2;
/** For what else the day brings. */
const KEPT_FREE_BYTES = 16 * 2 ** 20;
/** Without room for all, the unconfirmed are what matters; without room for them, that selling goes on. */
const CHOICES: readonly CarryChoice[] = ["all", "unconfirmed", "none"];
const NO_ROOM: readonly LedgerErrorCode[] = ["store.full"];

/**
 * Ends the stream of the ledger in this directory: sets its file aside, whole, and puts a new ledger in its place that names
 * it and carries its records. Nobody has it open. A kill at any point leaves the old ledger, or a change that
 * `finishChange` ends.
 *
 * @throws LedgerError or what the disk said: then the old ledger is where it was.
 */
export function beginStream(
  directory: string,
  end: StreamEnd,
  moment: Moment,
  notify: (notice: Notice) => void,
): StreamChange {
  const folder = makeChangeFolder(directory, end.because, moment.at);
  const change = build(directory, folder, end, moment);
  decideChange(directory, folder);
  finishChange(directory);
  removeStreamOrder(directory);
  const { carried, leftBehind, heldByHq, unreadable } = change.result;
  notify({
    event: "ledger.streamBegun",
    fields: {
      because: end.because,
      reason: end.reason,
      stream: change.begun,
      prevStream: change.stream,
      old: folder.name,
      carried: carried.count,
      leftBehind: leftBehind.count,
      heldByHq: heldByHq.count,
      unreadable: unreadable.map(({ from, to }) => `${from}-${to}`).join(" "),
    },
  });
  return change;
}

function build(directory: string, folder: ChangeFolder, end: StreamEnd, moment: Moment): StreamChange {
  using old = new OldLedger(directory, end);
  for (const choice of CHOICES) {
    if (choice !== "none" && !old.hasRoomFor(choice)) continue;
    try {
      return buildOnce(directory, folder, end, moment, old, choice);
    } catch (error) {
      for (const suffix of ["", "-journal"]) rmSync(folder.building + suffix, { force: true });
      if (choice === "none" || !NO_ROOM.includes(failureOf(error).code)) throw error;
    }
  }
  throw new TypeError("a choice is always tried");
}

function buildOnce(
  directory: string,
  folder: ChangeFolder,
  end: StreamEnd,
  moment: Moment,
  old: OldLedger,
  choice: CarryChoice,
): StreamChange {
  const stream = streamId(crypto.randomUUID());
  const begun: Begun = {
    because: end.because,
    ...(old.stream === undefined ? {} : { prevStream: old.stream }),
    ...(old.head === undefined ? {} : { prevHead: old.head }),
  };
  const db = createLedgerFile(
    folder.building,
    { mode: "delete", because: "it is being built" },
    { stream, begun, machine: machineIdOf(directory), earlier: old.lineage },
  );
  try {
    const built = new BuiltLedger(new RecordLog(db, stream), moment);
    const freed = asFreed(old.lineage);
    const first: StreamBegun = { event: "streamBegun", ...begun, ...(freed.length === 0 ? {} : { freed }) };
    built.add("gap", canonicalJson(first));
    const result = old.carry(built, choice);
    const { carried, leftBehind, leftBehindAt, heldByHq, heldByHqAt, unreadable, earlier } = result;
    for (const key of old.keys()) built.know(key);
    if (end.because === "salvaged" || leftBehind.count + heldByHq.count + unreadable.length > 0) {
      const last: Quarantined = {
        event: "quarantined",
        name: folder.name,
        reason: end.reason,
        ...(old.stream === undefined ? {} : { stream: old.stream }),
        carried,
        leftBehind,
        ...(leftBehindAt === undefined ? {} : { leftBehindAt }),
        ...(heldByHq.count === 0 ? {} : { heldByHq }),
        ...(heldByHqAt === undefined ? {} : { heldByHqAt }),
        unreadable,
        ...(earlier === undefined ? {} : { earlier }),
        ...(old.isEndKnown ? {} : { endUnknown: true, lastKnown: old.lastKnown }),
      };
      built.add("gap", canonicalJson(last));
    }
    built.finish();
    return {
      ...end,
      ...(old.stream === undefined ? {} : { stream: old.stream }),
      name: folder.name,
      begun: stream,
      result,
    };
  } finally {
    db.close();
  }
}

/** The ledger whose stream ends, as far as its pages can be read. */
class OldLedger implements Disposable {
  /** Proven by its records, or else what the file or its neighbours say. */
  readonly stream: StreamId | undefined;
  readonly head: ChainPoint | undefined;
  /** Whether nothing can have come after the newest record that was found. */
  readonly isEndKnown: boolean;
  /** This stream and those before it, the newest first. */
  readonly lineage: readonly EarlierStream[];
  readonly #directory: string;
  readonly #pages: DatabasePages;
  readonly #raw: RawRecords;
  readonly #proven: ProvenRecords | undefined;
  readonly #evidence: StreamEvidence | undefined;

  constructor(directory: string, end: StreamEnd) {
    this.#directory = directory;
    this.#pages = new DatabasePages(join(directory, LEDGER_FILE), PAGE_BYTES);
    this.#raw = new RawRecords(this.#pages);
    const evidence = streamEvidence(directory);
    const named = evidence.map(({ stream }) => stream);
    this.#proven = proveStream(this.#raw, end.stream === undefined ? named : [end.stream, ...named]);
    const proven = this.#proven?.newest();
    const stream = this.#proven?.stream ?? end.stream ?? named[0];
    this.stream = stream === undefined ? undefined : streamId(stream);
    const isEmpty = end.because !== "salvaged" && this.#raw.stretches === 0;
    this.head = proven ?? (isEmpty ? { seq: seq(0), hash: GENESIS_HASH } : undefined);
    this.isEndKnown =
      end.because !== "salvaged" ||
      (proven !== undefined && this.#raw.lastInTree() === proven.seq && this.#pages.wal?.hasLostCommits !== true);
    this.#evidence = evidence.find((known) => known.stream === stream);
    this.lineage = this.#lineage();
  }

  hasRoomFor(choice: Exclude<CarryChoice, "none">): boolean {
    const { bavail, bsize } = statfsSync(this.#directory);
    // How many are unconfirmed is known only afterwards: then the disk itself says when it is full.
    return choice === "unconfirmed" || bavail * bsize > this.#bytes * GROWTH + KEPT_FREE_BYTES;
  }

  carry(into: BuiltLedger, choice: CarryChoice): CarriedOver {
    const { mark = 0, newest: known = 0 } = this.#evidence ?? {};
    const possible = Math.ceil(this.#bytes / SMALLEST_ROW_BYTES);
    const earlier = this.lineage.filter(({ stream }) => stream !== this.stream);
    if (this.#proven === undefined) return leaveBehind(this.#raw, { known, possible, earlier });
    const { isEndKnown } = this;
    const freedUpTo = this.#freedUpTo();
    return carryOver(this.#proven, into, { mark, known, possible, choice, freedUpTo, earlier, isEndKnown });
  }

  /** The highest position that anything speaks of; 0 when nothing does. */
  get lastKnown(): Seq {
    return seq(Math.max(this.head?.seq ?? 0, this.#evidence?.newest ?? 0, this.#proven?.floor ?? 0));
  }

  /** What is certain of the floor: that the record above it continues it, or that headquarters had confirmed as much. */
  #freedUpTo(): number {
    const proven = this.#proven;
    if (proven === undefined) return 0;
    return proven.isFloorProven ? proven.floor : Math.min(proven.floor, this.#evidence?.mark ?? 0);
  }

  #lineage(): readonly EarlierStream[] {
    const { stream } = this;
    if (stream === undefined) return [];
    // Not those of the proven records alone: what proved them may be another page than the one that says this.
    const row = this.#raw.ledgerRows.find((one) => one.stream === stream && one.earlier !== undefined);
    const before = row?.earlier ?? this.#evidence?.earlier ?? [];
    const floor = this.#proven?.floor ?? 0;
    const oldest = this.#proven?.oldest();
    const newest: EarlierStream = {
      stream,
      upTo: this.lastKnown,
      ...(this.isEndKnown ? {} : { endUnknown: true }),
      freedUpTo: seq(this.#freedUpTo()),
    };
    // Where the oldest cannot be read, what it carried counts as not carried on.
    const isTold = oldest?.envelope !== undefined && oldest.seq === floor + 1;
    return withEarlier(newest, isTold ? freedBy(before, floor, contentOf(oldest.row) ?? {}) : before);
  }

  /** Of all records that it held, also of those that cannot be carried. */
  keys(): Iterable<RawKey> {
    return rawKeys(this.#pages);
  }

  get #bytes(): number {
    return this.#pages.bytes + (this.#pages.wal?.pages.size ?? 0) * this.#pages.pageBytes;
  }

  [Symbol.dispose](): void {
    this.#pages[Symbol.dispose]();
  }
}
