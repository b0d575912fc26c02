import type { Log } from "../../runtime/log.ts";
import { seededRandom } from "../seeded-random.ts";
import { type Sides, USUAL_SIDES } from "../settlement-sides.ts";
import { openBookFile, readBookFile } from "./book-file.ts";
import { type Arrival, type BookEntry, Books, type BookTotals } from "./books.ts";
import { type WireFraming, USUAL_FRAMING } from "./frames.ts";
import { type AcquirerConnections, Endpoints, type EndpointTls } from "./endpoints.ts";
import { Host } from "./host.ts";
import { hostClock } from "./host-clock.ts";
import type { LineCounters, LineParts } from "./line.ts";
import { type Habits, Plan, type PlannedStep, type Step, USUAL_HABITS } from "./plan.ts";
import { type BatchTotals, type BatchUpload, totalsOf } from "./settlement.ts";
import { UploadBook } from "./uploads.ts";

export interface AcquirerOptions {
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** One listening endpoint for each; 0 picks a free port. Default [0]. */
  readonly ports?: readonly number[];
  readonly tls?: EndpointTls;
  readonly framing?: WireFraming;
  /** Replies exchange source and destination of the TPDU. Default true. */
  readonly tpduSwap?: boolean;
  readonly blankMerchantOnDecline?: boolean;
  readonly requireSignIn?: boolean;
  readonly habits?: Partial<Habits>;
  readonly sides?: Sides;
  /** JSON lines; what an earlier life wrote there is taken up again. */
  readonly booksFile?: string;
  /** False: totals only, for benchmarks; nothing can be voided, reversed or found repeated. Default true. */
  readonly keepBooks?: boolean;
  /** ms without a byte after which a connection is closed. Default 10 min. */
  readonly idleMs?: number;
  /** Minutes east of Greenwich for dates in replies. Default 480, China. */
  readonly zoneMinutes?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** 0 ≤ x < 1. */
  readonly random?: () => number;
  /** Gets a line for every request; leave out under load. */
  readonly log?: Log;
}

/** A running host. Disposing it resets every connection and waits until its ports are free. */
export interface Acquirer extends AsyncDisposable {
  readonly host: string;
  /** The first endpoint's. */
  readonly port: number;
  readonly ports: readonly number[];
  /** What the host holds, oldest first. */
  books(): readonly Readonly<BookEntry>[];
  /** Every request as it came, oldest first; the first 1,000,000. */
  arrivals(): readonly Arrival[];
  uploads(): readonly BatchUpload[];
  totals(): BookTotals;
  /** The host's own settlement figures of one terminal's batch. */
  batchTotals(de41: string, batch: string): BatchTotals;
  /** Says what to do with the next request that fits. Steps are used in the order given. */
  next(step: Step): PlannedStep;
  connections(): AcquirerConnections;
  counters(): Readonly<LineCounters>;
  /** Resets every open connection; new ones are welcome. */
  dropConnections(): void;
}

/**
 * Starts an acquirer's host: it listens when this resolves.
 *
 * @throws Error from `listen` (port taken), from TLS (bad PEM) or from an unreadable books file.
 */
export async function startAcquirer(options: AcquirerOptions = {}): Promise<Acquirer> {
  const { host = "127.0.0.1", idleMs = 600_000, framing = USUAL_FRAMING, sides = USUAL_SIDES } = options;
  const random = options.random ?? seededRandom(1);
  const now = options.now ?? Date.now;
  const earlier = options.booksFile === undefined ? [] : readBookFile(options.booksFile);
  const bookFile = options.booksFile === undefined ? undefined : openBookFile(options.booksFile);
  const books = new Books(options.keepBooks ?? true, (entry) => bookFile?.append(entry));
  books.restore(earlier);
  const uploads = new UploadBook();
  const plan = new Plan({ ...USUAL_HABITS, ...options.habits }, random);
  const rrnPrefix = String(Math.floor(random() * 10_000)).padStart(4, "0");
  const mind = new Host(
    {
      books,
      uploads,
      plan,
      sides,
      random,
      hand: {
        framing,
        tpduSwap: options.tpduSwap ?? true,
        blankMerchantOnDecline: options.blankMerchantOnDecline ?? false,
      },
      time: hostClock(now, options.zoneMinutes ?? 480),
      requireSignIn: options.requireSignIn ?? false,
      rrn: (n) => rrnPrefix + String(n).padStart(8, "0"),
    },
    earlier.length,
  );
  const stopping = new AbortController();
  const counters: LineCounters = { undecodable: 0, undelivered: 0 };
  const line: LineParts = { host: mind, books, framing, counters, now, log: options.log, signal: stopping.signal };
  const endpoints = new Endpoints(line, idleMs, options.tls);
  const ports: number[] = [];
  try {
    for (const port of options.ports ?? [0]) ports.push(await endpoints.listen(host, port));
  } catch (error) {
    await endpoints.close();
    bookFile?.close();
    throw error;
  }
  const [port = 0] = ports;

  return {
    host,
    port,
    ports,
    books: () => books.entries(),
    arrivals: () => books.arrivals(),
    uploads: () => uploads.all(),
    totals: () => books.totals(),
    batchTotals: (de41, batch) => totalsOf(books.ofBatch(de41, batch), sides),
    next: (step) => plan.next(step),
    connections: () => endpoints.connections(),
    counters: () => ({ ...counters }),
    dropConnections: () => endpoints.dropConnections(),
    [Symbol.asyncDispose]: async () => {
      stopping.abort(new Error("the host goes down"));
      await endpoints.close();
      bookFile?.close();
    },
  };
}
