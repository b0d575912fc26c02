import { assertNever } from "../domain/assert-never.ts";
import type { DeviceIdentity } from "../domain/device.ts";
import type { LastTransaction } from "../domain/payment.ts";
import type { RecordDraft } from "../domain/record.ts";
import { isName, type TerminalId, terminalId, type TerminalView } from "../domain/terminal.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { isShutdown, type Task } from "../runtime/task.ts";
import type { ActionResult, Orderer } from "./actions/order.ts";
import { tellCutOff } from "./actions/cut-off-settlement.ts";
import { TerminalActions } from "./actions/terminal-actions.ts";
import type { TerminalClaims } from "./claim.ts";
import { SupervisedClaims } from "./claims.ts";
import { compareIdentity } from "./identity.ts";
import type { OpenItems } from "./open-items.ts";
import type { TerminalOptions } from "./options.ts";
import { hasEnded, type Pause } from "./pause.ts";
import type { Job } from "./schedule/due.ts";
import { Upkeep } from "./schedule/upkeep.ts";
import { NO_STANDING, type Standings } from "./standing.ts";
import { DEFAULT_POLICY, type SupervisionPolicy } from "./supervision/policy.ts";
import type { Known } from "./supervision/state.ts";
import { TerminalSupervisor } from "./supervision/supervisor.ts";
import type { Tally } from "./usage/tallies.ts";
import type { Usage } from "./usage/usage.ts";
import { terminalView } from "./views.ts";

export interface SupervisionSetup {
  readonly terminals: readonly TerminalOptions[];
  /** Terminals that talk to their acquirer by themselves. */
  readonly relayed: readonly TerminalId[];
  /** The shop's, as in the config's `site.timezone`. */
  readonly timezone: string;
  /** Times of supervision that no config sets; for trials. */
  readonly policy?: Partial<SupervisionPolicy>;
}

/** What the reducers of this folder say; `undefined` while they have not caught up with the ledger. */
export interface Derived {
  readonly standings: () => Standings | undefined;
  readonly openItems: () => OpenItems | undefined;
  readonly usage: () => Usage | undefined;
}

export interface SupervisionDeps extends Derived {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** The door to the ledger, as drivers have it. */
  readonly record: (draft: RecordDraft, canWait?: boolean) => Promise<unknown>;
  /** A result that no running order waits for: evidence for the in-doubt desk. Must not throw. */
  readonly lateAnswer?: (terminal: TerminalId, answer: LastTransaction) => void;
}

/** The shop's driven terminals, under supervision. */
export interface SupervisedTerminals {
  /** None ends before its signal fires, whatever drivers do. */
  readonly tasks: readonly Task[];
  readonly claims: TerminalClaims;
  readonly actions: TerminalActions;
  /** Resolves when every terminal is watched over, whether it answers or not. */
  readonly running: Promise<unknown>;
  /** For `/livez` and the watchdog. Rejects when the supervision of a terminal hangs; one that is away is no reason. */
  readonly alive: () => Promise<void>;
  views(): readonly TerminalView[];
  /** By terminal; names in camelCase. */
  counters(): ReadonlyMap<TerminalId, Readonly<Record<string, number>>>;
  /** By cashier or operator, as tills and terminals name them. */
  operators(): ReadonlyMap<string, Tally>;
}

/** The ledger is read in a second or two; beyond this it will not be. ms. */
const STANDING_WITHIN_MS = 60_000;
const STANDING_LOOK_MS = 50;

/** Nobody knows who held a terminal back, or whose it is: a person has to look before money goes there. */
const STANDING_UNKNOWN: Pause = {
  by: "rule",
  who: "tillgate",
  reason: "the ledger could not be read at the start: who had paused this terminal is not known",
};

