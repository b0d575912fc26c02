import { instant } from "../../../domain/clock.ts";
import type { HuntView, SuspectState } from "../../../domain/hunt.ts";
import type { LinkRecord } from "../../../domain/link.ts";
import type { RecordDraft, Seq } from "../../../domain/record.ts";
import { aborted } from "../../../runtime/aborted.ts";
import type { Clock } from "../../../runtime/clock.ts";
import type { Log } from "../../../runtime/log.ts";
import { isShutdown, type Task } from "../../../runtime/task.ts";
import { valueOf } from "./compare.ts";
import type { HuntChannel } from "./hunt-channels.ts";
import { hunted, type HuntState, newHunt } from "./hunt-fold.ts";
import { changesOf, segmentsOf, verdictsOf } from "./hunt-verdict.ts";

export interface HuntsDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly record: (draft: RecordDraft) => Promise<Seq>;
  readonly channels: () => Promise<readonly HuntChannel[]>;
}

/** Why nothing was done. */
export type HuntRefusal =
  | { readonly refused: "noSuchChannel"; readonly channels: readonly string[] }
  | { readonly refused: "huntRuns"; readonly hunt: number }
  | { readonly refused: "noSuchHunt" }
  | { readonly refused: "huntEnded" }
  | { readonly refused: "tooManyChanges" }
  | { readonly refused: "notRunning" }
  | { readonly refused: "notRecorded" };

interface Hunt {
  readonly id: number;
  readonly channel: HuntChannel;
  readonly by: string;
  readonly suspect?: string;
  readonly beganAt: HuntView["beganAt"];
  state: HuntState;
  ended?: { readonly how: NonNullable<HuntView["ended"]>; readonly by: string };
  readonly stop: AbortController;
  /** Settles when it has ended and the ledger knows. */
  done: Promise<void>;
}

const LASTS_MS = 300_000;
const SECOND_MS = 1_000;
/** What the one big number is of. ms. */
const NOW_MS = 10_000;
const KEPT = 10;
const MAX_CHANGES = 40;

/** Reads one channel each second for five minutes at most, one hunt at a time, and judges each change. */
export class Hunts implements Task {
  readonly name = "hunts";
  readonly #deps: HuntsDeps;
  #hunts: readonly Hunt[] = [];
  #signal: AbortSignal | undefined;
  #isBeginning = false;
  #lastId = 0;

