import { instantOf } from "../domain/clock.ts";
import { type BootTimes, isWorthTelling } from "../domain/redate.ts";
import { rfc3339 } from "../runtime/clock.ts";
import type { Told } from "./transactions.ts";

/** What is known better now of a transaction's `requestedAt` than when it was recorded. */
export interface DateNote {
  /** RFC 3339: when it really was requested, where that is another time. */
  readonly redatedAt?: string;
  /** The clock of that boot was never right: `requestedAt` is what the machine believed. */
  readonly undated?: true;
}

export function dateNote({ transaction, moment }: Told, times: BootTimes | undefined): DateNote {
  const believed = instantOf(transaction.requestedAt);
  if (moment === undefined || believed === undefined || times === undefined) return {};
  const { at, basis } = times.datedWall(believed, moment);
  if (basis === "unknown") return { undated: true };
  return basis === "redated" && isWorthTelling(believed, at) ? { redatedAt: rfc3339(at) } : {};
}
