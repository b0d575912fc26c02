import { type Instant, instant } from "../../domain/clock.ts";
import { type Seq, seq, type StreamId } from "../../domain/record.ts";
import { rfc3339 } from "../../runtime/clock.ts";

/** A backup by its name alone: nothing was opened. */
export interface NamedBackup {
  readonly name: string;
  /** The newest record in it. */
  readonly head: Seq;
  /** Absent when the clock was not known to be right. */
  readonly takenAt?: Instant;
}

/** Wide enough for the seqs of any ledger's life, so that names sort as their records do. */
const SEQ_DIGITS = 12;
const UNDATED = "undated";
const NAME = /^tillgate-([0-9a-f]{8})-([0-9]{12})-([0-9]{8}T[0-9]{6}Z|undated)\.backup$/;
const DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/;
const PART = /^tillgate-([0-9a-f]{8})-([0-9]+)\.part(-journal)?$/;

/**
 * E.g. `tillgate-1b4e28ba-000000001234-20261125T181500Z.backup`: stream, newest record, time in UTC.
 *
 * @param at  Absent when the clock is not known to be right: a wrong date is worse than none.
 */
export function backupName(stream: StreamId, head: Seq, at: Instant | undefined): string {
  const time = at === undefined ? UNDATED : `${rfc3339(at).slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  return `tillgate-${shortStream(stream)}-${String(head).padStart(SEQ_DIGITS, "0")}-${time}.backup`;
}

/** What a copy is called until it is verified; `pid` is of whoever makes it. */
export function partName(stream: StreamId, pid: number): string {
  return `tillgate-${shortStream(stream)}-${pid}.part`;
}

/** Those that are backups of that stream, the one with the newest record first. */
export function backupsOf(stream: StreamId, names: readonly string[]): readonly NamedBackup[] {
  const found = names.flatMap((name): NamedBackup[] => {
    const [, of, head, date] = NAME.exec(name) ?? [];
    if (of !== shortStream(stream) || head === undefined) return [];
    const takenAt = timeOf(date ?? "");
    return [{ name, head: seq(Number(head)), ...(takenAt === undefined ? {} : { takenAt }) }];
  });
  return found.toSorted((a, b) => (a.name < b.name ? 1 : -1));
}

/** Those that are unfinished copies of that stream, and whose they are. */
export function partsOf(
  stream: StreamId,
  names: readonly string[],
): readonly { readonly name: string; readonly pid: number }[] {
  return names.flatMap((name) => {
    const [, of, pid] = PART.exec(name) ?? [];
    return of === shortStream(stream) ? [{ name, pid: Number(pid) }] : [];
  });
}

function timeOf(date: string): Instant | undefined {
  const time = Date.parse(date.replace(DATE, "$1-$2-$3T$4:$5:$6Z"));
  return Number.isNaN(time) ? undefined : instant(time);
}

function shortStream(stream: StreamId): string {
  return stream.slice(0, 8);
}
