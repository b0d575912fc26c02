import type { GatewayStatus } from "../contract/gateway-status.ts";
import { hqStatusSchema } from "../contract/hq-status.ts";
import { receiptSchema } from "../contract/receipt.ts";
import { hqStatusTopic, receiptsTopic, statusTopic } from "../contract/topics.ts";
import type { ParkedRecord } from "../domain/parked-records.ts";
import type { RecordDraft, Seq } from "../domain/record.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { runStages } from "../runtime/stages.ts";
import type { Task } from "../runtime/task.ts";
import type { Connection, InboundMessage } from "./connection.ts";
import { type Dial, dialer } from "./dial.ts";
import type { DrainForecast } from "./drain-rate.ts";
import { parseMessage } from "./inbound.ts";
import { MarkKeeper } from "./mark-keeper.ts";
import { DEFAULT_TIMING, type UplinkOptions, type UplinkTiming } from "./options.ts";
import type { Outbox } from "./outbox.ts";
import { encodeProperties } from "./publish-packet.ts";
import { Pump } from "./pump.ts";
import type { RetainedState } from "./retained-state.ts";
import { Session, type SessionState } from "./session.ts";

export interface UplinkDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Of tillgate, for the birth message. */
  readonly version: string;
  /** Appends to the ledger. */
  readonly record: (draft: RecordDraft) => Promise<Seq>;
  /** Headquarters holds this much of the stream, which is more than the ledger does. Called at every receipt that says so. */
  readonly behindHq?: (upTo: Seq) => void;
  /** What headquarters finds retained beside the gateway's status. */
  readonly states?: readonly RetainedState[];
  /** How to reach the broker; by default as the options say. */
  readonly dial?: Dial;
}

export interface UplinkState extends SessionState {
  /** Records in the ledger that are not confirmed. */
  readonly unconfirmed: number;
  /** Headquarters says that it stores what comes; nothing is drained in `receipt` mode while it does not. */
  readonly hqOnline: boolean;
  /** What makes a record count as delivered. */
  readonly confirm: UplinkOptions["confirm"];
  readonly drain: DrainForecast;
}

/** The way to headquarters: drains the ledger over MQTT for as long as it runs. */
export interface Uplink extends Task {
  state(): UplinkState;
  /** Numbers since start, for /metrics. */
  counters(): Readonly<Record<string, number>>;
  /** Records that the broker cannot be given, the oldest first. */
  parked(): readonly ParkedRecord[];
  /**
   * Sends a parked record after all; when that fails again, it is parked again.
   *
   * @returns false when it is not parked.
   * @throws LedgerError when that cannot be recorded.
   */
  resend(position: number): Promise<boolean>;
  /** @param ms  That the acquirer took to answer a sale: while that grows, a backlog yields. */
  noteAcquirerRoundTrip(ms: number): void;
}

/**
 * @throws TypeError for a URL that is no broker's.
 */
export function createUplink(options: UplinkOptions, deps: UplinkDeps): Uplink {
  return new LedgerUplink(options, deps);
}

class LedgerUplink implements Uplink {
  readonly name = "uplink";
  readonly #options: UplinkOptions;
  readonly #deps: UplinkDeps;
  readonly #timing: UplinkTiming;
  readonly #mark: MarkKeeper;
  readonly #pump: Pump;
  readonly #session: Session;
  /** Headquarters' session as it last said to be online. */
  #hqSession: string | undefined;
  #messagesIgnored = 0;

