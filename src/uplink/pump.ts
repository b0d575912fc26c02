import type { Receipt } from "../contract/receipt.ts";
import { type GatewayAddress, type RecordChannel, recordTopic } from "../contract/topics.ts";
import { assertNever } from "../domain/assert-never.ts";
import type { ParkedRecord } from "../domain/parked-records.ts";
import { type RecordKind, type Seq, seq } from "../domain/record.ts";
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
import { type DrainForecast, forecast, NO_SAMPLES, sampleDrain } from "./drain-rate.ts";
import type { Outbox, OutboxRow } from "./outbox.ts";
import { ParkedDesk, type Parking } from "./parked-desk.ts";
import { PACKET_TOO_LARGE } from "./parking.ts";
import { encodeProperties } from "./publish-packet.ts";
import { ReceiptCheck } from "./receipt-check.ts";

export interface PumpOptions {
  readonly address: GatewayAddress;
  readonly rules: DeliveryRules;
  readonly userProperties: boolean;
  /** Bytes of one packet, where the broker does not say itself what it takes. */
  readonly maximumPacketBytes?: number;
  /** ms between two ticks of delivery while there is a session. */
  readonly tickMs: number;
}

export interface PumpDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** Called whenever the mark moves; makes it durable in its own time. */
  readonly confirm: (upTo: number) => void;
  /** Called when the mark has gone back. */
  readonly regress: (upTo: number) => void;
  /** Headquarters holds this much of the stream, which is more than the ledger does. */
  readonly behindHq?: (upTo: Seq) => void;
  /** Headquarters holds another record under this key than the ledger does. */
  readonly differsFromHq?: (at: Seq) => void;
}

/** ms. A lost wake-up would hold a record back for so long. */
const APPEND_POLL_MS = 5_000;
/** Bytes of a PUBLISH beside topic, properties and payload, at most: fixed header, topic's length, packet identifier. */
const PUBLISH_OVERHEAD = 5 + 2 + 2;
const CONTENT_TYPE = "application/json";
const PLAIN = encodeProperties({ contentType: CONTENT_TYPE });

type Untimed<T> = T extends unknown ? Omit<T, "at"> : never;

