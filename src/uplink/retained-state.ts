import type { RetainedTopic } from "../contract/topics.ts";

/** A state of the gateway whose newest text headquarters always finds retained. It never waits behind records. */
export interface RetainedState {
  readonly topic: RetainedTopic;
  /** ms after which it is published again although nothing has changed. */
  readonly repeatEveryMs: number;
  /** JSON as of now, cheap enough to be asked once a second; `undefined` while there is none. */
  current(): string | undefined;
  /** What tells a change from the passing of time: published at once when it differs. */
  fingerprint(): string;
}
