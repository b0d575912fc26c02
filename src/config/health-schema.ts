import { z } from "zod";

/** Section `health`: limits of the machine itself. */
export const health = z.strictObject({
  temperatureC: z
    .int()
    .min(40)
    .max(120)
    .default(75)
    .describe("Degrees Celsius of the processor from which health warns."),
  writtenMbPerDay: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(2000)
    .describe("MiB that the whole machine may write to its card or disk in a day before health warns."),
  certificateDays: z
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe("Days before a certificate expires from which health warns."),
});
