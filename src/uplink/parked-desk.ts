import { assertNever } from "../domain/assert-never.ts";
import { recordWithin } from "../domain/carried.ts";
import type { Parked, Unavailable } from "../domain/gap.ts";
import {
  afterGap,
  type DeliveryGap,
  deliveryGapOf,
  type ParkedRecord,
  parkedRecords,
} from "../domain/parked-records.ts";
import { LANE_OF, type RecordDraft, type Seq, seq } from "../domain/record.ts";
import { transactionRecordOf } from "../domain/transaction-history.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { isShutdown } from "../runtime/task.ts";
import type { ParkReason, Remembered } from "./delivery-state.ts";
import { type Outbox, type OutboxRow, PAGE_MAX } from "./outbox.ts";

export interface ParkedDeskDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** A gap record could not be written, or the snapshot: it is tried again. */
  readonly failed: (error: unknown) => void;
}

export interface Parking {
  readonly seq: number;
  readonly reason: ParkReason;
  readonly code?: number;
}

const SNAPSHOT = "uplink.parked";
/** A start reads what is younger than the snapshot, at some 400,000 records a second. */
const RECORDS_BETWEEN_SNAPSHOTS = 5_000;
/** ms. */
const RETRY_MS = 5_000;

/**
 * Which records cannot be given to the broker, as the ledger has it: a reducer over its gap records, kept as a snapshot so
 * that a start does not read the whole ledger. Writes those records, and is the only one that does.
 */
export class ParkedDesk {
  readonly #deps: ParkedDeskDeps;
  #gaps: readonly DeliveryGap[] = [];
  /** Gap records that are being written. */
  #writing = 0;
  #savedAt = 0;
  /** Every gap record of the ledger was read, or written here. */
  #isComplete = false;
  readonly #releasing = new Set<number>();

  constructor(deps: ParkedDeskDeps) {
    this.#deps = deps;
    deps.outbox.needs(SNAPSHOT);
  }

  /**
   * Reads the snapshot and what the ledger holds after it. Where the ledger cannot be read, what is known by then must do: a
   * record that is parked and not known to be is tried once more.
   */
  async remember(): Promise<Remembered> {
    try {
      await this.#readAll();
      this.#isComplete = true;
      this.#keep();
    } catch (error) {
      this.#deps.failed(error);
      // Something may be parked that is not known to be.
      this.#deps.outbox.keep([seq(1)]);
    }
    return remembered(this.#gaps);
  }

  list(): readonly ParkedRecord[] {
    return parkedRecords(this.#gaps);
  }

  /** @returns where the ledger says so now; `undefined` when the signal fired first. Takes as long as the disk does. */
  async park({ seq: position, reason, code }: Parking, signal: AbortSignal): Promise<Seq | undefined> {
    return this.#persist(async () => {
      const [row] = await this.#deps.outbox.page(seq(position), 1);
      if (row === undefined) throw new RangeError(`record ${position} is not there`);
      return this.#write({
        kind: "gap",
        ...(row.terminal === undefined ? {} : { terminal: row.terminal }),
        body: parkedBody(row, reason, code),
      });
    }, signal);
  }

  /** @returns as `park` does. */
  async declareUnavailable(from: number, to: number, signal: AbortSignal): Promise<Seq | undefined> {
    return this.#persist(async () => {
      const freed = await this.#deps.outbox.freedEarlier();
      const body: Unavailable = {
        event: "unavailable",
        from: seq(from),
        to: seq(to),
        ...(freed.length === 0 ? {} : { freed }),
      };
      return this.#write({ kind: "gap", body });
    }, signal);
  }

  /**
   * A parked record is to go again.
   *
   * @returns false when it is not parked.
   * @throws LedgerError when that cannot be recorded.
   */
  async release(position: number): Promise<boolean> {
    const parked = this.list().find((one) => one.seq === position);
    if (parked === undefined || this.#releasing.has(position)) return false;
    this.#releasing.add(position);
    try {
      await this.#write({
        kind: "gap",
        ...(parked.terminal === undefined ? {} : { terminal: parked.terminal }),
        body: { event: "released", seq: parked.seq },
      });
      return true;
    } finally {
      this.#releasing.delete(position);
    }
  }

  /** Saves a snapshot when the last is old. @param mark  What is confirmed needs no remembering. */
  async saveWhenDue(mark: number): Promise<void> {
    if (this.#deps.outbox.durable - this.#savedAt >= RECORDS_BETWEEN_SNAPSHOTS) await this.save(mark);
  }

  async save(mark: number): Promise<void> {
    const { outbox, failed } = this.#deps;
    // What is being written may be in the ledger already, and not here.
    const upTo = outbox.durable;
    if (!this.#isComplete || this.#writing > 0 || upTo === this.#savedAt) return;
    const kept = this.#gaps.filter(({ gap, body }) => body.event === "parked" || gap > mark);
    try {
      await outbox.saveSnapshot(SNAPSHOT, upTo, JSON.stringify(kept));
      this.#savedAt = upTo;
    } catch (error) {
      failed(error);
    }
  }

  async #readAll(): Promise<void> {
    const { outbox } = this.#deps;
    const snapshot = await outbox.loadSnapshot(SNAPSHOT);
    this.#gaps = snapshot === undefined ? [] : gapsIn(snapshot.state);
    this.#savedAt = snapshot?.seq ?? 0;
    const head = outbox.durable;
    let next = Math.max(this.#savedAt + 1, outbox.first);
    while (next <= head) {
      const rows = await outbox.page(seq(next), PAGE_MAX);
      for (const row of rows) this.#note(row.kind === "gap" ? deliveryGapOf(envelopeOf(row)) : undefined);
      const last = rows.at(-1);
      if (last === undefined) return;
      next = last.seq + 1;
    }
  }

  async #write(draft: RecordDraft): Promise<Seq> {
    const { outbox, clock } = this.#deps;
    this.#writing += 1;
    try {
      const gap = await outbox.append(draft);
      this.#note(deliveryGapOf({ kind: draft.kind, seq: gap, at: rfc3339(clock.now()), body: draft.body }));
      this.#keep();
      return gap;
    } finally {
      this.#writing -= 1;
    }
  }

  async #persist(write: () => Promise<Seq>, signal: AbortSignal): Promise<Seq | undefined> {
    const { clock, failed } = this.#deps;
    while (!signal.aborted) {
      try {
        return await write();
      } catch (error) {
        failed(error);
      }
      try {
        await clock.sleep(RETRY_MS, signal);
      } catch (error) {
        if (!isShutdown(error, signal)) throw error;
      }
    }
    return undefined;
  }

  #note(gap: DeliveryGap | undefined): void {
    if (gap !== undefined) this.#gaps = afterGap(this.#gaps, gap);
  }

  #keep(): void {
    if (!this.#isComplete) return;
    this.#deps.outbox.keep(this.list().flatMap(({ seq: position, gap }) => [position, gap]));
  }
}

