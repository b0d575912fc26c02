import { z } from "zod";
import { sessionWord, streamWord, timeWord } from "./words.ts";

const alive = {
  session: sessionWord,
  /** The ledger's stream: records of any other are not to be expected in this session. */
  stream: streamWord,
  at: timeWord,
  /** Of tillgate. */
  version: z.string().min(1).max(64),
};

/**
 * Retained on `status`. `online` is the birth, `offline` the will; both carry the same `session`, so that an
 * `offline` of an earlier session is recognised as stale. `stopping` is the last word of a clean stop.
 */
export const gatewayStatusSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("online"), ...alive }),
  z.object({ state: z.literal("stopping"), ...alive }),
  z.object({ state: z.literal("offline"), session: sessionWord }),
]);

export type GatewayStatus = z.output<typeof gatewayStatusSchema>;