/** Builds the supervision of the config's driven terminals. Nothing happens before its tasks run. */
export function superviseTerminals(setup: SupervisionSetup, deps: SupervisionDeps): SupervisedTerminals {
  const { clock, log, random, record, standings, openItems, usage, lateAnswer = () => undefined } = deps;
  const stop = new AbortController();
  const supervisors = new Map<TerminalId, TerminalSupervisor>();
  const ruled = async (job: Job, terminal: TerminalId, orderer: Orderer): Promise<ActionResult<unknown>> => {
    switch (job) {
      case "settle":
        return actions.settle(terminal, orderer);
      case "status":
        return actions.selftest(terminal, orderer);
      case "diagnose":
        return actions.diagnose(terminal, orderer);
      default:
        return assertNever(job);
    }
  };
  for (const options of setup.terminals) {
    const settle = (terminal: TerminalId): void => {
      const orderer: Orderer = { by: "rule", who: "autoSettle", reason: "the terminal asks for its end of day" };
      ruled("settle", terminal, orderer).catch((error: unknown) => {
        log.warn("terminal.job-failed", { terminal, job: "settle", error });
      });
    };
    supervisors.set(
      options.id,
      new TerminalSupervisor(options, policyOf(options, setup.policy), {
        clock,
        log,
        random,
        record,
        settle,
        lateAnswer,
      }),
    );
  }
  const claims = new SupervisedClaims(supervisors, (terminal) => successorOf(terminal, supervisors, standings()));
  const actions = new TerminalActions({
    clock,
    log,
    record,
    supervisors,
    claims,
    relayed: new Set(setup.relayed),
    openItems,
    standings,
    signal: stop.signal,
  });
  const upkeep = new Upkeep({
    clock,
    log,
    record,
    supervisors,
    standings,
    timezone: setup.timezone,
    run: async (job, terminal) =>
      ruled(job, terminal, { by: "rule", who: "schedule", reason: `${job} by the schedule` }),
  });
  return {
    tasks: [
      ...[...supervisors.values()].map((supervisor): Task => ({
        name: supervisor.name,
        run: async (signal) => {
          if (!(await restored(supervisor, { standings, openItems }, clock, signal))) return;
          const { id } = supervisor.options;
          // Before it runs nobody can have told it to settle in this life.
          if (openItems()?.isSettling(id) === true) await tellCutOff(id, { clock, log, record });
          await supervisor.run(signal);
        },
      })),
      stoppingWith(upkeep, stop),
    ],
    claims,
    actions,
    running: Promise.all([...supervisors.values()].map(async ({ began }) => began)),
    alive: async () => {
      const stuck = [...supervisors.values()].filter((supervisor) => supervisor.isStuck);
      if (stuck.length > 0) throw new Error(`${stuck.map(({ name }) => name).join(", ")}: the supervision hangs`);
    },
    views: () =>
      [...supervisors.values()].map((supervisor) =>
        terminalView(supervisor, {
          now: clock.now(),
          openItems: openItems(),
          usage: usage(),
          due: upkeep.dueAt(supervisor),
          predecessors: standings()?.predecessorsOf(supervisor.options.id) ?? [],
        }),
      ),
    counters: () => new Map([...supervisors].map(([id, supervisor]) => [id, supervisor.counters()])),
    operators: () => usage()?.operators ?? new Map<string, Tally>(),
  };
}

function policyOf(
  { heartbeatS, autoSettle }: TerminalOptions,
  trial: Partial<SupervisionPolicy> = {},
): SupervisionPolicy {
  return {
    ...DEFAULT_POLICY,
    ...(heartbeatS === undefined ? {} : { heartbeatMs: heartbeatS * 1_000 }),
    ...(autoSettle === undefined ? {} : { autoSettle }),
    ...trial,
  };
}

/** Tells the supervisor what the ledger knows of its terminal. @returns false when it was told to stop meanwhile. */
async function restored(
  supervisor: TerminalSupervisor,
  { standings, openItems }: Pick<Derived, "standings" | "openItems">,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = clock.monotonicMs() + STANDING_WITHIN_MS;
  try {
    const isRead = (): boolean => standings() !== undefined && openItems() !== undefined;
    while (!isRead() && clock.monotonicMs() < deadline) await clock.sleep(STANDING_LOOK_MS, signal);
  } catch (error) {
    if (!isShutdown(error, signal)) throw error;
    return false;
  }
  supervisor.restore(knownOf(supervisor.options, standings(), clock));
  return true;
}

function knownOf(options: TerminalOptions, standings: Standings | undefined, clock: Clock): Known {
  const { pauses, identity, replacedBy } = standings?.of(options.id) ?? NO_STANDING;
  const { paused } = options;
  const expected = expectedOf(options.expected, identity);
  return {
    pauses: [
      ...pauses.filter((pause) => !hasEnded(pause, clock.now())),
      ...(paused === undefined ? [] : [{ by: "config", who: "config", reason: paused } as const]),
      ...(standings === undefined ? [STANDING_UNKNOWN] : []),
    ],
    ...(expected === undefined ? {} : { expected }),
    ...(replacedBy === undefined ? {} : { replacedBy }),
  };
}

/** The config's word is the last; what the ledger remembers beside it holds while it is of the same terminal. */
function expectedOf(
  config: DeviceIdentity | undefined,
  remembered: DeviceIdentity | undefined,
): DeviceIdentity | undefined {
  if (config === undefined) return remembered;
  const isSame = remembered !== undefined && compareIdentity(config, remembered) === "same";
  return isSame ? { ...remembered, ...config } : config;
}

/** What happened a moment ago stands with the supervisors; what was before, in the ledger. */
function successorOf(
  terminal: TerminalId,
  supervisors: ReadonlyMap<TerminalId, TerminalSupervisor>,
  standings: Standings | undefined,
): TerminalId {
  const seen = new Set<string>();
  let current = terminal;
  while (!seen.has(current)) {
    seen.add(current);
    const supervisor = supervisors.get(current);
    const next = supervisor === undefined ? standings?.of(current).replacedBy : supervisor.state.replacedBy;
    if (next === undefined || !isName(next)) return current;
    current = terminalId(next);
  }
  return terminal;
}

/** What people or rules have begun is told to stop as soon as the tasks are. */
function stoppingWith(upkeep: Upkeep, stop: AbortController): Task {
  return {
    name: upkeep.name,
    run: async (signal) => {
      const passOn = (): void => stop.abort(signal.reason);
      signal.addEventListener("abort", passOn, { once: true });
      try {
        await upkeep.run(signal);
      } finally {
        signal.removeEventListener("abort", passOn);
        passOn();
      }
    },
  };
}
