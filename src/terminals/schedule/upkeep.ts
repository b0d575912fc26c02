import type { Instant } from "../../domain/clock.ts";
import type { RecordDraft } from "../../domain/record.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import type { ActionResult } from "../actions/order.ts";
import type { Standings } from "../standing.ts";
import type { TerminalSupervisor } from "../supervision/supervisor.ts";
import { due, type Job, type LastRuns } from "./due.ts";
import { MAINTENANCE_ADVICE, type MaintenanceDue, maintenanceDue } from "./maintenance.ts";

export interface UpkeepDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly record: (draft: RecordDraft, canWait?: boolean) => Promise<unknown>;
  readonly supervisors: ReadonlyMap<TerminalId, TerminalSupervisor>;
  readonly standings: () => Standings | undefined;
  /** IANA time zone of the shop. */
  readonly timezone: string;
  readonly run: (job: Job, terminal: TerminalId) => Promise<ActionResult<unknown>>;
}

/** ms. Times of day are given to the minute. */
const LOOK_EVERY_MS = 30_000;

/** Does what goes by the clock and the calendar, terminal by terminal; one that takes long holds no other up. */
export class Upkeep implements Task {
  readonly name = "terminal upkeep";
  readonly #deps: UpkeepDeps;
  readonly #begun = new Map<TerminalId, Partial<Record<Job, Instant>>>();
  readonly #told = new Set<string>();
  readonly #running = new Map<TerminalId, Promise<void>>();

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
  }

  async run(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        this.#look();
        await this.#deps.clock.sleep(LOOK_EVERY_MS, signal);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
    await Promise.all(this.#running.values());
  }

  /** What a person has to see to at this terminal now. */
  dueAt({ options, state }: TerminalSupervisor): readonly MaintenanceDue[] {
    const { clock, timezone } = this.#deps;
    const now = { at: clock.now(), synced: clock.stamp().synced };
    return maintenanceDue(now, options.schedule ?? {}, state.identity?.firmware, timezone);
  }

  #look(): void {
    const { clock, timezone, supervisors, standings } = this.#deps;
    const now = { at: clock.now(), synced: clock.stamp().synced };
    const known = standings();
    if (known === undefined) return;
    for (const [terminal, supervisor] of supervisors) {
      const { schedule } = supervisor.options;
      if (schedule === undefined || supervisor.state.replacedBy !== undefined) continue;
      const standing = known.of(terminal);
      for (const one of this.dueAt(supervisor)) this.#tellOnce(terminal, one, standing.toldDue);
      if (this.#running.has(terminal)) continue;
      const last: LastRuns = { ...standing.last, ...this.#begun.get(terminal) };
      const [job] = due(now, schedule, last, timezone);
      if (job === undefined) continue;
      this.#running.set(terminal, this.#do(job, terminal, now.at));
    }
  }

  /** One that was refused, because somebody pays just now, is tried again until its time is over. */
  async #do(job: Job, terminal: TerminalId, at: Instant): Promise<void> {
    try {
      const result = await this.#deps.run(job, terminal);
      if ("done" in result) this.#begun.set(terminal, { ...this.#begun.get(terminal), [job]: at });
    } catch (error) {
      this.#deps.log.warn("terminal.job-failed", { terminal, job, error });
    } finally {
      this.#running.delete(terminal);
    }
  }

  #tellOnce(terminal: TerminalId, { what, about }: MaintenanceDue, told: readonly string[]): void {
    const key = `${terminal} ${what}:${about}`;
    if (this.#told.has(key) || told.includes(`${what}:${about}`)) return;
    this.#told.add(key);
    const { en, zh } = MAINTENANCE_ADVICE[what];
    const body = { event: "maintenanceDue", detail: { what, about, adviceEn: en, adviceZh: zh } };
    this.#deps.record({ kind: "terminal", terminal, body }, true).catch((error: unknown) => {
      this.#told.delete(key);
      this.#deps.log.warn("terminal.not-recorded", { terminal, event: "maintenanceDue", error });
    });
  }
}
