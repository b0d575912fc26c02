import type { Instant } from "../domain/clock.ts";
import type { TerminalCounts, TerminalView } from "../domain/terminal.ts";
import { rfc3339 } from "../runtime/clock.ts";
import { adviceFor } from "./advice.ts";
import type { OpenItems } from "./open-items.ts";
import { decisivePause, type Pause } from "./pause.ts";
import { MAINTENANCE_ADVICE, type MaintenanceDue } from "./schedule/maintenance.ts";
import type { TerminalSupervisor } from "./supervision/supervisor.ts";
import { added, countsOf, NO_TALLY } from "./usage/tallies.ts";
import type { TerminalUsage, Usage } from "./usage/usage.ts";

export interface ViewFacts {
  readonly now: Instant;
  readonly openItems: OpenItems | undefined;
  readonly usage: Usage | undefined;
  /** Those that it replaced: their history is its own. */
  readonly predecessors: readonly string[];
  readonly due: readonly MaintenanceDue[];
}

/** A driven terminal as people see it. */
export function terminalView(supervisor: TerminalSupervisor, facts: ViewFacts): TerminalView {
  const { now, openItems, usage, due, predecessors } = facts;
  const { options, state } = supervisor;
  const { shown, since, heardAt, link, pauses, identity, stranger } = state;
  const [firstDue] = due;
  const advice = adviceFor(shown) ?? (firstDue === undefined ? undefined : MAINTENANCE_ADVICE[firstDue.what]);
  const reason = shown.reason === "" ? firstDue?.what : shown.reason;
  const used = usage?.of(options.id, now);
  const pause = decisivePause(pauses);
  // Of a stranger the number is shown, so that whoever stands there can compare and confirm it.
  const { serial, model, firmware } = stranger ?? identity ?? {};
  return {
    terminal: options.id,
    listed: true,
    connections: link === "open" ? 1 : 0,
    unresolved: [options.id, ...predecessors].reduce((sum, one) => sum + inDoubt(openItems, one), 0),
    family: options.family,
    state: shown.state,
    since: rfc3339(since),
    ...defined({
      de41: options.de41,
      merchant: options.merchant,
      group: options.group,
      lastSeenAt: heardAt === undefined ? undefined : rfc3339(heardAt),
      reason,
      advice,
      found: supervisor.troubleInWords,
      pause: pause === undefined ? undefined : pauseView(pause),
      serial,
      model,
      firmware,
      utilisation: used === undefined ? undefined : shares(used),
      counts: counts([options.id, ...predecessors].flatMap((one) => usage?.of(one, now) ?? [])),
    }),
  };
}

function pauseView({ by, who, reason, until }: Pause): NonNullable<TerminalView["pause"]> {
  return { by, who, reason, ...(until === undefined ? {} : { until: rfc3339(until) }) };
}

function shares({ lastHour, lastDay }: TerminalUsage): NonNullable<TerminalView["utilisation"]> {
  return { lastHour, lastDay };
}

function inDoubt(openItems: OpenItems | undefined, terminal: string): number {
  return openItems?.of(terminal).filter(({ what }) => what === "inDoubt").length ?? 0;
}

function counts(all: readonly TerminalUsage[]): TerminalCounts | undefined {
  if (all.length === 0) return undefined;
  return {
    ...countsOf(all.reduce((before, { tally }) => added(before, tally), NO_TALLY)),
    outages: all.reduce((before, { outages }) => before + outages, 0),
    recoveries: all.reduce((before, { recoveries }) => before + recoveries, 0),
  };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that are `undefined`. */
function defined<T extends object>(members: T): Defined<T> {
  const kept: Defined<T> = {};
  for (const name in members) {
    const value = members[name];
    if (value !== undefined) Object.assign(kept, { [name]: value });
  }
  return kept;
}
