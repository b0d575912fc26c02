import type { Instant } from "../domain/clock.ts";
import type { TerminalCounts, TerminalView } from "../domain/terminal.ts";
import { rfc3339 } from "../runtime/clock.ts";
import { adviceFor } from "./advice.ts";
import type { OpenItems } from "./open-items.ts";
import { decisivePause, type Pause } from "./pause.ts";
import { MAINTENANCE_ADVICE, type MaintenanceDue } from "./schedule/maintenance.ts";
import type { TerminalSupervisor } from "./supervision/supervisor.ts";
import { meanMs } from "./usage/tallies.ts";
import type { TerminalUsage, Usage } from "./usage/usage.ts";

export interface ViewFacts {
  readonly now: Instant;
  readonly openItems: OpenItems | undefined;
  readonly usage: Usage | undefined;
  readonly due: readonly MaintenanceDue[];
}

/** A driven terminal as people see it. */
export function terminalView(supervisor: TerminalSupervisor, { now, openItems, usage, due }: ViewFacts): TerminalView {
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
    unresolved: openItems?.of(options.id).filter(({ what }) => what === "inDoubt").length ?? 0,
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
      pause: pause === undefined ? undefined : pauseView(pause),
      serial,
      model,
      firmware,
      utilisation: used === undefined ? undefined : shares(used),
      counts: used === undefined ? undefined : counts(used),
    }),
  };
}

function pauseView({ by, who, reason, until }: Pause): NonNullable<TerminalView["pause"]> {
  return { by, who, reason, ...(until === undefined ? {} : { until: rfc3339(until) }) };
}

function shares({ lastHour, lastDay }: TerminalUsage): NonNullable<TerminalView["utilisation"]> {
  return { lastHour, lastDay };
}

function counts({ tally, outages, recoveries }: TerminalUsage): TerminalCounts {
  const { transactions, approved, declined, failed, inDoubt, reversed } = tally;
  const mean = meanMs(tally);
  return {
    transactions,
    approved,
    declined,
    failed,
    inDoubt,
    reversed,
    outages,
    recoveries,
    ...(mean === undefined ? {} : { meanMs: mean }),
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
