import { instant } from "../../domain/clock.ts";
import type {
  ChannelProbe,
  ChannelReport,
  ChannelView,
  InterferenceCause,
  InterferenceVerdict,
} from "../../domain/interference.ts";
import type { InterferenceChanged } from "../../domain/link.ts";
import type { RecordDraft, Seq } from "../../domain/record.ts";
import { aborted } from "../../runtime/aborted.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import { surroundings } from "./surroundings.ts";

export interface InterferenceDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly record: (draft: RecordDraft) => Promise<Seq>;
  readonly sample: (series: string, value: number) => void;
}

interface Channel {
  readonly report: ChannelReport;
  readonly lookedAt: number;
  readonly risenAt: number | undefined;
  /** With its surroundings considered. */
  readonly verdict?: InterferenceVerdict;
  /** Since when the verdict has this cause. ms, monotonic. */
  readonly since: number;
  /** What the ledger was told last, until it was told that it is over. */
  readonly told?: InterferenceVerdict;
  /** Looks in a row that found another cause than what was told. */
  readonly otherFor: number;
}

/** Share of the period: probes do not run in step. */
const JITTER = 0.1;
/** A cause must be found so often in a row before the ledger hears of it, or that it is over. */
const TOLD_AFTER = 3;

/** Asks each channel in its own time what disturbs it, and puts what begins, changes and ends into the ledger. */
export class InterferenceWatch implements Task {
  readonly name = "interference";
  readonly #probes: readonly ChannelProbe[];
  readonly #deps: InterferenceDeps;
  readonly #channels = new Map<string, Channel>();
  readonly #ofProbe = new Map<ChannelProbe, ReadonlySet<string>>();

  constructor(probes: readonly ChannelProbe[], deps: InterferenceDeps) {
    this.#probes = probes;
    this.#deps = deps;
  }

  /** By name. */
  view(): readonly ChannelView[] {
    const { clock } = this.#deps;
    const now = clock.monotonicMs();
    const wall = (mono: number): ChannelView["at"] => instant(clock.now() - (now - mono));
    return [...this.#channels.values()]
      .map(({ report, verdict, lookedAt, since }) => {
        const { verdict: _own, ...seen } = report;
        return {
          ...seen,
          at: wall(lookedAt),
          ...(verdict === undefined ? {} : { verdict: { ...verdict, since: wall(since) } }),
        };
      })
      .toSorted((a, b) => (a.channel < b.channel ? -1 : 1));
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([
        aborted(signal),
        ...this.#probes.flatMap((probe) => [this.#keepLooking(probe, signal), probe.follow?.(signal)]),
      ]);
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  async #keepLooking(probe: ChannelProbe, signal: AbortSignal): Promise<void> {
    const { clock, log, random } = this.#deps;
    for (;;) {
      try {
        this.#take(probe, await probe.look(signal));
      } catch (error) {
        signal.throwIfAborted();
        log.error("interference.lookFailed", { kind: probe.kind, error });
      }
      await clock.sleep(probe.everyMs * (1 - JITTER + 2 * JITTER * random()), signal);
    }
  }

  #take(probe: ChannelProbe, reports: readonly ChannelReport[]): void {
    const at = this.#deps.clock.monotonicMs();
    const names = new Set(reports.map(({ channel }) => channel));
    for (const gone of this.#ofProbe.get(probe) ?? []) if (!names.has(gone)) this.#forget(gone);
    this.#ofProbe.set(probe, names);
    for (const report of reports) {
      const before = this.#channels.get(report.channel);
      const since = before?.since ?? at;
      const risenAt = report.risen ? at : before?.risenAt;
      this.#channels.set(report.channel, {
        ...before,
        report,
        lookedAt: at,
        risenAt,
        since,
        otherFor: before?.otherFor ?? 0,
      });
    }
    for (const report of reports) this.#judge(report.channel, at);
    for (const { channel, figures } of reports) {
      for (const [figure, value] of Object.entries(figures)) this.#deps.sample(`${channel}.${figure}`, value);
    }
  }

  #judge(name: string, at: number): void {
    const channel = this.#channels.get(name);
    if (channel === undefined) return;
    const verdict = surroundings(channel, [...this.#channels.values()], at) ?? channel.report.verdict;
    const { verdict: before, ...rest } = channel;
    const since = verdict?.cause === before?.cause ? channel.since : at;
    const next = { ...rest, since, ...(verdict === undefined ? {} : { verdict }) };
    this.#channels.set(name, this.#told(next));
  }

  /** One odd look is not worth a record; what is not known is none. */
  #told(channel: Channel): Channel {
    const { report, verdict, told } = channel;
    const certain = verdict?.cause === "notEnoughEvidence" ? undefined : verdict;
    if (certain?.cause === told?.cause) return { ...channel, otherFor: 0 };
    const otherFor = channel.otherFor + 1;
    if (otherFor < TOLD_AFTER) return { ...channel, otherFor };
    const { told: _told, ...rest } = channel;
    if (certain !== undefined) {
      this.#record(told === undefined ? "interferenceBegan" : "interferenceChanged", report, certain);
      return { ...rest, told: certain, otherFor: 0 };
    }
    if (told !== undefined) this.#record("interferenceEnded", report, told);
    return { ...rest, otherFor: 0 };
  }

  #forget(name: string): void {
    const channel = this.#channels.get(name);
    if (channel?.told !== undefined) this.#record("interferenceEnded", channel.report, channel.told);
    this.#channels.delete(name);
  }

  #record(event: InterferenceChanged["event"], report: ChannelReport, verdict: InterferenceVerdict): void {
    const { channel, kind, figures } = report;
    const { record, log } = this.#deps;
    const cause: InterferenceCause = verdict.cause;
    log.info(`link.${event}`, { channel, cause, confidence: verdict.confidence });
    const body: InterferenceChanged = { event, channel, kind, verdict, figures };
    record({ kind: "link", body }).catch((error: unknown) => log.error("interference.notRecorded", { error }));
  }
}
