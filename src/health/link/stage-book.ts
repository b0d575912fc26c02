import type { Stage, StageFigures, StageObservation, StageState } from "../../domain/stage.ts";
import { STAGES } from "../../domain/stage.ts";
import { type Blame, blame, isHidden, type JudgedStage } from "./link-verdict.ts";
import {
  faded,
  fallsWithin,
  figures,
  forgiven,
  isHurried,
  isSuspect,
  judge,
  type Judged,
  type JudgeRules,
  notJudged,
} from "./stage-judge.ts";

/** What stays unseen for so long is not what it was (times the clock's speed). ms. */
const FADES: Partial<Readonly<Record<Stage, { readonly afterMs: number; readonly to: "unknown" | "idle" }>>> = {
  interface: { afterMs: 30_000, to: "unknown" },
  router: { afterMs: 60_000, to: "unknown" },
  provider: { afterMs: 120_000, to: "unknown" },
  dns: { afterMs: 300_000, to: "unknown" },
  portal: { afterMs: 900_000, to: "unknown" },
  terminals: { afterMs: 60_000, to: "unknown" },
  acquirer: { afterMs: 600_000, to: "idle" },
};
/** A verdict that a nearer stage may yet take over waits so long at most. ms. */
const SETTLES_WITHIN_MS = 12_000;
const HOUR_MS = 3_600_000;

/** What one observation changed, for the ledger. */
export interface StageChange {
  readonly stage: Stage;
  readonly subject?: string;
  readonly route?: string;
  readonly from: StageState;
  readonly judged: Judged;
  /** It began, or ceased, to come and go too often to be told. */
  readonly flapping?: boolean;
}

export interface BookedStage extends StageFigures {
  readonly stage: Stage;
  readonly subject?: string;
  readonly route?: string;
  readonly judged: Judged;
  /** As people see it: unknown where a nearer stage that is down hides it. */
  readonly state: StageState;
  readonly downsLastHour: number;
}

interface Entry {
  readonly stage: Stage;
  readonly subject?: string;
  readonly route?: string;
  judged: Judged;
}

/** Every stage as it is judged. Knows no clock: times are monotonic ms that are handed in. */
export class StageBook {
  readonly #rules: JudgeRules;
  readonly #entries = new Map<string, Entry>();
  #blame: Blame | undefined;
  #blameSince: number;
  #otherSince: number | undefined;
  /** Whether what is blamed was down, and not only slow. */
  #wasBroken = false;

  constructor(rules: JudgeRules, at: number) {
    this.#rules = rules;
    this.#blameSince = at;
  }

