import Database from "better-sqlite3";
import { z } from "zod";
import { books, type HqBooks, type Missing } from "../../../src/sim/hq/books.ts";
import type { Kept } from "./writer-words.ts";

/** What became of everything that was acknowledged, as far as headquarters' database tells. */
export interface Verdict {
  /** Acknowledged. */
  readonly records: number;
  /** Of those, at headquarters. */
  readonly arrived: number;
  /** Not there, and listed as parked. */
  readonly parked: number;
  /** Not there, and listed as freed, or held back in a quarantine, after headquarters had confirmed it and lost it since. */
  readonly unavailable: number;
  /** Not there, and within what a quarantine names, or beyond a damaged end that it names. */
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

type Named = "parked" | "unavailable" | "quarantined";

const NAMED_AS: Readonly<Record<Missing, Named>> = {
  parked: "parked",
  released: "parked",
  unavailable: "unavailable",
  freed: "unavailable",
  quarantined: "quarantined",
  leftBehind: "quarantined",
};

const notRecorded = z.object({ event: z.literal("notRecorded"), count: z.int() });

/** Holds what was acknowledged against headquarters' database: each of it is there, or in a range that its books name. */
export function verdict(kept: readonly Kept[], databaseFile: string): Verdict {
  const hq = books(databaseFile);
  const arrived = arrivedSales(databaseFile);
  const byKey = new Map(arrived.map(({ stream, seq, sale }) => [`${stream} ${seq}`, sale]));
  const named = { parked: 0, unavailable: 0, quarantined: 0 };
  const lost: string[] = [];
  let there = 0;
  for (const record of kept) {
    const { stream, seq, till, sale } = record;
    const found = byKey.get(`${stream} ${seq}`);
    if (found === `${till}/${sale}`) there += 1;
    else if (found !== undefined) lost.push(`${till}/${sale} is ${found} at headquarters`);
    else {
      const name = namedAs(hq, record);
      if (name !== undefined) named[name] += 1;
      else lost.push(`${till}/${sale}, record ${seq} of ${stream}`);
    }
  }
  return {
    records: kept.length,
    arrived: there,
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

/** What headquarters' books say of a record that is not in them. */
function namedAs({ accounted, openEnds }: HqBooks, { stream, seq }: Kept): Named | undefined {
  const found = accounted.find((one) => one.stream === stream && one.from <= seq && seq <= one.to);
  if (found !== undefined) return NAMED_AS[found.why];
  return openEnds.some((end) => end.stream === stream && seq > end.after) ? "quarantined" : undefined;
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