function remembered(gaps: readonly DeliveryGap[]): Remembered {
  const parked = new Map<
    number,
    { lane: OutboxRow["lane"]; terminal?: NonNullable<OutboxRow["terminal"]>; gap: Seq }
  >();
  const released = new Map<number, number>();
  let unavailable: Remembered["unavailable"];
  for (const { gap, body } of gaps) {
    switch (body.event) {
      case "parked": {
        const { terminal } = body;
        parked.set(body.seq, { lane: LANE_OF[body.kind], ...(terminal === undefined ? {} : { terminal }), gap });
        break;
      }
      case "released":
        released.set(body.seq, gap);
        break;
      case "unavailable":
        unavailable = { from: body.from, to: body.to, gap };
        break;
      default:
        assertNever(body);
    }
  }
  return { parked, released, unavailable };
}

function parkedBody(row: OutboxRow, reason: ParkReason, code: number | undefined): Parked {
  const envelope = envelopeOf(row);
  const { amount, currency } = transactionRecordOf(recordWithin(envelope))?.transaction ?? {};
  const hash = "hash" in envelope && typeof envelope.hash === "string" ? envelope.hash : "";
  return {
    event: "parked",
    seq: row.seq,
    hash,
    kind: row.kind,
    ...(row.terminal === undefined ? {} : { terminal: row.terminal }),
    reason,
    ...(code === undefined ? {} : { code }),
    ...(currency === undefined ? {} : { currency }),
    ...(amount === undefined ? {} : { amount }),
  };
}

function envelopeOf({ envelope }: OutboxRow): object {
  const text = typeof envelope === "string" ? envelope : Buffer.from(envelope).toString("utf8");
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? value : {};
}

/** A snapshot holds the gap records that still count, each as it stands in the ledger. */
function gapsIn(state: string): readonly DeliveryGap[] {
  const saved: unknown = JSON.parse(state);
  return Array.isArray(saved) ? saved.flatMap((gap: unknown) => savedGap(gap) ?? []) : [];
}

function savedGap(saved: unknown): DeliveryGap | undefined {
  if (typeof saved !== "object" || saved === null || !("gap" in saved)) return undefined;
  return deliveryGapOf({ kind: "gap", ...saved, seq: saved.gap });
}