  /** @returns what is to be told of it; `undefined` for nothing. */
  take(observation: StageObservation, at: number): StageChange | undefined {
    const entry = this.#entryOf(observation, at);
    const before = entry.judged;
    entry.judged = judge(before, observation, at, this.#rules);
    return changeOf(entry, before);
  }

  /** Whether it is up, and nothing has failed there since. */
  isWell({ stage, subject, route }: Pick<StageObservation, "stage" | "subject" | "route">): boolean {
    const judged = this.#entries.get(keyOf(stage, subject, route))?.judged;
    return judged?.state === "up" && judged.failures === 0;
  }

  /** Lets fade what nobody has looked at. */
  fade(at: number): readonly StageChange[] {
    return [...this.#entries.values()].flatMap((entry) => {
      const rule = FADES[entry.stage];
      const before = entry.judged;
      if (rule === undefined || (at - before.seenAt) * this.#rules.speed < rule.afterMs) return [];
      entry.judged = faded(before, rule.to, at);
      return changeOf(entry, before) ?? [];
    });
  }

  /** Things that are gone from the config, or unplugged for good, are forgotten. */
  forget(stage: Stage, isKept: (subject: string | undefined) => boolean): void {
    for (const [key, entry] of this.#entries) {
      if (entry.stage === stage && !isKept(entry.subject)) this.#entries.delete(key);
    }
  }

  /** Whether something fails, or is not yet up again. */
  isHurried(stage: Stage): boolean {
    return [...this.#entries.values()].some((entry) => entry.stage === stage && isHurried(entry.judged));
  }

  /** Whether something has just lost what may be the first of many. */
  isSuspect(stage: Stage, at: number): boolean {
    return [...this.#entries.values()].some(
      (entry) => entry.stage === stage && isSuspect(entry.judged, at, this.#rules),
    );
  }

  /** Whether something works, and not as it should. */
  isDegraded(stage: Stage): boolean {
    return [...this.#entries.values()].some((entry) => entry.stage === stage && entry.judged.state === "degraded");
  }

  /** Whether something fails of which nobody can say yet whether it is down. */
  get isAlarmed(): boolean {
    return [...this.#entries.values()].some(
      ({ stage, judged }) => stage !== "terminals" && judged.failures > 0 && judged.state !== "down",
    );
  }

  /** Whether something of this stage has answered since. */
  hasAnsweredSince(stage: Stage, at: number): boolean {
    return [...this.#entries.values()].some(
      ({ stage: its, judged }) => its === stage && judged.answeredAt !== undefined && judged.answeredAt >= at,
    );
  }

  /** @returns whether the blame is another than before. */
  reconsider(clockSynced: boolean, at: number): boolean {
    const found = blame(this.#judged(), { clockSynced });
    if (sameBlame(found, this.#blame)) {
      this.#otherSince = undefined;
      return false;
    }
    this.#otherSince ??= at;
    const hasWaited = (at - this.#otherSince) * this.#rules.speed >= SETTLES_WITHIN_MS;
    if (found !== undefined && !hasWaited && this.#isUndecidedBefore(found.stage)) return false;
    if (this.#blame !== undefined && this.#wasBroken) this.forgive();
    this.#wasBroken = found !== undefined && this.#isDown(found);
    this.#blame = found;
    this.#blameSince = at;
    this.#otherSince = undefined;
    return true;
  }

  get blamed(): { readonly blame: Blame | undefined; readonly since: number } {
    return { blame: this.#blame, since: this.#blameSince };
  }

  /** Whether anything was looked at. */
  get isKnown(): boolean {
    return [...this.#entries.values()].some(({ judged }) => judged.state !== "unknown");
  }

  /** Nearest first. */
  stages(at: number): readonly BookedStage[] {
    const isBroken = this.#blame !== undefined && this.#isDown(this.#blame);
    return [...this.#entries.values()]
      .toSorted((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage))
      .map(({ judged, ...place }) => {
        const hidden = judged.state === "down" && isHidden(place.stage, this.#blame, isBroken);
        return {
          ...place,
          ...figures(judged),
          judged,
          state: hidden ? "unknown" : judged.state,
          downsLastHour: fallsWithin(judged, HOUR_MS / this.#rules.speed, at),
        };
      });
  }

  /** What was lost and slow until now had a reason that is known: it says nothing of the stages. */
  forgive(): void {
    for (const entry of this.#entries.values()) entry.judged = forgiven(entry.judged);
  }

  #isDown({ stage, fault }: Blame): boolean {
    // Without anchors the provider is blamed, and has no stage of its own.
    if (fault === "provider.unreachable") return true;
    return this.#judged().some((one) => one.stage === stage && one.state === "down");
  }

  #isUndecidedBefore(stage: Stage): boolean {
    const order = STAGES.indexOf(stage);
    return [...this.#entries.values()].some(
      ({ stage: its, judged }) =>
        STAGES.indexOf(its) < order && its !== "terminals" && judged.failures > 0 && judged.state !== "down",
    );
  }

  #judged(): readonly JudgedStage[] {
    return [...this.#entries.values()].map(({ stage, subject, judged }) => ({
      stage,
      ...(subject === undefined ? {} : { subject }),
      ...judged,
    }));
  }

  #entryOf({ stage, subject, route }: StageObservation, at: number): Entry {
    const key = keyOf(stage, subject, route);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      stage,
      ...(subject === undefined ? {} : { subject }),
      ...(route === undefined ? {} : { route }),
      judged: notJudged(at),
    };
    this.#entries.set(key, entry);
    return entry;
  }
}

function keyOf(stage: Stage, subject = "", route = ""): string {
  return `${stage}\n${subject}\n${route}`;
}

/** What comes and goes too often is told once, and again when it has ceased. */
function changeOf({ judged, ...place }: Entry, before: Judged): StageChange | undefined {
  const wasSuppressed = before.damper.isSuppressed;
  const isSuppressed = judged.damper.isSuppressed;
  const change = { ...place, from: before.state, judged };
  if (isSuppressed !== wasSuppressed) return { ...change, flapping: isSuppressed };
  const isOther = judged.state !== before.state || (judged.state === "down" && judged.fault !== before.fault);
  return isOther && !isSuppressed ? change : undefined;
}

function sameBlame(a: Blame | undefined, b: Blame | undefined): boolean {
  return a?.stage === b?.stage && a?.fault === b?.fault && a?.subject === b?.subject;
}
