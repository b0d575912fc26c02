import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import {
  type HistoryHour,
  type HistoryPoint,
  type HistoryQuery,
  placeOf,
  pointsOf,
  type SeriesSpan,
  STEP_MS,
  type StoredSeries,
} from "../../domain/history.ts";
import { BUSY_TIMEOUT_MS, failureOf } from "../sqlite.ts";
import { HISTORY_FILE } from "./history-file.ts";
import { unpackMinutes } from "./packed-minutes.ts";

/** Each hour is looked up by its key: a read takes as long as its span, whatever else the file holds. */
const SPAN = "WITH RECURSIVE span (at) AS (VALUES (@first) UNION ALL SELECT at + 1 FROM span WHERE at < @last)";

interface Bounds {
  readonly series: string;
  readonly first: number;
  readonly last: number;
}

/** The points of one series that are on disk, in order of time; none where there is no such series or file. */
export function readHistory(directory: string, query: HistoryQuery): readonly HistoryPoint[] {
  const bounds: Bounds = { series: query.series, first: placeOf(query.from).hour, last: placeOf(query.to - 1).hour };
  const read = query.step === "minute" ? minutePoints : hourPoints;
  return reading(directory, (db) => read(db, bounds, query)) ?? [];
}

export function readSeries(directory: string): StoredSeries {
  const found = reading(directory, (db) => {
    const rows = db.prepare<[], SeriesSpan>("SELECT name AS series, first, last FROM series ORDER BY name").all();
    const oldest = db.prepare<[], number>("SELECT hour FROM hour ORDER BY hour LIMIT 1").pluck().get();
    return {
      series: rows.map(({ series, first, last }) => ({
        series,
        first: Math.max(first, oldest ?? first) * STEP_MS.hour,
        last: last * STEP_MS.hour,
      })),
      dropped: db.prepare<[], number>("SELECT rows FROM dropped").pluck().get() ?? 0,
    };
  });
  return found ?? { series: [], dropped: 0 };
}

function minutePoints(db: Database.Database, bounds: Bounds, query: HistoryQuery): readonly HistoryPoint[] {
  const rows = db
    .prepare<[Bounds], { readonly hour: number; readonly packed: Buffer; readonly undated: number | null }>(
      `${SPAN} SELECT minutes.hour, packed, undated FROM span
       JOIN series ON series.name = @series
       JOIN minutes ON minutes.hour = span.at AND minutes.series = series.id
       LEFT JOIN hour ON hour.hour = span.at AND hour.series = series.id`,
    )
    .all(bounds);
  const hours = rows.map(({ hour, packed, undated }): HistoryHour => ({
    series: query.series,
    hour,
    isUndated: undated === 1,
    minutes: unpackMinutes(packed),
  }));
  return pointsOf(hours, query);
}

interface HourRow {
  readonly hour: number;
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly undated: number;
}

function hourPoints(db: Database.Database, bounds: Bounds, { from, to }: HistoryQuery): readonly HistoryPoint[] {
  return db
    .prepare<[Bounds], HourRow>(
      `${SPAN} SELECT hour.hour, count, least AS min, mean, most AS max, undated FROM span
       JOIN series ON series.name = @series
       JOIN hour ON hour.hour = span.at AND hour.series = series.id`,
    )
    .all(bounds)
    .map(({ hour, undated, ...aggregate }): HistoryPoint => ({
      at: hour * STEP_MS.hour,
      ...aggregate,
      ...(undated === 1 ? { undated: true } : {}),
    }))
    .filter(({ at }) => at >= from && at < to);
}

/** What is damaged reads as empty: the next write sets it aside and begins anew. */
function reading<T>(directory: string, work: (db: Database.Database) => T): T | undefined {
  const path = join(directory, HISTORY_FILE);
  if (!existsSync(path)) return undefined;
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, timeout: BUSY_TIMEOUT_MS });
    return work(db);
  } catch (error) {
    if (failureOf(error).code === "store.damaged") return undefined;
    throw error;
  } finally {
    db?.close();
  }
}
