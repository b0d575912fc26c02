import { networkInterfaces } from "node:os";
import { hqStatusSchema } from "../contract/hq-status.ts";
import { receiptSchema } from "../contract/receipt.ts";
import { hqStatusTopic, receiptsTopic } from "../contract/topics.ts";
import type { IdentityShared, LinkRecord } from "../domain/link.ts";
import type { ParkedRecord } from "../domain/parked-records.ts";
import type { RecordDraft, Seq } from "../domain/record.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { type Route, sourceOf } from "../runtime/route.ts";
import type { RouteMove } from "../runtime/route-choice.ts";
import { RouteSelector } from "../runtime/route-selector.ts";
import { runStages } from "../runtime/stages.ts";
import type { Task } from "../runtime/task.ts";
import { canConnect } from "../runtime/tcp-probe.ts";
import type { Connection, InboundMessage } from "./connection.ts";
import { brokerEndpoint, type Dial, dialer } from "./dial.ts";
import type { DrainForecast } from "./drain-rate.ts";
import type { Failure } from "./failure.ts";
import { parseMessage } from "./inbound.ts";
import { MarkKeeper } from "./mark-keeper.ts";
import { DEFAULT_TIMING, type UplinkOptions, type UplinkTiming } from "./options.ts";
import type { Outbox } from "./outbox.ts";
import { Presence } from "./presence.ts";
import { Pump } from "./pump.ts";
import type { RetainedState } from "./retained-state.ts";
import { Session, type SessionState } from "./session.ts";
import { rulesThatFit } from "./rules-that-fit.ts";