  constructor(options: UplinkOptions, deps: UplinkDeps) {
    const { outbox, clock, log } = deps;
    const timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#options = options;
    this.#deps = deps;
    this.#timing = timing;
    this.#mark = new MarkKeeper(outbox, clock, log);
    this.#pump = new Pump(
      {
        address: options.address,
        userProperties: options.userProperties,
        tickMs: timing.tickMs,
        rules: {
          stream: outbox.stream,
          confirm: options.confirm,
          window: options.window,
          unreceiptedMax: options.unreceiptedMax,
          receiptDeadlineMs: options.receiptDeadlineMs,
          missingGraceMs: timing.missingGraceMs,
          rate: { perS: options.ratePerS, burst: options.burst },
          drainControl: options.drainControl,
        },
        ...(options.maximumPacketBytes === undefined ? {} : { maximumPacketBytes: options.maximumPacketBytes }),
      },
      {
        outbox,
        clock,
        log,
        confirm: (upTo) => this.#mark.confirm(upTo),
        regress: (upTo) => this.#mark.regress(upTo),
        record: deps.record,
        ...(deps.behindHq === undefined ? {} : { behindHq: deps.behindHq }),
      },
    );
    this.#session = new Session(options, {
      clock,
      log,
      random: deps.random,
      timing,
      dial: deps.dial ?? dialer(options.url, options.tls),
      onMessage: (message) => this.#receive(message),
      serve: async (connection, session, signal) => this.#serve(connection, session, signal),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await runStages([{ tasks: [this.#mark] }, { tasks: [this.#pump] }, { tasks: [this.#session] }], signal);
  }

  state(): UplinkState {
    const { unconfirmed, hqOnline, drain } = this.#pump;
    return { ...this.#session.state(), unconfirmed, hqOnline, confirm: this.#options.confirm, drain };
  }

  parked(): readonly ParkedRecord[] {
    return this.#pump.parked();
  }

  async resend(position: number): Promise<boolean> {
    return this.#pump.resend(position);
  }

  noteAcquirerRoundTrip(ms: number): void {
    this.#pump.noteAcquirerRoundTrip(ms);
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#session.counters(), ...this.#pump.counters(), messagesIgnored: this.#messagesIgnored };
  }

  async #serve(connection: Connection, session: string, signal: AbortSignal): Promise<void> {
    const { address } = this.#options;
    const refusal = await connection.subscribe([receiptsTopic(address), hqStatusTopic(address.tenant)]);
    if (refusal !== undefined) {
      connection.drop(refusal);
      return;
    }
    connection.publish(this.#statusMessage("online", session), () => undefined);
    await this.#pump.serve(connection, signal);
    if (signal.aborted) await this.#sayGoodbye(connection, session);
  }

  async #sayGoodbye(connection: Connection, session: string): Promise<void> {
    const { leaveWithinMs } = this.#timing;
    const heard = Promise.withResolvers<void>();
    const deadline = setTimeout(() => heard.resolve(), leaveWithinMs);
    connection.publish(this.#statusMessage("stopping", session), () => heard.resolve());
    await Promise.race([heard.promise, connection.ended]);
    clearTimeout(deadline);
    await connection.leave(leaveWithinMs);
  }

  #statusMessage(state: "online" | "stopping", session: string) {
    const { outbox, clock, version } = this.#deps;
    const status: GatewayStatus = { state, session, stream: outbox.stream, at: rfc3339(clock.now()), version };
    const properties = encodeProperties({ contentType: "application/json" });
    return { topic: statusTopic(this.#options.address), payload: JSON.stringify(status), retain: true, properties };
  }

  #receive({ topic, payload }: InboundMessage): void {
    const { address } = this.#options;
    if (topic === receiptsTopic(address)) {
      const receipt = parseMessage(receiptSchema, payload);
      if (receipt === undefined) this.#ignore(topic);
      else this.#pump.takeReceipt(receipt);
    } else if (topic === hqStatusTopic(address.tenant)) {
      this.#receiveHqStatus(topic, payload);
    } else {
      this.#ignore(topic);
    }
  }

  #receiveHqStatus(topic: string, payload: Buffer): void {
    const status = parseMessage(hqStatusSchema, payload);
    if (status === undefined) {
      this.#ignore(topic);
    } else if (status.state === "online") {
      this.#hqSession = status.session;
      this.#pump.takeHqStatus(status.session);
    } else if (this.#hqSession === undefined || status.session === this.#hqSession) {
      this.#pump.takeHqStatus(undefined);
    }
    // Any other `offline` is the will of a session that a newer one has replaced.
  }

  #ignore(topic: string): void {
    this.#messagesIgnored += 1;
    this.#deps.log.debug("uplink.message-ignored", { topic });
  }
}
