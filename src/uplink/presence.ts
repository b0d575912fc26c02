import { echoSchema } from "../contract/echo.ts";
import { gatewayStatusSchema } from "../contract/gateway-status.ts";
import { echoTopic, type GatewayAddress, statusTopic } from "../contract/topics.ts";
import type { IdentityShared } from "../domain/link.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Connection, InboundMessage } from "./connection.ts";
import { EchoWatch } from "./echo.ts";
import { IdentityWatch } from "./identity-watch.ts";
import { parseMessage } from "./inbound.ts";
import type { UplinkTiming } from "./options.ts";
import type { Outbox } from "./outbox.ts";
import type { RetainedState } from "./retained-state.ts";
import { StatePublisher } from "./state-publisher.ts";
import { StatusVoice } from "./status.ts";

export interface PresenceOptions {
  readonly address: GatewayAddress;
  /** Of tillgate. */
  readonly version: string;
  readonly states: readonly RetainedState[];
  readonly timing: UplinkTiming;
  readonly pubackDeadlineMs: number;
}

export interface PresenceDeps {
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** Another gateway uses this one's identity: once for each episode. */
  readonly onShared: (record: IdentityShared) => void;
}

/** A broker that answers two subscriptions to our own topics in a row with nothing or the end is asked without them. */
const UNANSWERED_MAX = 2;

/** What the gateway says of itself, and what it hears of itself by way of the broker. */
export class Presence {
  readonly identity: IdentityWatch;
  readonly #options: PresenceOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #status: StatusVoice;
  readonly #states: StatePublisher;
  readonly #echo: EchoWatch;
  /** Of subscriptions to our own topics, in a row. */
  #unanswered = 0;
  #hearsEcho = false;

  constructor(options: PresenceOptions, { outbox, clock, log, onShared }: PresenceDeps) {
    const { address, version, states, timing, pubackDeadlineMs } = options;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    this.identity = new IdentityWatch({ calmMs: timing.sharedCalmMs, onShared });
    this.#status = new StatusVoice({ address, version, outbox, clock, log });
    this.#states = new StatePublisher({ address, states, lookEveryMs: timing.stateLookMs }, clock, log);
    this.#echo = new EchoWatch(
      { address, everyMs: timing.echoEveryMs, closesWithinMs: pubackDeadlineMs / 2 },
      clock,
      log,
    );
  }

  /** ms. Of the newest echo that came back in the present session. */
  get echoMs(): number | undefined {
    return this.#echo.roundTripMs;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#echo.counters, ...this.#states.counters };
  }

  /**
   * Asks to hear our own topics. A broker may forbid it, or close for being asked: the session then does without. Resolves
   * when that is clear. Under the conditions of {@link Connection.subscribe}.
   */
  async subscribe(connection: Connection): Promise<void> {
    this.#hearsEcho = false;
    if (this.#unanswered >= UNANSWERED_MAX) {
      this.#unanswered = 0;
      this.#log.warn("uplink.hears-not-itself", {
        reason: "the broker does not answer, or closes, when this gateway subscribes to its own topics",
        accessRule: `this gateway may read ${this.#topics.join(" and ")}`,
      });
      return;
    }
    const subscribed = await connection.subscribe(this.#topics);
    this.#unanswered = subscribed.ok ? 0 : this.#unanswered + 1;
    if (!subscribed.ok) return;
    const [, echo] = this.#topics;
    this.#hearsEcho = !subscribed.refused.includes(echo);
    if (subscribed.refused.length === 0) return;
    this.#log.warn("uplink.hears-not-itself", {
      reason: "the broker refuses the subscription",
      accessRule: `this gateway may read ${subscribed.refused.join(" and ")}`,
    });
  }

  /** The birth: before anything else is said. */
  async begin(connection: Connection, session: string): Promise<void> {
    await this.#status.say("online", connection, session, () => this.identity.born());
  }

  /** The states, the chain's head and the echo, until the connection ends or the signal fires. */
  async serve(connection: Connection, session: string, signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#states.serve(connection, signal),
      this.#status.repeat(this.#options.timing.statusRepeatMs, connection, session, signal),
      ...(this.#hearsEcho ? [this.#echo.serve(connection, session, signal)] : []),
    ]);
  }

  /** @param heard  Called when the broker has it. */
  async sayGoodbye(connection: Connection, session: string, heard: () => void): Promise<void> {
    await this.#status.say("stopping", connection, session, heard);
  }

  /** @returns false for a message that is none of ours, or not what it should be. */
  receive({ topic, payload }: InboundMessage): boolean {
    const [status, echo] = this.#topics;
    if (topic === status) {
      const said = parseMessage(gatewayStatusSchema, payload);
      if (said !== undefined) this.identity.seen(said.session, this.#clock.monotonicMs());
      return said !== undefined;
    }
    if (topic !== echo) return false;
    const said = parseMessage(echoSchema, payload);
    if (said !== undefined) this.#echo.take(said);
    return said !== undefined;
  }

  get #topics(): readonly [status: string, echo: string] {
    return [statusTopic(this.#options.address), echoTopic(this.#options.address)];
  }
}
