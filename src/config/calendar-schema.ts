import { z } from "zod";
import { boundedList } from "../runtime/bounded-list.ts";
import { text } from "./text-option.ts";

const day = text('a day in quotes, e.g. "2026-11-11"').regex(/^\d{4}-\d{2}-\d{2}$/);

const promotion = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(80)
    .describe("What people call it.")
    .meta({ examples: ["Double Eleven"] }),
  from: day.describe("Its first day, in the shop's time zone.").meta({ examples: ["2026-11-10"] }),
  to: day.describe("Its last day.").meta({ examples: ["2026-11-12"] }),
  load: z.number().min(1).max(100).default(2).describe("How many times a usual day's payments are expected."),
});

/** Section `calendar`. */
export const calendar = z.strictObject({
  promotions: boundedList(promotion, 0, 1000)
    .prefault([])
    .describe("Days with more payments than usual: the forecast of the day's load counts with them."),
});
