import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Secret } from "../runtime/secret.ts";
import { AppendQueue } from "./append-queue.ts";
import { Arrivals } from "./arrivals.ts";
import { Bell } from "./bell.ts";
import { CardKey } from "./card-key.ts";
import { CommitTimes } from "./commit-times.ts";
import { DurableSignal } from "./durable-signal.ts";
import { prepareDirectory } from "./directory.ts";
import { Ledger } from "./ledger.ts";
import type { ReaderAnswer, ReaderRequest, WriterAnswer, WriterRequest } from "./messages.ts";
import { SpaceView } from "./space-view.ts";
import { DEFAULT_SPACE, type SpaceRules } from "./space.ts";
import { StoreThread, type StoreThreadEvents } from "./store-thread.ts";

export interface LedgerOptions {
  /** Made when only its last part is missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Seals the key of the card tokens on disk. */
  readonly cardKeySecret?: Secret;
  /** Lets the ledger live on tmpfs or in a container's layer, gone after a restart: demo and tests only. */
  readonly allowVolatile?: boolean;
  /** What the store may take and how long it keeps what is confirmed. */
  readonly space?: Partial<SpaceRules>;
}

/** The writer needs one, and so does the reader while it is asked something. */
const CORES = availableParallelism();
/** ms. Threads that could not open have nothing to write. */
const GIVE_UP_WITHIN_MS = 2000;

/**
 * Opens the ledger in this directory, or begins one; after a crash it goes on where the last durable record stands. One that
 * is damaged, or whose stream must end for another reason, is set aside, and its records are carried into a new stream.
 *
 * @throws LedgerError with `remedy`: `store.missing`, `store.notADirectory`, `store.notWritable`, `store.volatile`,
 *   `store.locked`, `store.notALedger`, `store.newerSchema`, `store.noWal`, `store.notMigrated`, or what the disk said.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { clock, log, cardKeySecret: secret, allowVolatile = false } = options;
  const directory = resolve(options.directory);
  prepareDirectory(directory, { allowVolatile });

  const lost = new AbortController();
  const bell = new Bell();
  const commitTimes = new CommitTimes();
  const arrivals = new Arrivals();
  const durable = new DurableSignal();
  let appends: AppendQueue | undefined;
  let space: SpaceView | undefined;
  const events: StoreThreadEvents = {
    durable: (newest) => appends?.durableUpTo(newest),
    refused: (refused) => {
      space?.refused(refused.failure);
      appends?.refusedFrom(refused);
    },
    space: (figures) => {
      if (space?.measured(figures) !== true) return;
      const { level, ballast, used, quota, free } = figures;
      const isWell = level === "ok" && ballast !== "released";
      log[isWell ? "info" : "warn"]("store.space", { level, ballast, used, quota, free });
    },
    reopened: () => {
      reader.ask({ type: "letGo" }).catch(() => undefined);
    },
    notice: ({ event, fields }) => {
      log.warn(event, fields);
    },
    lost: (error) => {
      lost.abort(error);
    },
  };
  // Both at once: starting a thread takes longer than opening a file.
  const writer = new StoreThread<WriterRequest, WriterAnswer>("writer-thread", {
    ...events,
    lost: (error) => {
      lost.abort(error);
      appends?.refuseNew(error);
      appends?.refuseAll(error);
    },
  });
  const reader = new StoreThread<ReaderRequest, ReaderAnswer>("reader-thread", events);
  try {
    const opened = await writer.ask({
      type: "open",
      directory,
      moment: { at: clock.now(), stamp: clock.stamp() },
      space: { ...DEFAULT_SPACE, ...options.space },
      commitTimes: commitTimes.memory,
      arrivals: arrivals.memory,
      durable: durable.memory,
    });
    const { stream, head, mark, openedAs } = opened;
    space = new SpaceView(opened.space);
    const [cardKey] = await Promise.all([
      CardKey.open({ directory, clock, log, secret }),
      reader.ask({ type: "open", directory }),
    ]);
    appends = new AppendQueue({
      clock,
      head: head.seq,
      signal: durable,
      mayLook: () => CORES > (reader.isBusy ? 2 : 1),
      post: (batch) => {
        writer.post(batch);
        arrivals.announce();
      },
      onDurable: () => {
        space?.taken();
        bell.ring();
      },
    });
    return new Ledger({
      clock,
      log,
      directory,
      stream,
      mark,
      openedAs,
      writer,
      reader,
      appends,
      bell,
      commitTimes,
      space,
      cardKey,
      lost: lost.signal,
    });
  } catch (error) {
    await Promise.allSettled([
      reader.end({ type: "close" }, clock, GIVE_UP_WITHIN_MS),
      writer.end({ type: "close" }, clock, GIVE_UP_WITHIN_MS),
    ]);
    throw error;
  }
}