export interface UplinkDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Of tillgate, for the birth message. */
  readonly version: string;
  /** Headquarters holds this much of the stream, which is more than the ledger does. Called at every receipt that says so. */
  readonly behindHq?: (upTo: Seq) => void;
  /** Headquarters holds another record under this key than the ledger does. Called at every receipt that shows it. */
  readonly differsFromHq?: (at: Seq) => void;
  /** What headquarters finds retained beside the gateway's status. */
  readonly states?: readonly RetainedState[];
  /** Takes what becomes of the line itself as a record. Without it, it stands in the journal only. */
  readonly record?: (draft: RecordDraft) => Promise<unknown>;
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
  /** ms. Of the newest echo that came back in the present session. */
  readonly echoMs: number | undefined;
  readonly routes: readonly string[];
  /** How often the session went over to another route. */
  readonly routeMoves: number;
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
  /** ms until the broker answered a ping over the present session; `undefined` when it did not, or there is none. */
  ping(withinMs: number, signal: AbortSignal): Promise<number | undefined>;
  /** Whoever watches the shop's lines has found one of them unusable, or usable again. Unknown names are ignored. */
  judgeRoute(route: string, usable: boolean): void;
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
  readonly #presence: Presence;
  readonly #routes: RouteSelector;
  readonly #session: Session;
  /** Headquarters' session as it last said to be online. */
  #hqSession: string | undefined;
  #messagesIgnored = 0;
  #identityAlarms = 0;

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
        rules: rulesThatFit({
          stream: outbox.stream,
          confirm: options.confirm,
          window: options.window,
          unreceiptedMax: options.unreceiptedMax,
          receiptDeadlineMs: options.receiptDeadlineMs,
          missingGraceMs: timing.missingGraceMs,
          rate: { perS: options.ratePerS, burst: options.burst },
          drainControl: options.drainControl,
        }),
        ...(options.maximumPacketBytes === undefined ? {} : { maximumPacketBytes: options.maximumPacketBytes }),
      },
      {
        outbox,
        clock,
        log,
        confirm: (upTo) => this.#mark.confirm(upTo),
        regress: (upTo) => this.#mark.regress(upTo),
        ...(deps.behindHq === undefined ? {} : { behindHq: deps.behindHq }),
        ...(deps.differsFromHq === undefined ? {} : { differsFromHq: deps.differsFromHq }),
      },
    );
    const { address, pubackDeadlineMs } = options;
    this.#presence = new Presence(
      { address, version: deps.version, states: deps.states ?? [], timing, pubackDeadlineMs },
      { outbox, clock, log, onShared: (record) => this.#noteShared(record) },
    );
    this.#routes = new RouteSelector(
      options.routes ?? [],
      {
        clock,
        probe: async (route, signal) => this.#canReachBroker(route, signal),
        onActive: () => this.#session.reroute(),
        onMoved: (move) => this.#noteMoved(move),
      },
      { probeEveryMs: timing.routeProbeMs, backupAtLeastMs: timing.routeBackupAtLeastMs },
    );
    this.#session = new Session(options, {
      clock,
      log,
      random: deps.random,
      timing,
      routes: this.#routes,
      identity: this.#presence.identity,
      dial: deps.dial ?? dialer(options.url, options.tls),
      onMessage: (message) => this.#receive(message),
      serve: async (connection, session, signal) => this.#serve(connection, session, signal),
      sayGoodbye: async (connection, session) => this.#sayGoodbye(connection, session),
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    await runStages(
      [{ tasks: [this.#mark] }, { tasks: [this.#pump] }, { tasks: [this.#session, this.#routes] }],
      signal,
    );
  }

  state(): UplinkState {
    const { unconfirmed, hqOnline, drain } = this.#pump;
    return {
      ...this.#session.state(),
      unconfirmed,
      hqOnline,
      confirm: this.#options.confirm,
      drain,
      echoMs: this.#presence.echoMs,
      routes: this.#routes.all.map(({ name }) => name),
      routeMoves: this.#routes.moves,
    };
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

  async ping(withinMs: number, signal: AbortSignal): Promise<number | undefined> {
    return this.#session.ping(withinMs, signal);
  }

  judgeRoute(route: string, usable: boolean): void {
    this.#routes.take({ type: "verdict", route, usable });
  }

  counters(): Readonly<Record<string, number>> {
    return {
      ...this.#session.counters(),
      ...this.#pump.counters(),
      ...this.#presence.counters(),
      messagesIgnored: this.#messagesIgnored,
      identityAlarms: this.#identityAlarms,
    };
  }

  async #serve(connection: Connection, session: string, signal: AbortSignal): Promise<void> {
    const { address } = this.#options;
    const mustHear = [receiptsTopic(address), hqStatusTopic(address.tenant)];
    const asking = Promise.all([connection.subscribe(mustHear), this.#presence.subscribe(connection)]);
    await Promise.race([asking, connection.endedOr(signal)]);
    if (signal.aborted) return;
    const [subscribed] = await asking;
    const refusal = subscribed.ok ? refusalOf(subscribed.refused) : subscribed.failure;
    if (refusal !== undefined) {
      connection.drop(refusal);
      return;
    }
    await this.#presence.begin(connection, session);
    await Promise.all([this.#pump.serve(connection, signal), this.#presence.serve(connection, session, signal)]);
  }

  async #sayGoodbye(connection: Connection, session: string): Promise<void> {
    const { leaveWithinMs } = this.#timing;
    const heard = Promise.withResolvers<void>();
    const deadline = setTimeout(() => heard.resolve(), leaveWithinMs);
    await this.#presence.sayGoodbye(connection, session, () => heard.resolve());
    await Promise.race([heard.promise, connection.ended]);
    clearTimeout(deadline);
    await connection.leave(leaveWithinMs);
  }

  async #canReachBroker(route: Route, signal: AbortSignal): Promise<boolean> {
    const endpoint = brokerEndpoint(this.#options.url);
    const source = sourceOf(route, endpoint.host, networkInterfaces());
    return source !== undefined && canConnect(endpoint, source, this.#options.connectTimeoutMs, signal);
  }

  #noteMoved({ from, to, because }: RouteMove): void {
    this.#deps.log.warn("uplink.route-changed", { from, to, because });
    this.#record({ event: "routeChanged", of: "uplink", from, to, because });
  }

  #noteShared(record: IdentityShared): void {
    const { evidence, otherSession } = record;
    this.#identityAlarms += 1;
    this.#deps.log.error("uplink.identity-shared", {
      reason: "another gateway uses this identity: a copied card, or two configs with the same names",
      evidence,
      ...(otherSession === undefined ? {} : { otherSession }),
    });
    this.#record(record);
  }

  #record(body: LinkRecord): void {
    const { record, log } = this.#deps;
    record?.({ kind: "link", body }).catch((error: unknown) => {
      log.error("uplink.not-recorded", { event: body.event, error });
    });
  }

  #receive(message: InboundMessage): void {
    const { address } = this.#options;
    const { topic, payload } = message;
    if (topic === receiptsTopic(address)) {
      const receipt = parseMessage(receiptSchema, payload);
      if (receipt === undefined) this.#ignore(topic);
      else this.#pump.takeReceipt(receipt);
    } else if (topic === hqStatusTopic(address.tenant)) {
      this.#receiveHqStatus(topic, payload);
    } else if (!this.#presence.receive(message)) {
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

function refusalOf(topics: readonly string[]): Failure | undefined {
  if (topics.length === 0) return undefined;
  const reason = `the broker refuses the subscription to ${topics.join(", ")}; see its access rules`;
  return { kind: "identity", reason };
}
