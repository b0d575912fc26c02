import type { GapRecord } from "./domain/gap.ts";
import type { RecordDraft, Seq } from "./domain/record.ts";
import { HeldRecords, type HoldLimits, type TakenDraft } from "./held-records.ts";
import type { LedgerErrorCode } from "./queue/ledger-error.ts";
import { LedgerError } from "./queue/ledger-error.ts";
import type { Clock } from "./runtime/clock.ts";
import type { Log } from "./runtime/log.ts";
import { isShutdown, type Task } from "./runtime/task.ts";
import { WakeUp } from "./runtime/wake-up.ts";

export interface RecordingFailure {
  readonly code: string;
  readonly remedy: string;
}

export interface RecorderDeps {
  readonly append: (draft: RecordDraft, canWait: boolean) => Promise<Seq>;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: HoldLimits;
}

/** ms from a refusal to the next attempt; each time twice as long, up to the second. */
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 30_000;
const IDLE_POLL_MS = 60_000;
/** Held drafts that are given to the ledger at once. */
const WRITTEN_AT_ONCE = 64;

/** Not the disk's fault, or nothing that would pass: the record itself cannot be kept, or the ledger is gone for this process. */
const NOT_HELD: ReadonlySet<LedgerErrorCode> = new Set([
  "record.tooLarge",
  "record.notJson",
  "store.closed",
  "store.threadLost",
]);

/**
 * The one door into the ledger for drivers and watchers. What the disk refuses is held in memory, in order and with its own
 * time, and written when the disk takes it again; the caller gets the refusal all the same, because it is not on disk.
 * While anything is held, everything queues behind it.
 */
export class Recorder implements Task {
  readonly name = "recorder";
  readonly #deps: RecorderDeps;
  readonly #held: HeldRecords;
  readonly #holding = new WakeUp();
  /** Why what is held was refused. */
  #refusal: LedgerError | undefined;
  #failure: RecordingFailure | undefined;
  #notRecorded = 0;

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    this.#held = new HeldRecords(deps.limits);
  }

  /** Why the newest append failed; `undefined` when it did not. */
  get failure(): RecordingFailure | undefined {
    return this.#failure;
  }

  /** Records that wait in memory for the disk. */
  get held(): number {
    return this.#held.count;
  }

  /** Whether anything that happened is not in the ledger yet. */
  get isHolding(): boolean {
    return this.#refusal !== undefined;
  }

  /** Records given up since the start because memory could not hold them. */
  get notRecorded(): number {
    return this.#notRecorded;
  }

  /** @throws LedgerError as the ledger does: what is only held in memory is refused too. */
  readonly record = async (draft: RecordDraft, canWait = false): Promise<Seq> => {
    const { append, clock } = this.#deps;
    const taken: TakenDraft = { ...draft, taken: draft.taken ?? { at: clock.now(), stamp: clock.stamp() } };
    if (this.#refusal !== undefined) {
      this.#hold(taken, this.#refusal);
      throw this.#refusal;
    }
    try {
      const position = await append(taken, canWait);
      if (!this.isHolding) this.#failure = undefined;
      return position;
    } catch (error) {
      this.#failure = failureOf(error);
      if (error instanceof LedgerError && !NOT_HELD.has(error.code)) this.#hold(taken, error);
      throw error;
    }
  };

  /** Writes what is held when the disk takes it; once more after the signal has fired, and then says what is lost. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#holding.wait(IDLE_POLL_MS, signal);
        if (this.isHolding) await this.#retry(signal);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
    if (this.isHolding && !(await this.#write())) this.#sayLost();
  }

  #hold(draft: TakenDraft, refusal: LedgerError): void {
    const isFirst = this.#refusal === undefined;
    this.#refusal = refusal;
    this.#notRecorded += this.#held.add(draft, refusal.code);
    if (!isFirst) return;
    this.#deps.log.error("records.held", { code: refusal.code, detail: refusal.detail, remedy: refusal.remedy });
    this.#holding.ring();
  }

  async #retry(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    const since = clock.monotonicMs();
    const notRecordedBefore = this.#notRecorded;
    for (let delayMs = RETRY_FIRST_MS; ; delayMs = Math.min(delayMs * 2, RETRY_MAX_MS)) {
      await clock.sleep(delayMs, signal);
      const held = this.held;
      if (!(await this.#write())) continue;
      const notRecorded = this.#notRecorded - notRecordedBefore;
      log.info("records.written", { held, notRecorded, afterMs: Math.round(clock.monotonicMs() - since) });
      return;
    }
  }

  /** @returns whether everything is on disk now, and what is missing is told there. */
  async #write(): Promise<boolean> {
    try {
      while (!this.#held.isEmpty) {
        await this.#tellMissing();
        await this.#writeSome();
      }
    } catch (error) {
      this.#failure = failureOf(error);
      if (error instanceof LedgerError) this.#refusal = error;
      return false;
    }
    this.#refusal = undefined;
    this.#failure = undefined;
    return true;
  }

  async #tellMissing(): Promise<void> {
    const missing = this.#held.takeMissing();
    const body: GapRecord | undefined = missing.told();
    if (body === undefined) return;
    try {
      await this.#deps.append({ kind: "gap", body }, false);
    } catch (error) {
      this.#held.putBack(missing);
      throw error;
    }
  }

  /** @throws LedgerError of the first that was refused. */
  async #writeSome(): Promise<void> {
    const drafts = this.#held.oldest(WRITTEN_AT_ONCE);
    const outcomes = await Promise.allSettled(drafts.map(async (draft) => this.#deps.append(draft, false)));
    this.#held.written(new Set(drafts.filter((_, index) => outcomes[index]?.status === "fulfilled")));
    const refused = outcomes.find((outcome) => outcome.status === "rejected");
    if (refused !== undefined) throw refused.reason;
  }

  #sayLost(): void {
    const { code = "store.failed" } = this.#failure ?? {};
    const lost = this.#held.asMissing(code).told();
    if (lost !== undefined) this.#deps.log.error("records.lost", { ...lost });
  }
}

function failureOf(error: unknown): RecordingFailure {
  if (error instanceof LedgerError) return { code: error.code, remedy: error.remedy };
  return { code: "store.failed", remedy: "Restart tillgate and read its journal." };
}
