import type { Receipt } from "../contract/receipt.ts";
import { type GatewayAddress, type RecordChannel, recordTopic } from "../contract/topics.ts";
import { assertNever } from "../domain/assert-never.ts";
import { type RecordKind, seq } from "../domain/record.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Task } from "../runtime/task.ts";
import type { Connection } from "./connection.ts";
import { step } from "./delivery.ts";
import { DeliveryReport } from "./delivery-report.ts";
import {
  type Acknowledgement,
  type DeliveryEffect,
  type DeliveryInput,
  type DeliveryRules,
  type DeliveryState,
  initialDelivery,
} from "./delivery-state.ts";
import type { Outbox, OutboxRow } from "./outbox.ts";
import { encodeProperties } from "./publish-packet.ts";

export interface PumpOptions {
  readonly address: GatewayAddress;
  readonly rules: DeliveryRules;
  readonly userProperties: boolean;
  /** ms between two ticks of delivery while there is a session. */
  readonly tickMs: number;
}

export interface PumpDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** Called whenever the mark moves; makes it durable in its own time. */
  readonly confirm: (upTo: number) => void;
}

/** ms. A lost wake-up would hold a record back for so long. */
const APPEND_POLL_MS = 5_000;
/** Stands for the broker's answer where its limit is known: "packet too large" (MQTT 5, 2.4). */
const PACKET_TOO_LARGE = 0x95;
/** Bytes of a PUBLISH beside topic and payload: header, lengths, identifier, properties. */
const PUBLISH_OVERHEAD = 256;
const CONTENT_TYPE = "application/json";
const PLAIN = encodeProperties({ contentType: CONTENT_TYPE });

type Untimed<T> = T extends unknown ? Omit<T, "at"> : never;

/** Moves records from the ledger to the session: carries out what delivery decides, and tells it what came of it. */
export class Pump implements Task {
  readonly name = "uplink pump";
  readonly #options: PumpOptions;
  readonly #deps: PumpDeps;
  readonly #report: DeliveryReport;
  readonly #topics: Readonly<Record<RecordChannel, Map<RecordKind, string>>> = {
    records: new Map(),
    replay: new Map(),
  };
  #delivery: DeliveryState;
  #connection: Connection | undefined;
  #acks: Acknowledgement[] = [];
  #reading: Promise<void> = Promise.resolve();

  constructor(options: PumpOptions, deps: PumpDeps) {
    const { outbox, clock } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#report = new DeliveryReport(clock, deps.log);
    this.#delivery = initialDelivery(options.rules, outbox.mark(), outbox.durable, clock.monotonicMs());
  }

  /** Follows the ledger's growth. */
  async run(signal: AbortSignal): Promise<void> {
    const { outbox } = this.#deps;
    using appends = outbox.listen();
    while (!signal.aborted) {
      const head = outbox.durable;
      if (head > this.#delivery.head) this.#take({ type: "appended", head });
      await appends.wait(APPEND_POLL_MS, signal);
    }
    await this.#reading;
  }

  /** Drains into this connection until it ends or the signal fires. */
  async serve(connection: Connection, signal: AbortSignal): Promise<void> {
    this.#connection = connection;
    this.#take({ type: "sessionOpened", receiveMaximum: connection.receiveMaximum });
    const ticking = setInterval(() => this.#take({ type: "tick" }), this.#options.tickMs);
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    await Promise.race([connection.ended, stopped.promise]);
    signal.removeEventListener("abort", stop);
    clearInterval(ticking);
    this.#connection = undefined;
    this.#acks = [];
    this.#take({ type: "sessionLost" });
  }

  takeReceipt(receipt: Receipt): void {
    this.#report.counters.receipts += 1;
    this.#take({ type: "receipt", receipt });
  }

  /** @param session  Headquarters' session while it is online. */
  takeHqStatus(session: string | undefined): void {
    this.#take({ type: "hq", session });
  }

  /** Records in the ledger that nothing has confirmed. */
  get unconfirmed(): number {
    return Math.max(0, this.#deps.outbox.durable - this.#delivery.mark);
  }

  get hqOnline(): boolean {
    return this.#delivery.hq !== undefined;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#report.counters };
  }

  #take(input: Untimed<DeliveryInput>): void {
    const { state, effects } = step(this.#delivery, { ...input, at: this.#deps.clock.monotonicMs() });
    this.#delivery = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: DeliveryEffect): void {
    switch (effect.do) {
      case "send":
        this.#send(effect.row, effect.channel);
        return;
      case "ask":
        this.#reading = this.#read(effect.from, effect.limit);
        return;
      case "confirm":
        this.#deps.confirm(effect.upTo);
        return;
      case "note":
        this.#report.note(effect.note);
        return;
      default:
        assertNever(effect);
    }
  }

  #send(row: OutboxRow, channel: RecordChannel): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const topic = this.#topic(channel, row.kind);
    const size = Buffer.byteLength(row.envelope) + topic.length + PUBLISH_OVERHEAD;
    if (size > connection.maximumPacketSize) {
      this.#acknowledge({ seq: row.seq, code: PACKET_TOO_LARGE });
      return;
    }
    this.#report.counters.recordsSent += 1;
    const properties = this.#options.userProperties ? this.#keyed(row) : PLAIN;
    connection.publish({ topic, payload: row.envelope, retain: false, properties }, (code) => {
      if (this.#connection !== connection) return;
      this.#report.counters.recordsAcknowledged += 1;
      this.#acknowledge({ seq: row.seq, code });
    });
  }

  /** PUBACKs come many in one chunk of bytes: delivery hears of them together. */
  #acknowledge(ack: Acknowledgement): void {
    this.#acks.push(ack);
    if (this.#acks.length > 1) return;
    queueMicrotask(() => {
      const acks = this.#acks;
      this.#acks = [];
      if (acks.length > 0) this.#take({ type: "acked", acks });
    });
  }

  async #read(from: number, limit: number): Promise<void> {
    let rows: readonly OutboxRow[] = [];
    try {
      rows = await this.#deps.outbox.page(seq(from), limit);
    } catch (error) {
      this.#report.readFailed(error);
    }
    this.#take({ type: "rows", rows });
  }

  #topic(channel: RecordChannel, kind: RecordKind): string {
    let topic = this.#topics[channel].get(kind);
    if (topic === undefined) {
      topic = recordTopic(this.#options.address, channel, kind);
      this.#topics[channel].set(kind, topic);
    }
    return topic;
  }

  #keyed({ seq: position, kind }: OutboxRow): Uint8Array {
    const userProperties = { stream: this.#options.rules.stream, seq: String(position), kind };
    return encodeProperties({ contentType: CONTENT_TYPE, userProperties });
  }
}
