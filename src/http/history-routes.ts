import { closest } from "fastest-levenshtein";
import type { FastifyInstance } from "fastify";
import type { z } from "zod";
import { type historyAnswer, historyQuery, type historySeriesAnswer } from "../contract/history.ts";
import { instant } from "../domain/clock.ts";
import {
  type HistoryPoint,
  type HistoryQuery,
  type HistoryStep,
  type SeriesSpan,
  STEP_MS,
  type StoredSeries,
} from "../domain/history.ts";
import { seriesWords } from "../domain/history-series.ts";
import { type Clock, rfc3339 } from "../runtime/clock.ts";
import { problem, problemOf, queryProblem, sendProblem } from "./problems.ts";

/** The ledger's side of the past of every figure. */
export interface HistorySource {
  history(query: HistoryQuery): Promise<readonly HistoryPoint[]>;
  historySeries(): Promise<StoredSeries>;
}

const PARAMETERS = Object.keys(historyQuery.shape);
const DAY_MS = 86_400_000;
/** Told where nothing is asked for, and at most: some 3,000 and 10,000 points. ms. */
const USUAL_MS = { minute: DAY_MS, hour: 7 * DAY_MS } as const satisfies Record<HistoryStep, number>;
const MOST_MS = { minute: 2 * DAY_MS, hour: 400 * DAY_MS } as const satisfies Record<HistoryStep, number>;
const TOO_LONG = {
  minute: "Ask for two days at most, or give step=hour.",
  hour: "Ask for 400 days at most: older ones are not kept.",
} as const satisfies Record<HistoryStep, string>;

/** `GET /api/v1/history`: what was measured, for plots. */
export function historyRoutes(app: FastifyInstance, source: HistorySource, clock: Clock): void {
  app.get("/api/v1/history", async (request, reply) => {
    const query = historyQuery.safeParse(request.query);
    if (!query.success) return sendProblem(reply, queryProblem(query.error, PARAMETERS));
    const { series, step = "minute", from: fromText, to: toText } = query.data;
    const asOf = rfc3339(clock.now());
    const { series: known, dropped } = await source.historySeries();
    if (series === undefined) {
      const answer: z.input<typeof historySeriesAnswer> = { asOf, series: known.map(listed), dropped };
      return answer;
    }
    const names = known.map((one) => one.series);
    if (!names.includes(series)) return sendProblem(reply, unknownSeries(series, names));

    // The minute that is not over yet belongs to what is asked for.
    const to = toText === undefined ? clock.now() + STEP_MS.minute : Date.parse(toText);
    const from = fromText === undefined ? to - USUAL_MS[step] : Date.parse(fromText);
    if (from >= to) {
      return sendProblem(reply, problem("badQuery", { errors: [{ field: "from", remedy: "a time before `to`" }] }));
    }
    if (to - from > MOST_MS[step] + STEP_MS.minute) {
      const remedy = TOO_LONG[step];
      return sendProblem(reply, problemOf("rangeTooLong", { status: 422, title: "that is too much at once", remedy }));
    }
    const points = await source.history({ series, from, to, step });
    const answer: z.input<typeof historyAnswer> = {
      asOf,
      series,
      ...seriesWords(series),
      step,
      from: time(from),
      to: time(to),
      points: points.map(({ at, ...point }) => ({ at: time(at), ...point })),
    };
    return answer;
  });
}

function listed({ series, first, last }: SeriesSpan): z.input<typeof historySeriesAnswer>["series"][number] {
  return { series, ...seriesWords(series), first: time(first), last: time(last) };
}

/** Names a series of ours, never what was sent. */
function unknownSeries(asked: string, names: readonly string[]): ReturnType<typeof problemOf> {
  const near = names.length === 0 ? "Nothing was measured yet." : `The nearest is ${closest(asked, names)}.`;
  const remedy = `${near} GET /api/v1/history lists all.`;
  return problemOf("unknownSeries", { status: 404, title: "there is no such series", remedy });
}

function time(at: number): string {
  return rfc3339(instant(at));
}
