import type { MachineFigures } from "./machine-figures.ts";
import { MACHINE_LIMITS, type MachineLimit } from "./machine-limits.ts";

/** One figure of the machine as it stands now. */
export interface MachineTrouble {
  readonly limit: MachineLimit;
  /** Absent: it was told before, and is told no more. */
  readonly value?: number;
  readonly isTrouble: boolean;
}

/** By node; only what was told at least once. */
export type MachineView = ReadonlyMap<string, MachineTrouble>;

/** What the newest look makes of what was known. Between its two limits a figure stays what it was. */
export function judged(
  before: MachineView,
  figures: MachineFigures,
  limits: readonly MachineLimit[] = MACHINE_LIMITS,
): MachineView {
  const now = new Map<string, MachineTrouble>();
  for (const limit of limits) {
    const value = limit.figure(figures);
    const old = before.get(limit.node);
    if (value !== undefined)
      now.set(limit.node, { limit, value, isTrouble: crosses(limit, value, old?.isTrouble ?? false) });
    else if (old !== undefined) now.set(limit.node, { limit, isTrouble: false });
  }
  return now;
}

function crosses({ on, off, side }: MachineLimit, value: number, wasTrouble: boolean): boolean {
  if (side === "high") return wasTrouble ? value > off : value >= on;
  return wasTrouble ? value < off : value <= on;
}
