import { type RecordDraft, type Seq, seq } from "../../domain/record.ts";
import type { Log } from "../../runtime/log.ts";
import type { DriverDeps } from "../driver.ts";
import type { RelayCounters } from "./relay-counters.ts";

/** The relay's way into the ledger: a refusal is counted and said, and stops nobody; knows what is on its way. */
export class Recording {
  readonly #record: DriverDeps["record"];
  readonly #log: Log;
  readonly #counters: RelayCounters;
  readonly #underway = new Set<Promise<Seq | undefined>>();
  /** Position of the newest record of ours that is known to be durable. */
  #highest = seq(0);

  constructor(record: DriverDeps["record"], log: Log, counters: RelayCounters) {
    this.#record = record;
    this.#log = log;
    this.#counters = counters;
  }

  /** Resolves true when it is on disk, false when it could not be recorded; never rejects. */
  readonly record = async (draft: RecordDraft, canWait = false): Promise<boolean> => {
    const recording = this.#record(draft, canWait).catch((error: unknown) => this.#refused(draft, error));
    this.#underway.add(recording);
    const position = await recording;
    this.#underway.delete(recording);
    if (position !== undefined) this.#highest = position;
    return position !== undefined;
  };

  /** For what nothing waits for. */
  recordAll(drafts: readonly RecordDraft[]): void {
    for (const draft of drafts) void this.record(draft, true);
  }

  /** What the ledger held of ours before this run. */
  startAt(position: Seq): void {
    this.#highest = position;
  }

  /** Settles when everything recorded so far is on disk, with the position of the newest of it. */
  async position(): Promise<Seq> {
    const before = this.#highest;
    const positions = await Promise.all(this.#underway);
    return positions.reduce<Seq>(
      (highest, position) => (position !== undefined && position > highest ? position : highest),
      before,
    );
  }

  #refused(draft: RecordDraft, error: unknown): undefined {
    this.#counters.notRecorded += 1;
    if (this.#counters.notRecorded % 1_000 === 1) {
      this.#log.error("relay.notRecorded", { kind: draft.kind, total: this.#counters.notRecorded, error });
    }
    return undefined;
  }
}
