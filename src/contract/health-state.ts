import { z } from "zod";
import { HEALTH_STATUSES } from "../domain/health.ts";
import { timeWord } from "./words.ts";

const status = z.enum(HEALTH_STATUSES);

/**
 * Retained on `health`: the gateway's health in short. The whole tree stands at `/health` on the gateway itself.
 * After `expiresAt` it says nothing about the present any more.
 */
export const healthStateSchema = z.object({
  status,
  asOf: timeWord,
  expiresAt: timeWord,
  /** One for each part below the root of the tree, in its order. */
  parts: z.array(
    z.object({
      name: z.string(),
      status,
      since: timeWord.exactOptional(),
      /** Why it is not `pass`, and what to do, in words for a technician. */
      reason: z.string().exactOptional(),
      advice: z.string().exactOptional(),
    }),
  ),
});

export type HealthState = z.output<typeof healthStateSchema>;
