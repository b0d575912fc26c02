import { instant, type Instant } from "../../domain/clock.ts";
import type { LinkRecord, StageChanged, VerdictChanged } from "../../domain/link.ts";
import type { LinkVerdict, LinkView, StageView } from "../../domain/link-view.ts";
import type { RecordDraft, Seq } from "../../domain/record.ts";
import type { StageObservation } from "../../domain/stage.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import { WakeUp } from "../../runtime/wake-up.ts";
import type { LineLoad } from "./line-load.ts";
import { ALL_WELL, faultText, NOTHING_KNOWN } from "./fault-texts.ts";
import { type BookedStage, StageBook, type StageChange } from "./stage-book.ts";
import { HURRIED_MS, SUSPECT_EVERY_MS } from "./stage-judge.ts";
import type { LineKind } from "./stage-limits.ts";
import type { StageProbe } from "./stage-probe.ts";

export interface LinkWatchOptions {
  readonly line: LineKind;
  /** How many times faster than in the field everything goes; tests and the demo cannot wait. */
  readonly speed: number;
}

export interface LinkWatchDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly record: (draft: RecordDraft) => Promise<Seq>;
  readonly sample: (series: string, value: number) => void;
  /** How much of the line the shop's own traffic takes. */
  readonly load: LineLoad;
  /** Traffic may take another of the shop's lines when this one is known not to be usable. */
  readonly onRoute?: (route: string, isUsable: boolean) => void;
}

/** Timers that do not run in step spread their load (link-health.md 1.6). Share of the period. */
const JITTER = 0.1;
/** A look that takes longer hangs: the next one does not wait for it. ms. */
const LOOK_TAKES_AT_MOST_MS = 20_000;
const SAMPLE_EVERY_MS = 60_000;
const FADE_EVERY_MS = 5_000;
/** While a stage is well, traffic tells no more of it than one look in this time: 300 looks are 5 minutes. ms. */
const TRAFFIC_EVERY_MS = 1_000;

/**
 * Watches the way from the terminals to headquarters and the acquirers, stage by stage: asks where no traffic has shown
 * it, hurries when something fails, and puts every change of state into the ledger.
 */
export class LinkWatch implements Task {
  readonly name = "link";
  readonly #probes: readonly { readonly probe: StageProbe; readonly hurry: WakeUp }[];
  readonly #options: LinkWatchOptions;
  readonly #deps: LinkWatchDeps;
  readonly #book: StageBook;
  readonly #unusable = new Set<string>();
  /** When traffic was taken for a look last, by stage and subject. */
  readonly #traffic = new Map<string, number>();

  constructor(probes: readonly StageProbe[], options: LinkWatchOptions, deps: LinkWatchDeps) {
    this.#probes = probes.map((probe) => ({ probe, hurry: new WakeUp() }));
    this.#options = options;
    this.#deps = deps;
    this.#book = new StageBook(options, deps.clock.monotonicMs());
  }

