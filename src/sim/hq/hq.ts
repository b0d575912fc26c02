import { setTimeout as delay } from "node:timers/promises";
import { gatewayStatusSchema } from "../../contract/gateway-status.ts";
import { type HqStatus, hqStatusSchema } from "../../contract/hq-status.ts";
import { MAX_MISSING } from "../../contract/receipt.ts";
import {
  type GatewayAddress,
  hqStatusTopic,
  hqSubscriptions,
  parseGatewayTopic,
  receiptsTopic,
} from "../../contract/topics.ts";
import type { Envelope } from "../../domain/record.ts";
import type { Log } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import { BrokerLine } from "./broker-line.ts";
import { type BeforeCommit, Ingest, type IngestFigures, NO_FIGURES } from "./ingest.ts";
import type { Stream } from "./read-streams.ts";
import { HqStore } from "./store.ts";

export interface HqOptions {
  /** The broker: `mqtt://HOST:PORT`. */
  readonly url: string;
  /** Default 5. */
  readonly protocol?: "5" | "3.1.1";
  readonly tenant: string;
  /** SQLite; begun when it is not there, taken up when it is. */
  readonly databaseFile: string;
  readonly log: Log;
  /** ms after which every stream's receipt is sent again. Default 2,000. */
  readonly receiptEveryMs?: number;
  /** Is told of each record once, after it is stored. */
  readonly onStored?: (envelope: Envelope) => void;
  /** For tests. */
  readonly beforeCommit?: BeforeCommit;
}

export interface HqFigures extends IngestFigures {
  readonly receipts: number;
}

export interface Hq extends Task {
  /** Since `run` began. */
  figures(): HqFigures;
}

/** ms between two commits, and so between two receipts of one stream. */
const COMMIT_EVERY_MS = 20;
const RECEIPT_EVERY_MS = 2_000;
const RECONNECT_AFTER_MS = 250;
/** ms for a goodbye that the broker may not hear. */
const LEAVE_WITHIN_MS = 2_000;

/**
 * A small headquarters: stores by (stream, seq), confirms what it has stored or can account for, and keeps what was said
 * about each chain, so that a history that is rewritten or ends too early is seen.
 *
 * @param options  Nothing is opened before `run`, which rejects when the database fails or a test wants a crash.
 */
export function startHq(options: HqOptions): Hq {
  return new SmallHq(options);
}

class SmallHq implements Hq {
  readonly name = "hq";
  readonly #options: HqOptions;
  #ingest: Ingest | undefined;
  #line: BrokerLine | undefined;
  #receipts = 0;

  constructor(options: HqOptions) {
    this.#options = options;
  }

  figures(): HqFigures {
    return { ...(this.#ingest?.figures ?? NO_FIGURES), receipts: this.#receipts };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { databaseFile, log, onStored, beforeCommit, receiptEveryMs = RECEIPT_EVERY_MS } = this.#options;
    using store = new HqStore(databaseFile);
    const ingest = new Ingest({ store, log, onStored, beforeCommit });
    this.#ingest = ingest;
    this.#receipts = 0;
    const broken = new AbortController();
    const committing = setInterval(() => {
      try {
        this.#commit(store, ingest);
      } catch (error) {
        broken.abort(error);
      }
    }, COMMIT_EVERY_MS);
    const repeating = setInterval(() => this.#sendReceipts(store, store.streams()), receiptEveryMs);
    try {
      await this.#keepConnected(store, ingest, signal, broken.signal);
      broken.signal.throwIfAborted();
      this.#commit(store, ingest);
      await this.#line?.leave(LEAVE_WITHIN_MS);
    } finally {
      clearInterval(committing);
      clearInterval(repeating);
      this.#line?.cut();
      this.#line = undefined;
    }
  }

  async #keepConnected(store: HqStore, ingest: Ingest, stop: AbortSignal, broken: AbortSignal): Promise<void> {
    const over = AbortSignal.any([stop, broken]);
    const asked = Promise.withResolvers<void>();
    over.addEventListener("abort", () => asked.resolve(), { once: true });
    while (!over.aborted) {
      try {
        const line = await this.#connect(store, ingest);
        await Promise.race([line.ended, asked.promise]);
        if (over.aborted) return;
        this.#options.log.warn("hq.line-lost");
      } catch (error) {
        this.#options.log.debug("hq.line-failed", { reason: String(error) });
      }
      try {
        await delay(RECONNECT_AFTER_MS, undefined, { signal: over });
      } catch (error) {
        if (!isShutdown(error, over)) throw error;
      }
    }
  }

  /** Each connection is a session of its own: what the last one was handed may be lost. */
  async #connect(store: HqStore, ingest: Ingest): Promise<BrokerLine> {
    const { url, tenant, protocol = "5" } = this.#options;
    const session = crypto.randomUUID();
    const statusTopic = hqStatusTopic(tenant);
    const status = (state: HqStatus["state"]): string => JSON.stringify({ state, session } satisfies HqStatus);
    const line = await BrokerLine.open({
      url,
      protocol,
      clientId: `hq-${tenant}-${session}`,
      will: { topic: statusTopic, payload: status("offline") },
      onMessage: (topic, payload) => {
        if (topic !== statusTopic) this.#receive(store, ingest, topic, payload);
        // The will of an earlier session, late: it must not stand as the last word.
        else if (isWillOfAnother(payload, session)) line.publish(statusTopic, status("online"), true);
      },
    });
    this.#line = line;
    await line.subscribe([...hqSubscriptions(tenant), statusTopic]);
    line.publish(statusTopic, status("online"), true);
    this.#sendReceipts(store, store.streams());
    return line;
  }

  #receive(store: HqStore, ingest: Ingest, topic: string, payload: Buffer): void {
    const parsed = parseGatewayTopic(topic);
    if (parsed === undefined) return;
    if (parsed.channel === "status") this.#receiveStatus(store, ingest, parsed.address, payload);
    else ingest.take(parsed.address, topic, payload);
  }

  /** A gateway that comes back hears at once where it stands. */
  #receiveStatus(store: HqStore, ingest: Ingest, address: GatewayAddress, payload: Buffer): void {
    const status = gatewayStatusSchema.safeParse(parseJson(payload)).data;
    if (status === undefined || status.state === "offline") return;
    const { stream, session, head, state } = status;
    if (head !== undefined) ingest.alarm(store.keepHead(session, { stream, ...head }));
    if (state === "online") this.#sendReceipts(store, [store.know(stream, address)]);
  }

  #commit(store: HqStore, ingest: Ingest): void {
    this.#sendReceipts(store, ingest.commit());
  }

  #sendReceipts(store: HqStore, streams: Iterable<Stream>): void {
    const line = this.#line;
    if (line === undefined) return;
    for (const { stream, address, progress } of streams) {
      this.#receipts += 1;
      const { upTo } = progress;
      const hash = store.hashAt(stream, upTo);
      const told = hash === undefined ? {} : { hash };
      const receipt = { stream, upTo, ...told, missing: progress.missing(MAX_MISSING) };
      line.publish(receiptsTopic(address), JSON.stringify(receipt));
    }
  }
}

function isWillOfAnother(payload: Buffer, session: string): boolean {
  const status = hqStatusSchema.safeParse(parseJson(payload)).data;
  return status?.state === "offline" && status.session !== session;
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch {
    return undefined;
  }
}
