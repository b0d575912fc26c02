import { z } from "zod";
import { isSection } from "../runtime/tls-options.ts";

interface Range {
  readonly unit: string;
  readonly max: number;
  readonly warn: number;
  readonly clear: number;
}

/** A figure that is a trouble from `warn` on, and none any more once it has fallen to `clear`. */
function highLimit(what: string, { unit, max, warn, clear }: Range) {
  return z
    .strictObject({
      warn: z.int().min(1).max(max).default(warn).describe(`${unit} from which health warns.`),
      clear: z.int().min(0).max(max).default(clear).describe(`${unit} down to which it must fall to be well again.`),
    })
    .refine((limit) => limit.clear < limit.warn, {
      error: "less than warn",
      params: { remedy: "make clear smaller than warn" },
      path: ["clear"],
      when: isSection,
    })
    .prefault({})
    .describe(what);
}

/** A figure of which it is a trouble to have no more than `warn`, and none any more from `clear` on. */
function lowLimit(what: string, { unit, max, warn, clear }: Range) {
  return z
    .strictObject({
      warn: z.int().min(0).max(max).default(warn).describe(`${unit} down to which health warns.`),
      clear: z.int().min(1).max(max).default(clear).describe(`${unit} from which it is well again.`),
    })
    .refine((limit) => limit.clear > limit.warn, {
      error: "more than warn",
      params: { remedy: "make clear larger than warn" },
      path: ["clear"],
      when: isSection,
    })
    .prefault({})
    .describe(what);
}

const PERCENT = { unit: "Percent", max: 100 } as const;

/** Section `health`: from where on something is a trouble. */
export const health = z.strictObject({
  temperatureC: highLimit("Heat of the processor.", { unit: "Degrees Celsius", max: 120, warn: 75, clear: 70 }),
  memoryFreePercent: lowLimit("Memory that programs can still have, of all.", { ...PERCENT, warn: 5, clear: 10 }),
  loadPerCore: highLimit("Programs that want the processor, for each of its cores.", {
    unit: "Programs",
    max: 1000,
    warn: 8,
    clear: 4,
  }),
  lateMs: highLimit("By how much tillgate's own timers come late.", {
    unit: "Milliseconds",
    max: 60_000,
    warn: 1000,
    clear: 500,
  }),
  cpuPressurePercent: highLimit("Time in which some program waited for the processor (PSI).", {
    ...PERCENT,
    warn: 80,
    clear: 50,
  }),
  ioPressurePercent: highLimit("Time in which some program waited for card or disk (PSI).", {
    ...PERCENT,
    warn: 20,
    clear: 10,
  }),
  memoryPressurePercent: highLimit("Time in which some program waited for memory (PSI).", {
    ...PERCENT,
    warn: 10,
    clear: 5,
  }),
  certificateDays: z
    .strictObject({
      warn: z.int().min(1).max(365).default(30).describe("Days before a certificate ends from which health warns."),
      fail: z.int().min(0).max(364).default(7).describe("Days before its end from which it counts as failing."),
    })
    .refine(({ warn, fail }) => fail < warn, {
      error: "fewer days than warn",
      params: { remedy: "make fail smaller than warn" },
      path: ["fail"],
      when: isSection,
    })
    .prefault({})
    .describe("How long before its end a certificate, ours or a peer's, is a trouble."),
});