  /** What traffic has shown. Cheap, and never throws: it is called on the money's path, for every sale. */
  observe(observation: StageObservation): void {
    const at = this.#deps.clock.monotonicMs();
    if (this.#isNoNews(observation, at)) return;
    this.#take(observation, at);
    if (!observation.ok) this.#hurryAll();
    this.#reconsider(at);
  }

  #isNoNews(observation: StageObservation, at: number): boolean {
    const { ok, fault, stage, subject = "", route = "" } = observation;
    if (!ok || fault !== undefined) return false;
    const key = `${stage} ${subject} ${route}`;
    const isRecent =
      (at - (this.#traffic.get(key) ?? Number.NEGATIVE_INFINITY)) * this.#options.speed < TRAFFIC_EVERY_MS;
    if (isRecent && this.#book.isWell(observation)) return true;
    this.#traffic.set(key, at);
    return false;
  }

  view(): LinkView {
    const { clock } = this.#deps;
    const at = clock.monotonicMs();
    const wall = (mono: number): Instant => instant(clock.now() - (at - mono));
    return {
      verdict: this.#verdict(wall),
      stages: this.#book.stages(at).map((stage) => viewOf(stage, wall)),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([
        ...this.#probes.map(async ({ probe, hurry }) => this.#keepLooking(probe, hurry, signal)),
        this.#every(FADE_EVERY_MS, () => this.#fade(), signal),
        this.#every(SAMPLE_EVERY_MS, () => this.#sample(), signal),
      ]);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  async #keepLooking(probe: StageProbe, hurry: WakeUp, signal: AbortSignal): Promise<void> {
    let lookedAt = Number.NEGATIVE_INFINITY;
    for (;;) {
      signal.throwIfAborted();
      const { clock } = this.#deps;
      const startedAt = clock.monotonicMs();
      if (!this.#isSpared(probe, lookedAt)) await this.#look(probe, signal);
      lookedAt = startedAt;
      const rest = this.#periodOf(probe) - (clock.monotonicMs() - startedAt);
      await hurry.wait(Math.max(rest, 0), signal);
    }
  }

  #isSpared({ isSparedByTraffic, stage }: StageProbe, lookedAt: number): boolean {
    if (isSparedByTraffic !== true || this.#book.isAlarmed) return false;
    // How long the way takes while it is used can only be seen while it is used.
    if (this.#deps.load.isBusy(this.#deps.clock.monotonicMs())) return false;
    if (this.#book.isHurried(stage) || this.#book.isDegraded(stage)) return false;
    if (this.#book.isSuspect(stage, this.#deps.clock.monotonicMs())) return false;
    const beyond = stage === "provider" ? (["hqTcp", "hqMqtt", "acquirer"] as const) : ([stage] as const);
    return beyond.some((one) => !this.#book.isHurried(one) && this.#book.hasAnsweredSince(one, lookedAt));
  }

  #periodOf({ stage, everyMs }: StageProbe): number {
    const { speed } = this.#options;
    const isHurried = this.#book.isAlarmed || this.#book.isHurried(stage);
    const isSuspect = this.#book.isSuspect(stage, this.#deps.clock.monotonicMs());
    const hastened = isSuspect ? SUSPECT_EVERY_MS : HURRIED_MS;
    const period = isSuspect || isHurried ? Math.min(everyMs, hastened) : everyMs;
    return (period * (1 - JITTER + 2 * JITTER * this.#deps.random())) / speed;
  }

  async #look(probe: StageProbe, signal: AbortSignal): Promise<void> {
    const patience = AbortSignal.timeout(LOOK_TAKES_AT_MOST_MS);
    const stop = AbortSignal.any([signal, patience]);
    const gaveUp = Promise.withResolvers<readonly StageObservation[]>();
    const giveUp = (): void => gaveUp.resolve([]);
    stop.addEventListener("abort", giveUp, { once: true });
    try {
      const found = await Promise.race([probe.look(stop), gaveUp.promise]);
      if (patience.aborted) this.#deps.log.warn("link.lookHangs", { probe: probe.name });
      this.#takeAll(found);
    } catch (error) {
      signal.throwIfAborted();
      this.#deps.log.error("link.lookFailed", { probe: probe.name, error });
    } finally {
      stop.removeEventListener("abort", giveUp);
    }
  }

  #takeAll(found: readonly StageObservation[]): void {
    const at = this.#deps.clock.monotonicMs();
    const wasCalm = found.every(({ stage }) => !this.#book.isHurried(stage));
    for (const observation of found) this.#take(observation, at);
    if (wasCalm && found.some(({ ok }) => !ok)) this.#hurryAll();
    this.#reconsider(at);
  }

  #take(observation: StageObservation, at: number): void {
    const { load } = this.#deps;
    const wasFull = load.isFull(at);
    load.note(observation, at);
    if (!wasFull && load.isFull(at)) this.#book.forgive();
    this.#tell(this.#book.take(load.through(observation, at), at));
  }

  /** When one stage fails, all are asked at once: which of them is the first tells where the trouble is. */
  #hurryAll(): void {
    for (const { hurry } of this.#probes) hurry.ring();
  }

  #reconsider(at: number): void {
    if (!this.#book.reconsider(this.#deps.clock.stamp().synced, at)) return;
    const { blame } = this.#book.blamed;
    this.#deps.log.info("link.verdict", { ...blame });
    const body: VerdictChanged = { event: "verdictChanged", ...blame };
    this.#record(body);
  }

  #fade(): void {
    const at = this.#deps.clock.monotonicMs();
    for (const change of this.#book.fade(at)) this.#tell(change);
    this.#reconsider(at);
  }

  #tell(change: StageChange | undefined): void {
    if (change === undefined) return;
    const { judged, from, ...place } = change;
    const { state: to, fault, detail } = judged;
    const body: StageChanged = {
      event: "stageChanged",
      ...place,
      from,
      to,
      ...(fault === undefined ? {} : { fault }),
      ...(detail === undefined ? {} : { detail }),
    };
    this.#record(body);
    if (change.route !== undefined) this.#judgeRoute(change.route);
  }

  /** A line is left when it is down, and not every line is. */
  #judgeRoute(route: string): void {
    const stages = this.#book.stages(this.#deps.clock.monotonicMs()).filter((stage) => stage.stage === "provider");
    const isDown = (name: string | undefined): boolean =>
      stages.some(({ route: its, judged }) => its === name && judged.state === "down");
    const isUsable = !isDown(route) || stages.every((stage) => isDown(stage.route));
    if (this.#unusable.has(route) !== isUsable) return;
    if (isUsable) this.#unusable.delete(route);
    else this.#unusable.add(route);
    this.#deps.onRoute?.(route, isUsable);
  }

  #record(body: LinkRecord): void {
    const { record, log } = this.#deps;
    record({ kind: "link", body }).catch((error: unknown) => log.error("link.notRecorded", { error }));
  }

  #sample(): void {
    for (const { stage, subject, route, p50Ms, loss } of this.#book.stages(this.#deps.clock.monotonicMs())) {
      const series = ["link", stage, subject, route].filter((part) => part !== undefined).join(".");
      if (p50Ms !== undefined) this.#deps.sample(`${series}.rttMs`, p50Ms);
      if (loss !== undefined) this.#deps.sample(`${series}.loss`, loss);
    }
  }

  async #every(ms: number, act: () => void, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#deps.clock.sleep(ms / this.#options.speed, signal);
      act();
    }
  }

  #verdict(wall: (mono: number) => Instant): LinkVerdict {
    const { blame, since } = this.#book.blamed;
    if (blame === undefined) return { since: wall(since), ...(this.#book.isKnown ? ALL_WELL : NOTHING_KNOWN) };
    return { ...blame, since: wall(since), ...faultText(blame.fault) };
  }
}

function viewOf(stage: BookedStage, wall: (mono: number) => Instant): StageView {
  const { judged, ...seen } = stage;
  const { fault, since, damper } = judged;
  return {
    ...seen,
    since: wall(since),
    ...(fault === undefined || seen.state === "unknown" ? {} : { fault }),
    ...(damper.isSuppressed ? { flapping: true } : {}),
  };
}
