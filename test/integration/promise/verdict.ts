import Database from "better-sqlite3";
import { z } from "zod";
import { books, type HqBooks } from "../../../src/sim/hq/books.ts";
import type { Kept } from "./writer-words.ts";

/** What became of everything that was acknowledged, as far as headquarters' database tells. */
export interface Verdict {
  /** Acknowledged. */
  readonly records: number;
  /** Of those, at headquarters. */
  readonly arrived: number;
  /** All that are at headquarters, by name. */
  readonly sales: ReadonlySet<string>;
  /** Not there, and listed as parked. */
  readonly parked: number;
  /** Not there, and listed as freed, or left in a quarantine, after headquarters had confirmed it once and lost it since. */
  readonly unavailable: number;
  /** Not there, and within what a quarantine names. */
  readonly quarantined: number;
  /** Not there and not listed, or there with another content: names of at most 10. */
  readonly lost: readonly string[];
  /** Sales that count under more than one key: names of at most 10. */
  readonly duplicated: readonly string[];
  /** Sales of a till that came for the first time after a later one of it. */
  readonly orderBreaks: number;
  readonly forks: number;
  readonly chainBreaks: number;
  readonly damaged: number;
  readonly alarms: readonly string[];
  /** What a `gap` record says was never recorded: nobody was told that it was. */
  readonly notRecorded: number;
}

const NAMED = 10;

/** Sales in the order in which they came for the first time. */
const ARRIVED = `
  SELECT stream, seq, json_extract(envelope, '$.body.transaction.id') AS sale
  FROM arrival JOIN record USING (stream, seq) WHERE kind = 'transaction' ORDER BY n`;

interface ArrivedSale {
  readonly stream: string;
  readonly seq: number;
  readonly sale: string;
}

const quarantine = z.object({
  event: z.literal("quarantined"),
  stream: z.string().exactOptional(),
  leftBehind: z.object({ count: z.int() }),
  heldByHq: z.object({ count: z.int() }).exactOptional(),
  endUnknown: z.boolean().exactOptional(),
});
const notRecorded = z.object({ event: z.literal("notRecorded"), count: z.int() });

/**
 * Holds what was acknowledged against headquarters' database.
 *
 * @param confirmedOnce  Sales that headquarters has had and lost itself, and that a gateway short of space may have freed meanwhile.
 */
export function verdict(
  kept: readonly Kept[],
  databaseFile: string,
  confirmedOnce: ReadonlySet<string> = new Set(),
): Verdict {
  const hq = books(databaseFile);
  const arrived = arrivedSales(databaseFile);
  const byKey = new Map(arrived.map(({ stream, seq, sale }) => [`${stream} ${seq}`, sale]));
  const named = { parked: 0, unavailable: 0, quarantined: 0 };
  const lost: string[] = [];
  const excuses = new Excuses(hq);
  let there = 0;
  for (const { stream, seq, till, sale } of kept) {
    const found = byKey.get(`${stream} ${seq}`);
    if (found === `${till}/${sale}`) there += 1;
    else if (found !== undefined) lost.push(`${till}/${sale} is ${found} at headquarters`);
    else {
      const excuse = excuses.of(stream, seq);
      if (excuse !== undefined) named[excuse] += 1;
      else if (confirmedOnce.has(`${till}/${sale}`)) named.unavailable += 1;
      else lost.push(`${till}/${sale}, record ${seq} of ${stream}`);
    }
  }
  return {
    records: kept.length,
    arrived: there,
    sales: new Set(arrived.map(({ sale }) => sale)),
    ...named,
    lost: lost.slice(0, NAMED),
    duplicated: doubled(arrived).slice(0, NAMED),
    orderBreaks: orderBreaks(arrived),
    forks: hq.forks,
    chainBreaks: hq.chainBreaks,
    damaged: hq.damaged,
    alarms: hq.alarms.map(({ what, detail }) => `${what}: ${detail}`),
    notRecorded: hq.gapRecords.reduce((sum, { body }) => sum + (notRecorded.safeParse(body).data?.count ?? 0), 0),
  };
}

/** What headquarters was told about records that it has not got. */
class Excuses {
  readonly #accounted: HqBooks["accounted"];
  /** How many more of a stream may be missing, for a quarantine that says how many it left behind, but not which. */
  readonly #leftBehind = new Map<string, number>();
  /** The same of those that were left because headquarters had confirmed them, before it lost them itself. */
  readonly #heldByHq = new Map<string, number>();
  /** Records that retention had freed when headquarters asked for them again: each may have carried one of an earlier stream. */
  #freed: number;

  constructor({ accounted, gapRecords }: HqBooks) {
    this.#accounted = accounted;
    this.#freed = accounted.reduce((sum, { why, from, to }) => sum + (why === "unavailable" ? to - from + 1 : 0), 0);
    for (const { body } of gapRecords) {
      const { stream, leftBehind, heldByHq, endUnknown = false } = quarantine.safeParse(body).data ?? {};
      if (stream === undefined || leftBehind === undefined) continue;
      const more = endUnknown ? Number.POSITIVE_INFINITY : leftBehind.count;
      this.#leftBehind.set(stream, (this.#leftBehind.get(stream) ?? 0) + more);
      this.#heldByHq.set(stream, (this.#heldByHq.get(stream) ?? 0) + (heldByHq?.count ?? 0));
    }
  }

  of(stream: string, seq: number): "parked" | "unavailable" | "quarantined" | undefined {
    const found = this.#accounted.find((one) => one.stream === stream && one.from <= seq && seq <= one.to);
    if (found !== undefined) return found.why === "released" ? "parked" : found.why;
    if (takeOne(this.#leftBehind, stream)) return "quarantined";
    if (takeOne(this.#heldByHq, stream)) return "unavailable";
    if (this.#freed === 0) return undefined;
    this.#freed -= 1;
    return "unavailable";
  }
}

function takeOne(counts: Map<string, number>, stream: string): boolean {
  const left = counts.get(stream) ?? 0;
  if (left > 0) counts.set(stream, left - 1);
  return left > 0;
}

function arrivedSales(databaseFile: string): readonly ArrivedSale[] {
  const db = new Database(databaseFile, { readonly: true, fileMustExist: true });
  try {
    return db.prepare<[], ArrivedSale>(ARRIVED).all();
  } finally {
    db.close();
  }
}

function doubled(arrived: readonly ArrivedSale[]): readonly string[] {
  const seen = new Set<string>();
  return arrived.flatMap(({ sale }) => {
    if (seen.has(sale)) return [sale];
    seen.add(sale);
    return [];
  });
}

/** A till counts its sales, also from one life of the writer to the next. */
function orderBreaks(arrived: readonly ArrivedSale[]): number {
  const newest = new Map<string, number>();
  let breaks = 0;
  for (const { sale } of arrived) {
    const [till = "", number] = sale.split("/");
    const n = Number(number);
    const before = newest.get(till) ?? 0;
    if (n < before) breaks += 1;
    newest.set(till, Math.max(n, before));
  }
  return breaks;
}
