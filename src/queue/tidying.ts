import type { Seq } from "../domain/record.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { datesCards } from "./card-age.ts";
import type { CardKey } from "./card-key.ts";
import type { WriterAnswer, WriterRequest } from "./messages.ts";
import type { StoreThread } from "./store-thread.ts";

export interface TidyingDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly cardKey: CardKey;
  readonly writer: StoreThread<WriterRequest, WriterAnswer>;
  readonly samples: readonly { flushIfDue(): Promise<void> }[];
  readonly durable: () => Seq;
  /** Consumers whose snapshots must reach as far as records are freed. */
  readonly needs: () => readonly string[];
  /** The oldest record that must stay although it is confirmed. */
  readonly keepFrom: () => Seq | undefined;
}

const TIDY_EVERY_MS = 60_000;

/** Once a minute: tokens past their time, the key's week, retention, and a WAL given back when nothing was appended meanwhile. */
export async function tidyUntil(deps: TidyingDeps, signal: AbortSignal): Promise<void> {
  const { clock, cardKey, log, writer, samples, durable, needs } = deps;
  let emptiedAt: Seq | undefined;
  let before = durable();
  for (;;) {
    try {
      await clock.sleep(TIDY_EVERY_MS, signal);
      const isIdle = durable() === before;
      const truncateWal = isIdle && emptiedAt !== durable();
      before = durable();
      await cardKey.advanceIfDue();
      for (const one of samples) await one.flushIfDue();
      const { synced: isSynced } = clock.stamp();
      const keepFrom = deps.keepFrom();
      await writer.ask({
        type: "tidy",
        now: clock.now(),
        isSynced,
        purgeCards: datesCards(clock),
        needs: needs(),
        ...(keepFrom === undefined ? {} : { keepFrom }),
        truncateWal,
      });
      if (truncateWal) emptiedAt = before;
    } catch (error) {
      if (signal.aborted) return;
      log.warn("ledger.notTidied", { reason: String(error) });
    }
  }
}