  constructor(deps: HuntsDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await aborted(signal);
    await Promise.all(this.#hunts.map(async ({ done }) => done));
  }

  /** The newest first. */
  list(): readonly HuntView[] {
    return this.#hunts.map((hunt) => this.#view(hunt)).toReversed();
  }

  view(id: number): HuntView | undefined {
    const hunt = this.#find(id);
    return hunt === undefined ? undefined : this.#view(hunt);
  }

  async begin(name: string, by: string, suspect?: string): Promise<HuntView | HuntRefusal> {
    const signal = this.#signal;
    if (signal === undefined || signal.aborted) return { refused: "notRunning" };
    const running = this.#hunts.find(({ ended }) => ended === undefined);
    if (running !== undefined || this.#isBeginning)
      return { refused: "huntRuns", hunt: running?.id ?? this.#lastId + 1 };
    this.#isBeginning = true;
    try {
      const channels = await this.#deps.channels();
      const channel = channels.find((one) => one.channel === name);
      if (channel === undefined) return { refused: "noSuchChannel", channels: channels.map((one) => one.channel) };
      const id = this.#lastId + 1;
      const named = suspect === undefined ? {} : { suspect };
      const { figure } = channel.figure;
      if (!(await this.#tell({ event: "huntBegan", hunt: id, channel: name, figure, by, ...named })))
        return { refused: "notRecorded" };
      if (signal.aborted) return { refused: "notRunning" };
      return this.#view(this.#start({ id, channel, by, ...named }, signal));
    } finally {
      this.#isBeginning = false;
    }
  }

  /** The technician has just switched something. */
  async changed(id: number, by: string, what: string, state: SuspectState): Promise<HuntView | HuntRefusal> {
    const hunt = this.#find(id);
    if (hunt === undefined) return { refused: "noSuchHunt" };
    if (hunt.ended !== undefined) return { refused: "huntEnded" };
    if (hunt.state.stretches.length > MAX_CHANGES) return { refused: "tooManyChanges" };
    // Taken before the ledger is asked: it is the moment of the press that counts.
    const at = this.#deps.clock.monotonicMs();
    hunt.state = hunted(hunt.state, { type: "changed", at, what, state });
    const { channel } = hunt.channel;
    const isTold = await this.#tell({ event: "huntMarked", hunt: id, channel, by, what, state });
    return isTold ? this.#view(hunt) : { refused: "notRecorded" };
  }

  async end(id: number, by: string): Promise<HuntView | HuntRefusal> {
    const hunt = this.#find(id);
    if (hunt === undefined) return { refused: "noSuchHunt" };
    hunt.ended ??= { how: "asked", by };
    hunt.stop.abort();
    await hunt.done;
    return this.#view(hunt);
  }

  #find(id: number): Hunt | undefined {
    return this.#hunts.find((hunt) => hunt.id === id);
  }

  #start(of: Pick<Hunt, "id" | "channel" | "by" | "suspect">, signal: AbortSignal): Hunt {
    const { clock } = this.#deps;
    const hunt: Hunt = {
      ...of,
      beganAt: instant(clock.now()),
      state: newHunt(clock.monotonicMs()),
      stop: new AbortController(),
      done: Promise.resolve(),
    };
    this.#lastId = of.id;
    this.#hunts = [...this.#hunts, hunt].slice(-KEPT);
    hunt.done = this.#hunt(hunt, AbortSignal.any([signal, hunt.stop.signal]));
    return hunt;
  }

  async #hunt(hunt: Hunt, signal: AbortSignal): Promise<void> {
    const { log } = this.#deps;
    try {
      await this.#look(hunt, signal);
      hunt.ended ??= { how: "timeUp", by: hunt.by };
    } catch (error) {
      if (!isShutdown(error, signal)) log.error("hunt.failed", { channel: hunt.channel.channel, error });
      hunt.ended ??= { how: "stopped", by: hunt.by };
    }
    const { figure, unit } = hunt.channel.figure;
    const changes = changesOf(hunt.state, hunt.channel.figure);
    await this.#tell({
      event: "huntEnded",
      hunt: hunt.id,
      channel: hunt.channel.channel,
      figure,
      unit,
      by: hunt.ended.by,
      ended: hunt.ended.how,
      changes,
      verdicts: verdictsOf(changes),
    });
  }

  async #look(hunt: Hunt, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const { beganAt } = hunt.state;
    const every = hunt.channel.everyS * SECOND_MS;
    for (let next = beganAt; next <= beganAt + LASTS_MS;) {
      await clock.sleep(Math.max(next - clock.monotonicMs(), 0), signal);
      const reading = await hunt.channel.read(signal);
      signal.throwIfAborted();
      const at = clock.monotonicMs();
      hunt.state = hunted(hunt.state, { type: "look", at, ...(reading === undefined ? {} : { reading }) });
      // A look that took long does not make others follow it in a rush.
      next = Math.max(next + every, at);
    }
  }

  #view({ id, channel, by, suspect, beganAt, state, ended }: Hunt): HuntView {
    const at = this.#deps.clock.monotonicMs();
    const left = state.beganAt + LASTS_MS - at;
    const lately = Math.max(NOW_MS, channel.everyS * SECOND_MS);
    const seconds = state.stretches.flatMap((stretch) => stretch.seconds).filter((one) => state.at - one.at < lately);
    const now = valueOf(seconds);
    const changes = changesOf(state, channel.figure);
    return {
      id,
      channel: channel.channel,
      figure: channel.figure,
      by,
      ...(suspect === undefined ? {} : { suspect }),
      beganAt,
      ...(now === undefined ? {} : { now }),
      leftS: ended === undefined ? Math.max(Math.ceil(left / SECOND_MS), 0) : 0,
      ...(ended === undefined ? {} : { ended: ended.how }),
      segments: segmentsOf(state),
      changes,
      verdicts: verdictsOf(changes),
    };
  }

  /** @returns whether the ledger took it. */
  async #tell(body: LinkRecord): Promise<boolean> {
    try {
      await this.#deps.record({ kind: "link", body });
      return true;
    } catch (error) {
      this.#deps.log.error("hunt.notRecorded", { event: body.event, error });
      return false;
    }
  }
}
