import { monitorEventLoopDelay } from "node:perf_hooks";
import type { SupplyChanged } from "../../domain/power.ts";
import type { RecordDraft, Seq } from "../../domain/record.ts";
import type { StageObservation } from "../../domain/stage.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import type { SysFiles } from "../../runtime/sys-files.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import type { MachineFigures } from "./machine-figures.ts";
import type { MachineLimit } from "./machine-limits.ts";
import { judged, type MachineView } from "./machine-judge.ts";
import { readMachine } from "./read-machine.ts";

/** An under-voltage that the driver has seen stands for 2 s, and comes again every 4 to 14 s while it lasts. ms. */
const LOOK_EVERY_MS = 2_000;
/** Everything else changes slowly. Looks. */
const ALL_EVERY = 5;
const SAMPLE_EVERY_MS = 60_000;
/** Only then it is over: single dips are one episode. ms. */
const OVER_AFTER_MS = 30_000;
const NS_PER_MS = 1e6;
/** How finely lateness is measured, ms. */
const RESOLUTION_MS = 50;

export interface MachineDeps {
  readonly files: SysFiles;
  /** By default the starting values. */
  readonly limits?: readonly MachineLimit[];
  readonly clock: Clock;
  readonly log: Log;
  readonly record: (draft: RecordDraft) => Promise<Seq>;
  readonly sample: (series: string, value: number) => void;
  /** The first stage of the way out of the shop is this machine. */
  readonly observe: (observation: StageObservation) => void;
}

/** Looks at supply, heat, memory, processor and storage of the machine; an under-voltage goes into the ledger. */
export class MachineWatch implements Task {
  readonly name = "machine";
  readonly #deps: MachineDeps;
  #view: MachineView = new Map();
  #figures: MachineFigures = {};
  /** Monotonic ms. */
  #lowSince: number | undefined;
  #lowAt = 0;
  #sampledAt = Number.NEGATIVE_INFINITY;

  constructor(deps: MachineDeps) {
    this.#deps = deps;
  }

  view(): MachineView {
    return this.#view;
  }

  /** Whether the supply is low now, or was within the last half minute; `undefined` where no sensor tells. */
  get lowSupply(): boolean | undefined {
    return this.#figures.underVoltage;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    const lateness = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    lateness.enable();
    try {
      for (let look = 0; ; look += 1) {
        if (look % ALL_EVERY === 0 || this.#figures.underVoltage !== undefined) await this.#look(lateness);
        await clock.sleep(LOOK_EVERY_MS, signal);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    } finally {
      lateness.disable();
    }
  }

  async #look(lateness: { percentile(percentile: number): number; reset(): void }): Promise<void> {
    const { files, clock } = this.#deps;
    const lateMs = Math.max(0, lateness.percentile(99) / NS_PER_MS - RESOLUTION_MS);
    lateness.reset();
    const read = await readMachine(files);
    const now = clock.monotonicMs();
    if (read.underVoltage === true) this.#lowAt = now;
    const isLow = this.#lowAt > 0 && now - this.#lowAt < OVER_AFTER_MS;
    this.#figures = {
      ...read,
      ...(read.underVoltage === undefined ? {} : { underVoltage: isLow }),
      ...(Number.isFinite(lateMs) ? { lateMs } : {}),
    };
    this.#view = judged(this.#view, this.#figures, this.#deps.limits);
    await this.#tellSupply(isLow, now);
    this.#tellLine();
    this.#sample(now);
  }

  async #tellSupply(isLow: boolean, now: number): Promise<void> {
    const { temperatureC } = this.#figures;
    const heat = temperatureC === undefined ? {} : { temperatureC };
    if (isLow && this.#lowSince === undefined) {
      this.#lowSince = now;
      await this.#record({ event: "underVoltageBegan", ...heat });
    } else if (!isLow && this.#lowSince !== undefined) {
      const lastedMs = Math.round(this.#lowAt - this.#lowSince);
      this.#lowSince = undefined;
      await this.#record({ event: "underVoltageEnded", lastedMs, ...heat });
    }
  }

  async #record(body: SupplyChanged): Promise<void> {
    const { record, log } = this.#deps;
    try {
      await record({ kind: "power", body });
    } catch (error) {
      log.warn("machine.not-recorded", { event: body.event, error });
    }
  }

  /** What still works is not down: the machine is weak, and may be the reason for what lies behind it. */
  #tellLine(): void {
    const { observe } = this.#deps;
    const isBad = (node: string): boolean => this.#view.get(node)?.isTrouble === true;
    if (isBad("supply")) observe({ stage: "box", via: "probe", ok: true, fault: "box.underVoltage" });
    else if (isBad("responsiveness")) observe({ stage: "box", via: "probe", ok: true, fault: "box.stalled" });
    else observe({ stage: "box", via: "probe", ok: true });
  }

  #sample(now: number): void {
    if (now - this.#sampledAt < SAMPLE_EVERY_MS) return;
    this.#sampledAt = now;
    for (const [node, { value }] of this.#view) {
      if (value !== undefined) this.#deps.sample(`machine.${node}`, Math.round(value * 100) / 100);
    }
  }
}
