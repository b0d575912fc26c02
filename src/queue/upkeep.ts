import { statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type Database from "better-sqlite3";
import type { HistoryHour } from "../domain/history.ts";
import { type Seq, seq } from "../domain/record.ts";
import { Ballast } from "./ballast.ts";
import { CARDS_FILE } from "./card-tokens.ts";
import { HISTORY_FILE, HistoryFile } from "./history/history-file.ts";
import type { Notice, Sample, TidyRequest } from "./messages.ts";
import { PROGRESS_FILE, type Progress } from "./progress.ts";
import { KeyTidying } from "./record-keys.ts";
import { Retention } from "./retention.ts";
import { LEDGER_FILE } from "./schema.ts";
import { levelOf, type SpaceFigures, type SpaceMeasured, type SpaceRules } from "./space.ts";
import { failureOf } from "./sqlite.ts";
import { Telemetry, TELEMETRY_FILE } from "./telemetry.ts";
import { writtenByProcess, writtenPerDay } from "./wear.ts";

const FILES = [LEDGER_FILE, PROGRESS_FILE, CARDS_FILE, TELEMETRY_FILE, HISTORY_FILE].flatMap((file) => [
  file,
  `${file}-wal`,
]);

/** Between two looks at the space while records are appended: ms, and fewer of them in a flood. A look takes 60 µs. */
const LOOK_EVERY_MS = 1_000;
const LOOK_EVERY_RECORDS = 2_000;
/** Readers, one page after the other, can keep the WAL from beginning anew: from here on the writer waits for a gap between two. */
const WAL_TOO_LONG_BYTES = 16 * 1024 * 1024;
const RESTART_AGAIN_MS = 60_000;

export interface UpkeepDeps {
  readonly directory: string;
  readonly rules: SpaceRules;
  readonly db: Database.Database;
  readonly progress: Progress;
  readonly notify: (notice: Notice) => void;
  readonly tell: (figures: SpaceFigures) => void;
}

/**
 * The store's household: measures the space and frees what is not needed: telemetry first, then confirmed records. On a disk
 * that is suddenly full history cannot be freed at once, because that takes room itself: telemetry goes, then the ballast,
 * whose room serves the records that come and the freeing. What nobody has confirmed is never touched.
 */
export class Upkeep {
  readonly #deps: UpkeepDeps;
  readonly #ballast: Ballast;
  readonly #telemetry: Telemetry;
  readonly #history: HistoryFile;
  #db: Database.Database;
  #retention: Retention;
  #keys: KeyTidying;
  #measured: SpaceMeasured;
  #isBallastWanted = false;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #recordsSince = 0;
  #restartsAtMs = Number.NEGATIVE_INFINITY;
  #wroteBefore = writtenByProcess();
  #woreAtMs = performance.now();

  constructor(deps: UpkeepDeps) {
    const { directory, rules, db, notify } = deps;
    this.#deps = deps;
    this.#db = db;
    this.#retention = this.#retentionOf(db);
    this.#keys = new KeyTidying(db);
    this.#telemetry = new Telemetry(directory, rules.telemetry, notify);
    this.#history = new HistoryFile(directory, rules.telemetry, notify);
    this.#measured = measure(directory, db);
    this.#ballast = new Ballast(directory, rules, this.#measured.free);
    this.#isBallastWanted = this.#ballast.isWanted(this.#measured.free);
  }

  get figures(): SpaceFigures {
    const { rules } = this.#deps;
    const { wear } = this.#telemetry;
    return {
      ...this.#measured,
      quota: rules.quota,
      level: levelOf(this.#measured, rules),
      ballast: this.#ballast.state,
      floor: this.#retention.floor.seq,
      ...(this.#wroteBefore === undefined || wear === undefined ? {} : { writtenPerDay: writtenPerDay(wear) }),
    };
  }

  /** The newest record that retention has freed. */
  get floor(): Seq {
    return this.#retention.floor.seq;
  }

  /** Whether `work` has something to do. */
  get isBusy(): boolean {
    return this.#retention.isBusy || this.#keys.isBusy || this.#isBallastWanted;
  }

  /** The file was opened anew. */
  use(db: Database.Database): void {
    this.#db = db;
    this.#retention = this.#retentionOf(db);
    this.#keys = new KeyTidying(db);
  }

  /** After a commit of so many records: measures when it is time. */
  glance(records: number): void {
    const now = performance.now();
    this.#recordsSince += records;
    if (now - this.#lookedAtMs < LOOK_EVERY_MS && this.#recordsSince < LOOK_EVERY_RECORDS) return;
    this.#lookedAtMs = now;
    this.#recordsSince = 0;
    this.#attempt(() => this.look());
  }

  /** Measures, tells, and keeps what grows within its bounds. */
  look(): void {
    const { directory, tell } = this.#deps;
    this.#lookedAtMs = performance.now();
    this.#measured = measure(directory, this.#db);
    this.#isBallastWanted = this.#ballast.isWanted(this.#measured.free);
    if (this.#measured.wal > WAL_TOO_LONG_BYTES && this.#lookedAtMs > this.#restartsAtMs) this.#restartWal();
    tell(this.figures);
  }

  /** Once a minute. @param head  The newest record. */
  tidy({ now, isSynced, needs, keepFrom = seq(Number.MAX_SAFE_INTEGER) }: TidyRequest, head: Seq): void {
    this.look();
    const isPressed = this.#isShort();
    if (isPressed) this.#shedTelemetry();
    else this.#attempt(() => this.#telemetry.open());
    this.#noteWear();
    const upTo = this.#freeable(needs, keepFrom);
    this.#retention.plan({ upTo, isPressed, ...(isSynced ? { now } : {}) }, head, this.#measured.used);
    if (isSynced) this.#keys.plan(now);
  }

  /** A short piece of what is to be done. */
  work(): void {
    this.#attempt(() => {
      if (this.#retention.isBusy) this.#freeSome();
      else if (this.#keys.isBusy) this.#keys.slice(this.floor);
      else if (this.#isBallastWanted) this.#ballast.grow();
      this.look();
    });
  }

  /** Freeing takes room itself: on a full disk that is what the ballast is for, before a sale needs it. */
  #freeSome(): void {
    try {
      this.#retention.slice();
    } catch (error) {
      if (failureOf(error).code !== "store.full" || !this.giveWay()) throw error;
    }
  }

  /** The disk is full: gives up the next thing that may go. @returns false when there is nothing any more. */
  giveWay(): boolean {
    if (!this.#shedTelemetry() && !this.#shedHistory() && !this.#releaseBallast()) return false;
    this.#attempt(() => this.look());
    return true;
  }

  /** Samples are worth nothing against a sale: a full disk sheds them all. */
  sample(samples: readonly Sample[]): void {
    this.#noteWear();
    try {
      this.#telemetry.add(samples);
    } catch (error) {
      const failure = failureOf(error);
      this.#deps.notify({ event: "telemetry.notStored", fields: { ...failure, samples: samples.length } });
      if (failure.code === "store.full") this.#shedTelemetry();
    }
  }

  /** As samples; while space is short nothing is added to it. */
  keepHistory(hours: readonly HistoryHour[]): void {
    if (this.#isShort()) {
      this.#deps.notify({ event: "history.notStored", fields: { reason: "disk space is short", hours: hours.length } });
      return;
    }
    try {
      this.#history.write(hours);
    } catch (error) {
      this.#deps.notify({ event: "history.notStored", fields: { ...failureOf(error), hours: hours.length } });
    }
  }

  close(): void {
    this.#history.close();
    this.#telemetry.close();
  }

  /** Tried again with the next minute; what stands in the way of it stands in the way of appends, which say so. */
  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#retention.rest();
      this.#keys.rest();
      this.#isBallastWanted = false;
      this.#deps.notify({ event: "store.upkeepFailed", fields: { ...failureOf(error) } });
    }
  }

  /** Waits for readers as long as SQLite's busy time-out; when one does not go, sales are left alone for a minute. */
  #restartWal(): void {
    const isBusy = Number(this.#db.pragma("wal_checkpoint(RESTART)", { simple: true })) !== 0;
    if (isBusy) this.#restartsAtMs = this.#lookedAtMs + RESTART_AGAIN_MS;
  }

  #isShort(): boolean {
    const level = levelOf(this.#measured, this.#deps.rules);
    return level === "critical" || level === "full" || this.#ballast.state === "released";
  }

  /** Everything up to here is confirmed and in the snapshots of all who need it. */
  #freeable(needs: readonly string[], keepFrom: Seq): Seq {
    const { progress } = this.#deps;
    return seq(Math.min(progress.mark(), keepFrom - 1, ...needs.map((name) => progress.snapshotSeq(name))));
  }

  #retentionOf(db: Database.Database): Retention {
    const { rules, progress } = this.#deps;
    // Mark and snapshots are written without fsync: a power loss must not take them back behind what was freed.
    return new Retention(db, rules, () => progress.settle());
  }

  #shedTelemetry(): boolean {
    if (!this.#telemetry.shed()) return false;
    this.#deps.notify({ event: "telemetry.shed", fields: { because: "disk space is short" } });
    return true;
  }

  /** After telemetry, because it holds a year; before the ballast, because that serves sales. */
  #shedHistory(): boolean {
    if (!this.#history.shed()) return false;
    this.#deps.notify({ event: "history.shed", fields: { because: "the disk is full" } });
    return true;
  }

  #releaseBallast(): boolean {
    if (!this.#ballast.release()) return false;
    this.#deps.notify({ event: "store.ballastReleased", fields: { bytes: this.#deps.rules.ballast } });
    return true;
  }

  #noteWear(): void {
    const now = performance.now();
    const wrote = writtenByProcess();
    if (wrote !== undefined && this.#wroteBefore !== undefined) {
      this.#telemetry.noteWear(wrote - this.#wroteBefore, now - this.#woreAtMs);
    }
    this.#wroteBefore = wrote;
    this.#woreAtMs = now;
  }
}

function measure(directory: string, db: Database.Database): SpaceMeasured {
  const { bavail, bsize } = statfsSync(directory);
  const pages = pragma(db, "page_count") - pragma(db, "freelist_count");
  return {
    used: pages * pragma(db, "page_size"),
    free: bavail * bsize,
    files: FILES.reduce((sum, file) => sum + sizeOf(join(directory, file)), 0),
    wal: sizeOf(join(directory, `${LEDGER_FILE}-wal`)),
  };
}

function pragma(db: Database.Database, name: string): number {
  return Number(db.pragma(name, { simple: true }));
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
