import type { z } from "zod";
import type { exposureSchema } from "./contract/exposure.ts";
import type { Moment } from "./domain/clock.ts";
import { type Exposure, MEASURES, SIDES } from "./domain/exposure.ts";
import type { Seq, StreamId } from "./domain/record.ts";
import type { ExposureState } from "./exposure/state.ts";
import { exposureAt } from "./exposure/view.ts";
import type { MetricReading } from "./http/metrics-catalogue.ts";
import type { Running } from "./reducer-runner.ts";
import { type Clock, rfc3339 } from "./runtime/clock.ts";
import type { RetainedState } from "./uplink/retained-state.ts";

export type ExposureMessage = z.input<typeof exposureSchema>;

interface LedgerPosition {
  readonly stream: StreamId;
  readonly durable: Seq;
  mark(): Seq;
}

const REPEAT_EVERY_MS = 60_000;
/** While no record comes only ages change: adding up some thousand transactions for them can wait so long. ms. */
const FRESH_MS = 5_000;
const SHOWN = [...MEASURES, "unreported", "parked"] as const;
/** What is published at once when it changes. The others change with every sale and wait for the next minute. */
const URGENT = ["inDoubt", "reversalAbandoned", "notUploaded", "unbalanced", "parked"] as const;

/** Money at risk as it was added up last. */
interface Added {
  readonly now: Exposure;
  readonly at: Moment;
  /** What it was added up from. */
  readonly of: string;
}

interface Unknown {
  /** In words for a technician. */
  readonly unknownBecause: string;
}

/** Money at risk in all the forms in which it is told. */
export class ExposureReport {
  readonly #running: Running<ExposureState>;
  readonly #ledger: LedgerPosition;
  readonly #clock: Clock;
  #added: Added | undefined;

  constructor(running: Running<ExposureState>, ledger: LedgerPosition, clock: Clock) {
    this.#running = running;
    this.#ledger = ledger;
    this.#clock = clock;
  }

  /** For the API. `unknownBecause` until the ledger has been read, and after a fault of ours. */
  message(): ExposureMessage | Unknown {
    const facts = this.facts();
    if (!("now" in facts)) return facts;
    const { from } = this.#running;
    return {
      asOf: rfc3339(facts.at.at),
      clockSynced: facts.at.clock.synced,
      stream: this.#ledger.stream,
      ...(from > 1 ? { countsFrom: from } : {}),
      ...facts.now,
    };
  }

  facts(): Added | Unknown {
    const state = this.#running.present();
    if (state === undefined) {
      const { failure } = this.#running;
      const unknownBecause =
        failure === undefined
          ? "the ledger is still being read"
          : `a fault of tillgate's, please report it: ${failure}`;
      return { unknownBecause };
    }
    const at = { at: this.#clock.now(), clock: this.#clock.stamp() };
    const present = { now: at, head: this.#ledger.durable, mark: this.#ledger.mark() };
    const of = `${state.upTo} ${present.head} ${present.mark} ${at.clock.synced}`;
    const ageMs = at.clock.monotonicMs - (this.#added?.at.clock.monotonicMs ?? 0);
    if (this.#added?.of !== of || ageMs >= FRESH_MS) this.#added = { now: exposureAt(state, present), at, of };
    return this.#added;
  }

  retained(): RetainedState {
    return {
      topic: "exposure",
      repeatEveryMs: REPEAT_EVERY_MS,
      current: () => {
        const message = this.message();
        return "unknownBecause" in message ? undefined : JSON.stringify(message);
      },
      fingerprint: () => fingerprintOf(this.facts()),
    };
  }

  readings(): readonly MetricReading[] {
    const facts = this.facts();
    return "now" in facts ? readingsOf(facts.now) : [];
  }
}

function fingerprintOf(facts: Added | Unknown): string {
  if (!("now" in facts)) return "";
  const { now } = facts;
  const urgent = URGENT.map((measure) => [now[measure].count, now[measure].sums]);
  return JSON.stringify([urgent, now.unsettled.count > 0, now.unreported.records > 0]);
}

function readingsOf(now: Exposure): readonly MetricReading[] {
  const readings: MetricReading[] = [];
  for (const measure of SHOWN) {
    const { sums, oldestAgeS } = now[measure];
    for (const { terminal = "", currency, count, ...amounts } of sums) {
      const labels = { measure, terminal, currency };
      readings.push({ name: "tillgate_exposure_items", value: count, labels });
      for (const side of SIDES) {
        const value = amounts[side];
        if (value > 0) readings.push({ name: "tillgate_exposure_amount_minor", value, labels: { ...labels, side } });
      }
    }
    if (oldestAgeS === undefined) continue;
    readings.push({ name: "tillgate_exposure_oldest_seconds", value: oldestAgeS, labels: { measure } });
  }
  return readings;
}
