import { z } from "zod";
import { sessionWord } from "./words.ts";

/**
 * Retained on `hq/{tenant}/status`: whether somebody stores what gateways send. A new `session` means that
 * headquarters may not hold what it was handed and had not confirmed before. `offline` is the will.
 */
export const hqStatusSchema = z.object({
  state: z.enum(["online", "offline"]),
  session: sessionWord,
});

export type HqStatus = z.output<typeof hqStatusSchema>;
