import type { Instant } from "../../domain/clock.ts";
import type { Words } from "../../domain/words.ts";
import type { Schedule } from "./due.ts";
import { daysBetween, localTime } from "./local-time.ts";

export const MAINTENANCE = ["maintenance", "software", "contractEndsSoon", "contractEnded"] as const;
export type Maintenance = (typeof MAINTENANCE)[number];

/** Something that a person has to see to, outside the day's work. */
export interface MaintenanceDue {
  readonly what: Maintenance;
  /** The date or version that it is about: with another one it is told anew. */
  readonly about: string;
}

/** Contracts take their time. Days. */
const CONTRACT_NOTICE_DAYS = 30;

/** What is due today, whether or not it was told before. While the clock is not known to be right, nothing by the calendar is. */
export function maintenanceDue(
  now: { readonly at: Instant; readonly synced: boolean },
  schedule: Schedule,
  firmware: string | undefined,
  zone: string,
): readonly MaintenanceDue[] {
  const { maintenanceDue: maintenance, softwareAtLeast, contractEnds } = schedule;
  const found: MaintenanceDue[] = [];
  const today = localTime(now.at, zone).date;
  if (now.synced && maintenance !== undefined && daysBetween(today, maintenance) <= 0) {
    found.push({ what: "maintenance", about: maintenance });
  }
  if (softwareAtLeast !== undefined && firmware !== undefined && isOlder(firmware, softwareAtLeast)) {
    found.push({ what: "software", about: softwareAtLeast });
  }
  if (now.synced && contractEnds !== undefined) {
    const left = daysBetween(today, contractEnds);
    if (left < 0) found.push({ what: "contractEnded", about: contractEnds });
    else if (left <= CONTRACT_NOTICE_DAYS) found.push({ what: "contractEndsSoon", about: contractEnds });
  }
  return found;
}

/**
 * Compares the first run of dotted numbers in each: `GER-APP-v2.0.9` is older than `2.1`. One without numbers is never
 * called old: nothing is known of it.
 */
export function isOlder(version: string, floor: string): boolean {
  const [mine, least] = [numbersOf(version), numbersOf(floor)];
  if (mine === undefined || least === undefined) return false;
  for (let at = 0; at < Math.max(mine.length, least.length); at += 1) {
    const difference = (mine[at] ?? 0) - (least[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbersOf(text: string): readonly number[] | undefined {
  const [run] = /[0-9]+(?:\.[0-9]+)*/.exec(text) ?? [];
  return run?.split(".").map(Number);
}

export const MAINTENANCE_ADVICE: Readonly<Record<Maintenance, Words>> = {
  maintenance: {
    en: "Maintenance of this terminal is due: clean reader and printer, check cables, then set the next date in the config.",
    zh: "该终端应做保养：清洁读卡器和打印机，检查线缆，然后在配置中写入下次保养日期。",
  },
  software: {
    en: "Its software is older than allowed: ask the acquirer or vendor for an update, outside business hours.",
    zh: "终端软件版本过低：请联系收单机构或厂商，在非营业时间升级。",
  },
  contractEndsSoon: {
    en: "The contract for this terminal ends soon: renew it, or order its replacement, before it is switched off.",
    zh: "该终端合同即将到期：请在停用前续签或申请更换。",
  },
  contractEnded: {
    en: "The contract for this terminal has ended: it may be switched off any time. Call the acquirer today.",
    zh: "该终端合同已到期，随时可能被停用：请今天联系收单机构。",
  },
};
