import { type GatewayAddress, retainedTopic } from "../contract/topics.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Connection } from "./connection.ts";
import { hex } from "./failure.ts";
import { encodeProperties } from "./publish-packet.ts";
import type { RetainedState } from "./retained-state.ts";

export interface StatePublisherOptions {
  readonly address: GatewayAddress;
  readonly states: readonly RetainedState[];
  /** ms between two looks for a change. */
  readonly lookEveryMs: number;
}

/** Of one state in one session. */
interface Course {
  readonly state: RetainedState;
  /** ms, monotonic. */
  publishedAt: number;
  fingerprint: string | undefined;
  /** Until the broker has taken the last one the next waits: only the newest is worth sending. */
  isUnderWay: boolean;
}

/** PUBACK reason codes from here on are refusals (MQTT 5, 2.4). */
const FIRST_REFUSAL = 0x80;
/** Bytes of a PUBLISH beside topic and payload: header, lengths, identifier, properties. */
const PUBLISH_OVERHEAD = 64;
const PROPERTIES = encodeProperties({ contentType: "application/json" });

/** Keeps what stands retained at the broker true: at the beginning of a session, at each change, and now and then. */
export class StatePublisher {
  readonly #options: StatePublisherOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly counters = { statesPublished: 0, statesRefused: 0 };
  /** What was said aloud, so that it is said once. */
  readonly #said = new Set<string>();

  constructor(options: StatePublisherOptions, clock: Clock, log: Log) {
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
  }

  /** Until the connection ends or the signal fires. */
  async serve(connection: Connection, signal: AbortSignal): Promise<void> {
    const courses = this.#options.states.map((state): Course => ({
      state,
      publishedAt: 0,
      fingerprint: undefined,
      isUnderWay: false,
    }));
    const look = (): void => {
      for (const course of courses) this.#guarded(course, connection);
    };
    look();
    await connection.every(this.#options.lookEveryMs, signal, look);
  }

  /** A state that cannot be told must not end the line for all that can. */
  #guarded(course: Course, connection: Connection): void {
    try {
      this.#publishIfDue(course, connection);
    } catch (error) {
      this.#say(course, "uplink.state-failed", { error });
    }
  }

  #publishIfDue(course: Course, connection: Connection): void {
    const { state } = course;
    if (course.isUnderWay) return;
    const now = this.#clock.monotonicMs();
    const fingerprint = state.fingerprint();
    if (fingerprint === course.fingerprint && now - course.publishedAt < state.repeatEveryMs) return;
    const payload = state.current();
    if (payload === undefined) return;
    course.fingerprint = fingerprint;
    course.publishedAt = now;
    const topic = retainedTopic(this.#options.address, state.topic);
    if (Buffer.byteLength(payload) + topic.length + PUBLISH_OVERHEAD > connection.maximumPacketSize) {
      this.#say(course, "uplink.state-too-large", { limit: connection.maximumPacketSize });
      return;
    }
    course.isUnderWay = true;
    this.counters.statesPublished += 1;
    connection.publish(
      { topic, payload, retain: true, properties: PROPERTIES },
      (code) => {
        course.isUnderWay = false;
        if (code < FIRST_REFUSAL) return;
        this.counters.statesRefused += 1;
        this.#say(course, "uplink.state-refused", { code: hex(code) });
      },
      "ahead",
    );
  }

  #say({ state: { topic } }: Course, event: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#said.has(`${event} ${topic}`)) return;
    this.#said.add(`${event} ${topic}`);
    this.#log.warn(event, { topic, ...fields });
  }
}
