import type { LadderCase } from "./cases.ts";
import { type Lab, SPEED } from "./lab.ts";

/** Seconds of the gateway's own time, in which it judges. */
export interface Patience {
  readonly declaredWithinS: number;
  readonly clearedWithinS: number;
}

/** What is promised (issue 5). */
const PROMISED: Patience = { declaredWithinS: 15, clearedWithinS: 60 };
/** Where nothing is wrong, that must stay so for as long as a fault could take to be declared. */
const QUIET_FOR_S = 20;
/** What two busy cores add to every step, seconds of real time. */
const SLACK_S = 1.5;

/** A verdict that comes back sooner was not cleared. ms of real time. */
const STAYS_MS = 3_000;

export interface CaseResult {
  readonly name: string;
  readonly expected: string;
  /** The verdict that stood at the end of the wait. */
  readonly said: string;
  /** In the gateway's own time; absent where it was not, and where nothing was to be said. */
  readonly declaredS?: number;
  readonly clearedS?: number;
  /** What was said instead, where it was not cleared. */
  readonly stayed?: string;
}

/** Breaks it, waits for the verdict, mends it, waits until all is well. */
export async function runCase(lab: Lab, one: LadderCase, patience: Patience = PROMISED): Promise<CaseResult> {
  const { name, verdict: expected } = one;
  const { clearedWithinS } = patience;
  const declaredWithinS = Math.max(patience.declaredWithinS, one.withinS ?? 0);
  await one.break(lab);
  const brokenAt = performance.now();
  if (expected === "none") {
    const other = await saysOther(lab, (QUIET_FOR_S / SPEED) * 1_000);
    await mend(lab, one);
    await staysWell(lab, realMs(clearedWithinS));
    return { name, expected, said: other ?? "none" };
  }
  const withinMs = one.isInRealTime === true ? declaredWithinS * 1_000 : realMs(declaredWithinS);
  const declaredAt = await lab.hears(expected, withinMs);
  const said = lab.word?.fault ?? "?";
  await mend(lab, one);
  const mendedAt = performance.now();
  const clearedAt = await staysWell(lab, realMs(clearedWithinS));
  return {
    name,
    expected,
    said,
    ...(declaredAt === undefined
      ? {}
      : {
          declaredS: Math.max(
            0,
            one.isInRealTime === true ? Math.round((declaredAt - brokenAt) / 100) / 10 : seconds(declaredAt - brokenAt),
          ),
        }),
    ...(clearedAt === undefined
      ? { stayed: lab.word?.fault ?? "?" }
      : { clearedS: seconds(Math.max(0, clearedAt - mendedAt)) }),
  };
}

async function mend(lab: Lab, one: LadderCase): Promise<void> {
  await lab.network.heal();
  await one.heal?.(lab);
}

/** When all was well, and stayed so. */
async function staysWell(lab: Lab, withinMs: number): Promise<number | undefined> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const at = await lab.hears("none", deadline - performance.now());
    if (at === undefined || (await saysOther(lab, STAYS_MS)) === undefined) return at;
  }
}

/** The first other verdict within so many ms. */
async function saysOther(lab: Lab, ms: number): Promise<string | undefined> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    const fault = lab.word?.fault;
    if (fault !== "none") return fault;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return undefined;
}

function realMs(gatewayS: number): number {
  return (gatewayS / SPEED + SLACK_S) * 1_000;
}

function seconds(realPassedMs: number): number {
  return Math.round((realPassedMs * SPEED) / 100) / 10;
}
