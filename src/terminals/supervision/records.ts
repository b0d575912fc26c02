import { rfc3339 } from "../../runtime/clock.ts";
import type { DeviceIdentity } from "../../domain/device.ts";
import type { TerminalRecord } from "../../domain/terminal.ts";
import type { Pause, PausedBy } from "../pause.ts";
import type { Shown } from "./damping.ts";
import type { Ladder } from "./ladder.ts";

type Detail = Readonly<Record<string, string | number | boolean>>;

export function stateChanged(
  from: Shown,
  to: Shown,
  suppressed: number,
  {
    condition,
    fault,
  }: { readonly condition: { readonly code?: string } | undefined; readonly fault: string | undefined },
): TerminalRecord {
  const detail: Detail = {
    from: from.state,
    to: to.state,
    reason: to.reason,
    ...(condition?.code === undefined ? {} : { code: condition.code }),
    ...(fault === undefined || fault === to.reason ? {} : { fault }),
    ...(suppressed === 0 ? {} : { suppressed }),
  };
  return { event: "stateChanged", detail };
}

/** @param confirmation  A person has said so; else it was the first that answered, or what it tells of itself has changed. */
export function identified(
  identity: DeviceIdentity,
  confirmation?: { readonly who: string; readonly reason: string },
): TerminalRecord {
  return { event: "identified", detail: { accepted: true, ...identity, ...confirmation } };
}

/** @param number  What a driver told of it that turned it away by itself. */
export function strangerFound(
  found: DeviceIdentity,
  expected: DeviceIdentity | undefined,
  number: string | undefined,
): TerminalRecord {
  const detail: Detail = {
    accepted: false,
    ...found,
    ...(number === undefined ? {} : { found: number }),
    ...(expected?.serial === undefined ? {} : { expectedSerial: expected.serial }),
    ...(expected?.terminalNumber === undefined ? {} : { expectedTerminalNumber: expected.terminalNumber }),
  };
  return { event: "identified", detail };
}

export function recoveryTried(
  rung: string,
  { reopens, softResets, restarts }: Ladder,
  because?: string,
): TerminalRecord {
  const detail: Detail = { rung, reopens, softResets, restarts, ...(because === undefined ? {} : { because }) };
  return { event: "recoveryTried", detail };
}

export function paused({ by, who, reason, until }: Pause): TerminalRecord {
  const detail: Detail = { by, who, reason, ...(until === undefined ? {} : { until: rfc3339(until) }) };
  return { event: "paused", detail };
}

export function resumed({
  by,
  who,
  reason,
}: {
  readonly by: PausedBy;
  readonly who: string;
  readonly reason: string;
}): TerminalRecord {
  return { event: "resumed", detail: { by, who, reason } };
}

/** The end that was set with the pause has come. */
export function pauseEnded({ by, who, reason }: Pause): TerminalRecord {
  return { event: "resumed", detail: { by, who, reason, ended: true } };
}
