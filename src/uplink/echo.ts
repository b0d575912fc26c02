import type { Echo } from "../contract/echo.ts";
import { echoTopic, type GatewayAddress } from "../contract/topics.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Connection } from "./connection.ts";
import { hex } from "./failure.ts";
import { encodeProperties } from "./publish-packet.ts";

export interface EchoOptions {
  readonly address: GatewayAddress;
  readonly everyMs: number;
  /** A session that ends sooner after its first echo was ended for it. */
  readonly closesWithinMs: number;
}

/** Echoes that may fail to come back before a session that has heard one is given up. */
const MISSED_MAX = 2;
/** PUBACK reason codes from here on are refusals (MQTT 5, 2.4). */
const FIRST_REFUSAL = 0x80;
/** Brokers may close instead of refusing. After this many sessions that ended so, no echo is said for a while. */
const SUSPICIONS_MAX = 2;
const SUSPENDED_MS = 3_600_000;
const PROPERTIES = encodeProperties({ contentType: "application/json" });

/** Of the present session. */
interface Course {
  readonly connection: Connection;
  readonly session: string;
  n: number;
  sentAt: number;
  wasAcknowledged: boolean;
  /** Of the echoes in a row. */
  missed: number;
  /** Once one has come back, the broker's rules allow it: silence is then the line's. */
  wasHeard: boolean;
  isRefused: boolean;
}

/**
 * Says something to itself by way of the broker once a minute. It finds what keepalive and PUBACK cannot: a broker that
 * takes and does not give. Where access rules forbid it, the session goes on without.
 */
export class EchoWatch {
  readonly #options: EchoOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly counters = { echoesSent: 0, echoesMissed: 0 };
  #course: Course | undefined;
  #roundTripMs: number | undefined;
  #suspicions = 0;
  #suspendedUntil = 0;
  #warned = false;

  constructor(options: EchoOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  /** ms. Of the newest echo that came back in this session. */
  get roundTripMs(): number | undefined {
    return this.#roundTripMs;
  }

  /** Until the connection ends or the signal fires. */
  async serve(connection: Connection, session: string, signal: AbortSignal): Promise<void> {
    if (this.#clock.monotonicMs() < this.#suspendedUntil) return;
    const course: Course = {
      connection,
      session,
      n: 0,
      sentAt: 0,
      wasAcknowledged: true,
      missed: 0,
      wasHeard: false,
      isRefused: false,
    };
    this.#course = course;
    this.#say(course);
    await connection.every(this.#options.everyMs, signal, () => this.#look(course));
    this.#course = undefined;
    this.#roundTripMs = undefined;
    if (signal.aborted) return;
    this.#suspicions = this.#wasPunished(course) ? this.#suspicions + 1 : 0;
    if (this.#suspicions >= SUSPICIONS_MAX) this.#suspend();
  }

  /** An echo has come. Those of another session, or late, say nothing about this one. */
  take({ session, n }: Echo): void {
    const course = this.#course;
    if (course === undefined || session !== course.session || n !== course.n) return;
    course.missed = 0;
    course.wasHeard = true;
    this.#warned = false;
    this.#roundTripMs = this.#clock.monotonicMs() - course.sentAt;
    course.connection.cameBack();
  }

  #look(course: Course): void {
    if (course.isRefused) return;
    // `missed` counts the one that is out; its return sets it back to 0.
    if (course.missed > 0) this.counters.echoesMissed += 1;
    if (course.missed >= MISSED_MAX && course.wasHeard) {
      const waitedMs = MISSED_MAX * this.#options.everyMs;
      course.connection.drop({ kind: "line", reason: `nothing came back from the broker for ${waitedMs} ms` });
      return;
    }
    if (course.missed >= MISSED_MAX) this.#warn("what is said on it does not come back");
    this.#say(course);
  }

  #say(course: Course): void {
    course.n += 1;
    course.missed += 1;
    course.sentAt = this.#clock.monotonicMs();
    course.wasAcknowledged = false;
    this.counters.echoesSent += 1;
    const payload = JSON.stringify({ session: course.session, n: course.n } satisfies Echo);
    const topic = echoTopic(this.#options.address);
    course.connection.publish(
      { topic, payload, retain: false, properties: PROPERTIES },
      (code) => {
        course.wasAcknowledged = true;
        if (code < FIRST_REFUSAL) return;
        course.isRefused = true;
        this.#warn(`the broker refuses what is said on it with code ${hex(code)}`);
      },
      "ahead",
    );
  }

  #wasPunished({ n, sentAt, wasAcknowledged }: Course): boolean {
    return n === 1 && !wasAcknowledged && this.#clock.monotonicMs() - sentAt < this.#options.closesWithinMs;
  }

  #suspend(): void {
    this.#suspendedUntil = this.#clock.monotonicMs() + SUSPENDED_MS;
    this.#suspicions = 0;
    this.#warn("the broker closes the connection when something is said on it");
  }

  /** Once, until an echo comes back again. */
  #warn(reason: string): void {
    if (this.#warned) return;
    this.#warned = true;
    const topic = echoTopic(this.#options.address);
    this.#log.warn("uplink.no-echo", {
      reason,
      accessRule: `this gateway may read and write ${topic}`,
      instead: "keepalive and acknowledgements",
    });
  }
}
