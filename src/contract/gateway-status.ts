import { z } from "zod";
import { seq } from "../domain/record.ts";
import { digestWord, sessionWord, streamWord, timeWord } from "./words.ts";

/** The newest durable record of `stream` at that moment: whoever keeps it sees later whether history was rewritten. */
const head = z.object({
  /** 0, with 64 zeros as hash, before the first record. */
  seq: z.int().min(0).transform(seq),
  hash: digestWord,
});

const alive = {
  session: sessionWord,
  /** The ledger's stream: records of any other are not to be expected in this session. */
  stream: streamWord,
  at: timeWord,
  /** Of tillgate. */
  version: z.string().min(1).max(64),
  /** Absent where the gateway's version does not say it yet, or its store did not answer. */
  head: head.exactOptional(),
};

/**
 * Retained on `status`. `online` is the birth, said again once a minute while `head` moves; `offline` the will; both carry the same `session`, so that an
 * `offline` of an earlier session is recognised as stale. `stopping` is the last word of a clean stop.
 */
export const gatewayStatusSchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("online"), ...alive }),
  z.object({ state: z.literal("stopping"), ...alive }),
  z.object({ state: z.literal("offline"), session: sessionWord }),
]);

export type GatewayStatus = z.output<typeof gatewayStatusSchema>;
