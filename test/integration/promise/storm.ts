import { setTimeout as delay } from "node:timers/promises";
import type { Fault } from "./faults.ts";
import type { Stand } from "./stand.ts";
import type { Verdict } from "./verdict.ts";

/** What a storm has done, and what it has found out. */
export interface StormReport {
  readonly injected: ReadonlyMap<string, number>;
  readonly kills: { readonly writer: number; readonly broker: number };
  readonly refused: number;
  /** As of the last look; `undefined` before the first. */
  readonly verdict: Verdict | undefined;
  /** Sales that came after a later one of their till although nothing was lost at the far end. */
  readonly orderBreaks: number;
  /** Alarms that no fault accounts for. */
  readonly alarms: readonly string[];
}

/** Faults between two looks: each look waits until everything has arrived. */
const FAULTS_A_LOOK = 4;
/** ms that a fault lasts, at most. */
const LASTS_MS = 1_500;
/** Sales that are made between two faults. */
const SALES_BETWEEN = 25;

/** Faults upon faults, drawn by chance, while the tills sell; with a look at the books now and then. */
export class Storm {
  readonly #stand: Stand;
  readonly #random: () => number;
  readonly #injected = new Map<string, number>();
  #sinceLook: Fault[] = [];
  #verdict: Verdict | undefined;
  #orderBreaks = 0;
  #alarms: readonly string[] = [];

  constructor(stand: Stand, random: () => number) {
    this.#stand = stand;
    this.#random = random;
  }

  report(): StormReport {
    const { kills, refused } = this.#stand;
    return {
      injected: this.#injected,
      kills,
      refused: [...refused.values()].reduce((sum, count) => sum + count, 0),
      verdict: this.#verdict,
      orderBreaks: this.#orderBreaks,
      alarms: this.#alarms,
    };
  }

  /** One fault from its beginning to its end. @returns whether it was followed by a look. */
  async strike(fault: Fault): Promise<boolean> {
    const stand = this.#stand;
    await fault.apply(stand, this.#random);
    await delay(this.#random() * LASTS_MS);
    await fault.heal(stand, this.#random);
    this.#injected.set(fault.name, (this.#injected.get(fault.name) ?? 0) + 1);
    this.#sinceLook.push(fault);
    await stand.sold(SALES_BETWEEN);
    const isDue = this.#sinceLook.length >= FAULTS_A_LOOK || fault.disorders === true || fault.alarms === true;
    if (isDue) await this.look();
    return isDue;
  }

  /** Waits until everything has arrived, and counts. */
  async look(): Promise<void> {
    const found = await this.#stand.settled();
    await this.#stand.tidyUp();
    const before = this.#verdict;
    const faults = this.#sinceLook;
    this.#sinceLook = [];
    this.#verdict = found;
    if (!faults.some(({ disorders }) => disorders)) this.#orderBreaks += found.orderBreaks - (before?.orderBreaks ?? 0);
    if (faults.some(({ alarms }) => alarms)) return;
    const known = new Set(before?.alarms);
    this.#alarms = [...this.#alarms, ...found.alarms.filter((alarm) => !known.has(alarm))];
  }
}

/** Whether nothing was lost, nothing counted twice, and everything came in order, in whole chains. */
export function isKept({ verdict, orderBreaks, alarms }: StormReport): boolean {
  if (verdict === undefined) return false;
  const { lost, duplicated, forks, chainBreaks, damaged } = verdict;
  return [lost.length, duplicated.length, orderBreaks, alarms.length, forks, chainBreaks, damaged].every(
    (n) => n === 0,
  );
}
