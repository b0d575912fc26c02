import { assertNever } from "../domain/assert-never.ts";
import { type HealthNode, wholeOf } from "../domain/health.ts";

/** What the store takes and what is left. Bytes. */
export interface StorageFacts {
  readonly level: "ok" | "warn" | "critical" | "full";
  readonly ballast: "none" | "growing" | "whole" | "released";
  readonly used: number;
  readonly quota: number;
  readonly free: number;
  /** Written by this process in its last 24 hours of running; absent where the system does not tell. */
  readonly writtenPerDay?: number;
}

/**
 * Bytes a day. A 16 GB card whose cells stand 1,000 rewrites (usual for TLC flash), and which writes ten times what it is
 * given because that comes in small pieces, lasts four years at this pace.
 */
const WEAR_BUDGET = 1e9;

const MIB = 1024 * 1024;

/** Room for records, and how fast the card is worn. */
export function storageNode(facts: StorageFacts): HealthNode {
  return wholeOf("storage", [
    { weight: "vital", node: spaceNode(facts) },
    ...(facts.writtenPerDay === undefined
      ? []
      : [{ weight: "degrading" as const, node: wearNode(facts.writtenPerDay) }]),
  ]);
}

function spaceNode({ level, ballast, used, quota, free }: StorageFacts): HealthNode {
  const name = "space";
  const value = { observedValue: Math.round((used / quota) * 1000) / 1000, observedUnit: "1" };
  const share = `records take ${Math.round((used / quota) * 100)} % of store.quotaMb, ${Math.round(free / MIB)} MiB are free`;
  if (ballast === "released") {
    return {
      name,
      status: "fail",
      ...value,
      reason: `the disk was full, the reserve is used up; ${share}`,
      advice: "Free space on the disk that holds store.directory: the reserve then comes back by itself.",
    };
  }
  switch (level) {
    case "ok":
      return { name, status: "pass", ...value };
    case "warn":
      return { name, status: "warn", ...value, reason: share, advice: DRAIN };
    case "critical":
      return {
        name,
        status: "warn",
        ...value,
        reason: `${share}; what headquarters has confirmed is being freed`,
        advice: `${DRAIN} Free space on the disk that holds store.directory.`,
      };
    case "full":
      return {
        name,
        status: "fail",
        ...value,
        reason: `${share}; tills are refused, the relay still records`,
        advice: `${DRAIN} If that takes long, raise store.quotaMb.`,
      };
    default:
      return assertNever(level);
  }
}

const DRAIN = "Bring the line to headquarters back: what it confirms can be freed.";

function wearNode(writtenPerDay: number): HealthNode {
  const name = "wear";
  const value = { observedValue: writtenPerDay, observedUnit: "bytes/day" };
  if (writtenPerDay <= WEAR_BUDGET) return { name, status: "pass", ...value };
  return {
    name,
    status: "warn",
    ...value,
    reason: `${(writtenPerDay / 1e9).toFixed(1)} GB were written in the last 24 hours of running`,
    advice: "Look in the log for what repeats itself; keep a spare card ready, at this pace one wears out early.",
  };
}
