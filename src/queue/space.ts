import { assertNever } from "../domain/assert-never.ts";
import type { Seq } from "../domain/record.ts";
import type { Failure } from "./ledger-error.ts";

const MIB = 1024 * 1024;

/** What the store may take, and what it gives back. Bytes, unless the name says otherwise. */
export interface SpaceRules {
  /** For the ledger's records. */
  readonly quota: number;
  /** What the file system should keep free. */
  readonly minFree: number;
  /** Of the file that is given up when the disk is full; 0 for none. */
  readonly ballast: number;
  /** How long confirmed records stay. */
  readonly keepDays: number;
  /** Confirmed records beyond this go even when they are younger. */
  readonly keep: number;
  /** For the telemetry ring. */
  readonly telemetry: number;
}

/** For a ledger beside which nothing else lives, as in tests and benchmarks. */
export const DEFAULT_SPACE: SpaceRules = {
  quota: 256 * MIB,
  minFree: 0,
  ballast: 0,
  keepDays: 7,
  keep: 32 * MIB,
  telemetry: 32 * MIB,
};

/** - `none`: not wanted. `growing`: not whole yet. `released`: given up for money, and there is no room for it yet. */
export type BallastState = "none" | "growing" | "whole" | "released";

/** From 70 %, 90 % and 100 % of the quota on; free space below its minimum is `critical`. */
export type SpaceLevel = "ok" | "warn" | "critical" | "full";

/** What was measured. Bytes. */
export interface SpaceMeasured {
  /** In use inside of the ledger: freed pages do not count, they take the next records. */
  readonly used: number;
  /** Of the file system, for this user. */
  readonly free: number;
  /** All files of the store but the ballast. */
  readonly files: number;
  /** Of those, the ledger's WAL. */
  readonly wal: number;
}

export interface SpaceFigures extends SpaceMeasured {
  readonly quota: number;
  readonly level: SpaceLevel;
  readonly ballast: BallastState;
  /** The newest record that retention has freed. */
  readonly floor: Seq;
  /** Bytes that this process caused to be written in its last 24 hours of running; absent where the system does not tell. */
  readonly writtenPerDay?: number;
}

const WARN_SHARE = 0.7;
const CRITICAL_SHARE = 0.9;

export function levelOf({ used, free }: Pick<SpaceMeasured, "used" | "free">, rules: SpaceRules): SpaceLevel {
  const share = used / rules.quota;
  if (share >= 1) return "full";
  if (share >= CRITICAL_SHARE || free < rules.minFree) return "critical";
  return share >= WARN_SHARE ? "warn" : "ok";
}

/** Whether there is room for the ballast, with so much to spare that it is not given up again at once. */
export function hasRoomForBallast(free: number, { minFree, ballast }: SpaceRules): boolean {
  return free >= minFree + 2 * ballast;
}

/** Why a till must not begin a new payment, although what comes over the relay is still recorded. */
export function refusalOf({ level, ballast, used, quota, free }: SpaceFigures): Failure | undefined {
  if (ballast === "released") {
    return { code: "store.full", detail: `the reserve of disk space is used up, ${inMib(free)} are left` };
  }
  switch (level) {
    case "ok":
    case "warn":
    case "critical":
      return undefined;
    case "full":
      return { code: "store.full", detail: `records take ${inMib(used)} of their ${inMib(quota)}` };
    default:
      return assertNever(level);
  }
}

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