/** Moves records from the ledger to the session: carries out what delivery decides, and tells it what came of it. */
export class Pump implements Task {
  readonly name = "uplink pump";
  readonly #options: PumpOptions;
  readonly #deps: PumpDeps;
  readonly #report: DeliveryReport;
  readonly #desk: ParkedDesk;
  readonly #receipts: ReceiptCheck;
  readonly #topics: Readonly<Record<RecordChannel, Map<RecordKind, string>>> = {
    records: new Map(),
    replay: new Map(),
  };
  #delivery: DeliveryState;
  #connection: Connection | undefined;
  #acks: Acknowledgement[] = [];
  #reading: Promise<void> = Promise.resolve();
  readonly #remembered = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  /** Gap records under way to the ledger. */
  readonly #writing = new Set<Promise<void>>();
  #drainRate = NO_SAMPLES;

  constructor(options: PumpOptions, deps: PumpDeps) {
    const { outbox, clock } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#report = new DeliveryReport(clock, deps.log);
    this.#desk = new ParkedDesk({
      outbox,
      clock,
      failed: (error) => this.#report.gapNotWritten(error),
    });
    this.#receipts = new ReceiptCheck({
      outbox,
      accept: (receipt) => this.#take({ type: "receipt", receipt }),
      differs: (at) => {
        this.#report.receiptDiffers(at);
        deps.differsFromHq?.(at);
      },
      failed: (error) => this.#report.readFailed(error),
    });
    this.#delivery = initialDelivery(options.rules, outbox.mark(), outbox.durable, clock.monotonicMs());
  }

  /** Follows the ledger's growth. */
  async run(signal: AbortSignal): Promise<void> {
    const { outbox } = this.#deps;
    using appends = outbox.listen();
    this.#take({ type: "remembered", remembered: await this.#desk.remember() });
    this.#remembered.resolve();
    while (!signal.aborted) {
      const head = outbox.durable;
      if (head > this.#delivery.head) this.#take({ type: "appended", head });
      await this.#desk.saveWhenDue(this.#delivery.mark);
      await appends.wait(APPEND_POLL_MS, signal);
    }
    this.#over.abort(signal.reason);
    await Promise.all([this.#reading, this.#receipts.idle(), ...this.#writing]);
    await this.#desk.save(this.#delivery.mark);
  }

  /** Drains into this connection until it ends or the signal fires. */
  async serve(connection: Connection, signal: AbortSignal): Promise<void> {
    const stopped = Promise.withResolvers<undefined>();
    const stop = (): void => stopped.resolve(undefined);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    // A record that breaks the line must not go because nobody has read yet that it is parked.
    await Promise.race([this.#remembered.promise, connection.ended, stopped.promise]);
    this.#connection = connection;
    this.#drainRate = NO_SAMPLES;
    this.#take({ type: "sessionOpened", receiveMaximum: connection.receiveMaximum });
    const ticking = setInterval(() => this.#tick(), this.#options.tickMs);
    const failure = await Promise.race([connection.ended, stopped.promise]);
    signal.removeEventListener("abort", stop);
    clearInterval(ticking);
    this.#connection = undefined;
    this.#acks = [];
    this.#take({ type: "sessionLost", byBroker: failure?.byBroker === true });
  }

  takeReceipt(receipt: Receipt): void {
    this.#report.counters.receipts += 1;
    this.#receipts.take(receipt);
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

  /** What the broker cannot be given. */
  parked(): readonly ParkedRecord[] {
    return this.#desk.list();
  }

  /**
   * Sends a parked record after all.
   *
   * @returns false when it is not parked.
   * @throws LedgerError when that cannot be recorded.
   */
  async resend(position: number): Promise<boolean> {
    if (!(await this.#desk.release(position))) return false;
    this.#take({ type: "released", seq: position });
    return true;
  }

  /** How fast it drains, and when it will be done. */
  get drain(): DrainForecast {
    return forecast(this.#drainRate, this.#standing());
  }

  /** @param ms  That the acquirer took to answer a sale: a backlog yields when that grows. */
  noteAcquirerRoundTrip(ms: number): void {
    this.#take({ type: "acquirer", ms });
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#report.counters };
  }

  #tick(): void {
    this.#take({ type: "tick" });
    this.#drainRate = sampleDrain(this.#drainRate, this.#standing());
  }

  #standing() {
    return { at: this.#deps.clock.monotonicMs(), mark: this.#delivery.mark, head: this.#deps.outbox.durable };
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
      case "regress":
        this.#deps.regress(effect.upTo);
        return;
      case "park":
        this.#write(async () => this.#park(effect));
        return;
      case "declareUnavailable":
        this.#write(async () => this.#declareUnavailable(effect.from, effect.to));
        return;
      case "note":
        this.#report.note(effect.note);
        if (effect.note.what === "receiptBeyondHead") this.#deps.behindHq?.(seq(effect.note.upTo));
        return;
      default:
        assertNever(effect);
    }
  }

  #send(row: OutboxRow, channel: RecordChannel): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    const topic = this.#topic(channel, row.kind);
    const properties = this.#options.userProperties ? this.#keyed(row) : PLAIN;
    const size = Buffer.byteLength(row.envelope) + topic.length + properties.length + PUBLISH_OVERHEAD;
    if (size > Math.min(connection.maximumPacketSize, this.#options.maximumPacketBytes ?? Infinity)) {
      this.#acknowledge({ seq: row.seq, code: PACKET_TOO_LARGE, row });
      return;
    }
    this.#report.counters.recordsSent += 1;
    connection.publish({ topic, payload: row.envelope, retain: false, properties }, (code) => {
      if (this.#connection !== connection) return;
      this.#report.counters.recordsAcknowledged += 1;
      this.#acknowledge({ seq: row.seq, code, row });
    });
  }

  #write(work: () => Promise<void>): void {
    const writing = work().finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  async #park(parking: Parking): Promise<void> {
    this.#report.parked(parking.seq, parking.reason, parking.code);
    const gap = await this.#desk.park(parking, this.#over.signal);
    if (gap !== undefined) this.#take({ type: "parked", seq: parking.seq, gap });
  }

  async #declareUnavailable(from: number, to: number): Promise<void> {
    const gap = await this.#desk.declareUnavailable(from, to, this.#over.signal);
    if (gap !== undefined) this.#take({ type: "unavailable", to, gap });
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
      rows = await this.#deps.outbox.page(seq(from), limit, true);
    } catch (error) {
      this.#report.readFailed(error);
    }
    this.#take({ type: "rows", rows, first: this.#deps.outbox.first });
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
