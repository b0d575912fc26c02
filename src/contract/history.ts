import { z } from "zod";
import { HISTORY_STEPS } from "../domain/history.ts";
import { parameter, TIME, utcTime } from "./http.ts";
import { timeWord } from "./words.ts";

/** `GET /api/v1/history`: all may be left out; without `series` the answer is the list of them. */
export const historyQuery = z.strictObject({
  series: parameter("the name of a series, as GET /api/v1/history lists it", (value) =>
    /^[\w.:/@-]{1,160}$/.test(value) ? value : undefined,
  ),
  from: parameter(TIME, utcTime),
  to: parameter(TIME, utcTime),
  step: parameter(`one of ${HISTORY_STEPS.join(", ")}`, (value) => HISTORY_STEPS.find((step) => step === value)),
});

const words = z.strictObject({ en: z.string(), zh: z.string() });

export const historySeriesAnswer = z.strictObject({
  asOf: timeWord,
  series: z
    .array(
      z.strictObject({
        series: z.string(),
        unit: z.string(),
        label: words,
        /** The hours in which the first and the newest figure lie. */
        first: timeWord,
        last: timeWord,
      }),
    )
    .readonly(),
  /** Hours and minutes that made room for others. */
  dropped: z.int().min(0),
});

export const historyAnswer = z.strictObject({
  asOf: timeWord,
  series: z.string(),
  unit: z.string(),
  label: words,
  step: z.enum(HISTORY_STEPS),
  from: timeWord,
  to: timeWord,
  /** In order of time. Where nothing was measured there is none. */
  points: z
    .array(
      z.strictObject({
        /** Beginning of the minute or hour. */
        at: timeWord,
        count: z.int().min(1),
        min: z.number(),
        mean: z.number(),
        max: z.number(),
        /** The clock of then was not known to be right. */
        undated: z.literal(true).exactOptional(),
      }),
    )
    .readonly(),
});
