import type { GatewayAddress } from "../../contract/topics.ts";
import type { Envelope } from "../../domain/record.ts";
import type { Log } from "../../runtime/log.ts";
import type { Alarm, AlarmKind } from "./alarms.ts";
import { checkEnvelope } from "./envelope-check.ts";
import type { Stream } from "./read-streams.ts";
import type { Arrival, Damaged, HqStore } from "./store.ts";

/** What a test may want at the moment before a commit: `wait` keeps the batch for later, `crash` loses it. */
export type BeforeCommit = (records: number) => "commit" | "wait" | "crash";

/** Since this run began. */
export interface IngestFigures {
  readonly stored: number;
  readonly duplicates: number;
  readonly forks: number;
  readonly chainBreaks: number;
  /** Messages that are no records, and carried records that carry none. */
  readonly damaged: number;
  readonly dropped: number;
  readonly alarms: number;
}

export const NO_FIGURES: IngestFigures = {
  stored: 0,
  duplicates: 0,
  forks: 0,
  chainBreaks: 0,
  damaged: 0,
  dropped: 0,
  alarms: 0,
};

export interface IngestOptions {
  readonly store: HqStore;
  readonly log: Log;
  readonly onStored?: ((envelope: Envelope) => void) | undefined;
  readonly beforeCommit?: BeforeCommit | undefined;
}

const EVENTS: Readonly<Record<AlarmKind, string>> = {
  fork: "hq.fork",
  historyRewritten: "hq.history-rewritten",
  lostAtShop: "hq.lost-at-shop",
};

/** Records that may wait for a commit. Beyond it they are dropped unconfirmed, and come again. */
const MAX_WAITING = 100_000;
const MAX_DAMAGED_WAITING = 100;

/** Gathers records between two commits. */
export class Ingest {
  readonly figures: { -readonly [Figure in keyof IngestFigures]: number } = { ...NO_FIGURES };
  readonly #options: IngestOptions;
  #waiting: Arrival[] = [];
  readonly #damaged: Damaged[] = [];

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  take(address: GatewayAddress, topic: string, payload: Buffer): void {
    const checked = checkEnvelope(payload);
    if (!checked.ok) {
      // Kept for whoever looks into it, and never confirmed: the record is not stored.
      this.figures.damaged += 1;
      if (this.#damaged.length < MAX_DAMAGED_WAITING) this.#damaged.push({ topic, why: checked.why, payload });
      this.#options.log.error("hq.damaged-record", { topic, why: checked.why });
    } else if (this.#waiting.length >= MAX_WAITING) {
      this.figures.dropped += 1;
    } else {
      this.#waiting.push({ address, envelope: checked.envelope, text: payload.toString("utf8") });
    }
  }

  /**
   * @returns the streams that something was stored of, or delivered again of: they get a receipt.
   * @throws Error where `beforeCommit` wants a crash; SqliteError when the disk refuses.
   */
  commit(): readonly Stream[] {
    const { store, log, onStored, beforeCommit } = this.#options;
    const batch = this.#waiting;
    if (this.#damaged.length > 0) store.keepDamaged(this.#damaged.splice(0));
    if (batch.length === 0) return [];
    const wish = beforeCommit?.(batch.length) ?? "commit";
    if (wish === "wait") return [];
    this.#waiting = [];
    if (wish === "crash") throw new Error(`crashed before ${batch.length} records were stored`);
    const { stored, duplicates, forks, chainBreaks, damaged, alarms, touched } = store.store(batch);
    this.figures.stored += stored.length;
    this.figures.duplicates += duplicates;
    this.figures.forks += forks.length;
    this.figures.chainBreaks += chainBreaks.length;
    this.figures.damaged += damaged.length;
    for (const { topic, why } of damaged) log.error("hq.damaged-record", { topic, why });
    this.alarm(alarms);
    for (const { stream, seq } of chainBreaks) log.error("hq.chain-broken", { stream, seq });
    if (onStored !== undefined) for (const envelope of stored) onStored(envelope);
    return touched;
  }

  alarm(alarms: readonly Alarm[]): void {
    this.figures.alarms += alarms.length;
    for (const { what, ...where } of alarms) this.#options.log.error(EVENTS[what], where);
  }
}
