import { drawWeighted, type Weighted } from "../weighted.ts";
import { codedCourse } from "./amount-code.ts";
import { type Course, PLAIN_COURSE } from "./course.ts";
import { type HostRequest, isMoneyKind, type RequestKind } from "./request.ts";

/** Told in advance for the next request, or the next `times`, that fits. */
export interface Step extends Partial<Omit<Course, "released">> {
  /** Which requests it is for; `money` (the default) is every transaction, but not reversals or management. */
  readonly on?: RequestKind | "money";
  readonly de41?: string;
  /** How often it applies. Default 1; `Infinity` for good. */
  readonly times?: number;
  /** The answer waits until `release()` of the planned step is called. */
  readonly held?: boolean;
}

export interface PlannedStep {
  /** Resolves with the first request that this step was used for. Never rejects. */
  readonly arrived: Promise<HostRequest>;
  /** Lets held answers go. */
  release(): void;
  /** The step is used no more. */
  cancel(): void;
}

/** What the host does when nothing else was planned. Rates are 0..1 and apply to transactions only. */
export interface Habits {
  readonly declineRate: number;
  /** Code and weight. */
  readonly declines: readonly [Weighted<string>, ...Weighted<string>[]];
  /** No answer: half of them lost on the way in, half approved with the answer lost. */
  readonly silentRate: number;
  /** Answered only after `lateMs`. */
  readonly lateRate: number;
  readonly lateMs: number;
  /** ms, every answer: evenly drawn between the two. */
  readonly delayMs: readonly [least: number, most: number];
  /** Whether the amount says what to do (amount-code.ts). */
  readonly amountCoded: boolean;
}

export const USUAL_HABITS: Habits = {
  declineRate: 0,
  declines: [
    ["51", 40],
    ["55", 20],
    ["61", 10],
    ["05", 10],
    ["54", 5],
    ["14", 5],
    ["91", 5],
    ["65", 3],
    ["03", 1],
    ["58", 1],
  ],
  silentRate: 0,
  lateRate: 0,
  lateMs: 70_000,
  delayMs: [0, 0],
  amountCoded: false,
};

interface Waiting {
  readonly step: Step;
  readonly released?: Promise<void>;
  readonly use: (request: HostRequest) => void;
  left: number;
}

/** Decides the course of each request: the first planned step that fits, else a coded amount, else the habits. */
export class Plan {
  readonly #habits: Habits;
  readonly #random: () => number;
  readonly #waiting: Waiting[] = [];

  constructor(habits: Habits, random: () => number) {
    this.#habits = habits;
    this.#random = random;
  }

  next(step: Step): PlannedStep {
    const arrived = Promise.withResolvers<HostRequest>();
    const released = Promise.withResolvers<void>();
    const waiting: Waiting = {
      step,
      left: step.times ?? 1,
      use: arrived.resolve,
      ...(step.held === true ? { released: released.promise } : {}),
    };
    this.#waiting.push(waiting);
    return {
      arrived: arrived.promise,
      release: released.resolve,
      cancel: () => {
        waiting.left = 0;
      },
    };
  }

  courseOf(request: HostRequest): Course {
    const planned = this.#waiting.length === 0 ? undefined : this.#planned(request);
    if (planned !== undefined) return planned;
    if (!isMoneyKind(request.kind)) return PLAIN_COURSE;
    const coded = this.#habits.amountCoded ? codedCourse(request.amount) : undefined;
    return coded === undefined ? this.#habitual() : { ...PLAIN_COURSE, ...coded };
  }

  #planned(request: HostRequest): Course | undefined {
    const index = this.#waiting.findIndex((waiting) => waiting.left > 0 && fits(waiting.step, request));
    const waiting = this.#waiting[index];
    if (waiting === undefined) return undefined;
    waiting.left -= 1;
    if (waiting.left <= 0) this.#waiting.splice(index, 1);
    waiting.use(request);
    const { on: _on, de41: _de41, times: _times, held: _held, ...course } = waiting.step;
    return { ...PLAIN_COURSE, ...course, ...(waiting.released === undefined ? {} : { released: waiting.released }) };
  }

  #habitual(): Course {
    const { declineRate, declines, silentRate, lateRate, lateMs, delayMs } = this.#habits;
    const [least, most] = delayMs;
    const afterMs = most === 0 ? 0 : least + this.#random() * (most - least);
    if (silentRate > 0 && this.#random() < silentRate) {
      return { ...PLAIN_COURSE, delivery: "silent", booked: this.#random() < 0.5 };
    }
    if (lateRate > 0 && this.#random() < lateRate) return { ...PLAIN_COURSE, afterMs: lateMs };
    if (declineRate > 0 && this.#random() < declineRate) {
      return { ...PLAIN_COURSE, afterMs, code: drawWeighted(declines, this.#random()) };
    }
    return afterMs === 0 ? PLAIN_COURSE : { ...PLAIN_COURSE, afterMs };
  }
}

function fits(step: Step, request: HostRequest): boolean {
  if (step.de41 !== undefined && step.de41 !== request.de41) return false;
  const on = step.on ?? "money";
  return on === "money" ? isMoneyKind(request.kind) : on === request.kind;
}
