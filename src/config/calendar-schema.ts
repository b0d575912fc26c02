import { z } from "zod";
import { boundedList } from "../runtime/bounded-list.ts";
import { text } from "./text-option.ts";

const day = (what: string, example: string) =>
  text("a day, e.g. 2026-11-11")
    .refine(isDay)
    .describe(what)
    .meta({ examples: [example] });
const name = (example: string) =>
  z
    .string()
    .min(1)
    .max(80)
    .describe("What people call it.")
    .meta({ examples: [example] });
const NOT_BACKWARDS = {
  error: "a day that is not before from",
  params: { remedy: "exchange from and to, or write the same day twice" },
  path: ["to"],
};

const promotion = z
  .strictObject({
    name: name("Double Eleven").describe(
      "What people call it. From earlier days of the same name the forecast learns how much it sells.",
    ),
    from: day("Its first day, in the shop's time zone.", "2026-11-10"),
    to: day("Its last day.", "2026-11-12"),
    load: z
      .number()
      .min(1)
      .max(100)
      .default(2)
      .describe("How many times a usual day's payments are expected, until a day of it has been seen."),
  })
  .refine(({ from, to }) => from <= to, NOT_BACKWARDS);

const holiday = z
  .strictObject({
    name: name("Spring Festival"),
    from: day("Its first day, in the shop's time zone.", "2027-02-05"),
    to: day("Its last day.", "2027-02-11"),
    load: z
      .number()
      .min(0)
      .max(100)
      .default(0)
      .describe("How many times a usual day's payments are expected; 0: the shop is closed."),
  })
  .refine(({ from, to }) => from <= to, NOT_BACKWARDS);

const time = (what: string, example: string) =>
  text('a time of day in quotes, e.g. "09:00"')
    .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/)
    .describe(what)
    .meta({ examples: [example] });

const opening = z
  .strictObject({
    days: boundedList(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), 1, 7)
      .describe("Days of the week.")
      .meta({ examples: [["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] }),
    from: time("The shop opens, in its time zone.", "09:00"),
    to: time("The shop closes; 24:00 is midnight.", "22:00"),
  })
  .refine(({ from, to }) => from < to, {
    error: "a time after from",
    params: { remedy: "hours past midnight are an entry of their own, from 00:00 on the next day" },
    path: ["to"],
  });

/** Section `calendar`. */
export const calendar = z.strictObject({
  promotions: boundedList(promotion, 0, 1000)
    .prefault([])
    .describe(
      "Days with more payments than usual: the forecast of the load counts with them, and learns nothing usual from them.",
    ),
  holidays: boundedList(holiday, 0, 1000)
    .prefault([])
    .describe(
      "Days on which the shop is closed or sells otherwise than usual. A promotion of the same day goes first.",
    ),
  openingHours: boundedList(opening, 0, 100)
    .prefault([])
    .describe("When the shop is open: nothing is forecast outside. Without them it is what the history says."),
});

/** Also that the month has this day. */
function isDay(written: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(written)) return false;
  const ms = Date.parse(`${written}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(written);
}
