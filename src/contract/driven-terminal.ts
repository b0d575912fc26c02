import { z } from "zod";
import { TERMINAL_STATES } from "../domain/terminal.ts";
import { timeWord } from "./words.ts";

const text = z.string().exactOptional();
const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** A text for people in the shop. */
export const wordsInTwo = z.strictObject({ en: z.string(), zh: z.string() });

/** How transactions ended. */
const counts = z.strictObject({
  transactions: count,
  approved: count,
  declined: count,
  failed: count,
  inDoubt: count,
  reversed: count,
  meanMs: z.number().min(0).exactOptional(),
  outages: count.exactOptional(),
  recoveries: count.exactOptional(),
});

/** What the protocol counted on a serial line. */
const lineCounts = z.strictObject({
  framesReceived: count,
  framesSent: count,
  acksReceived: count,
  naksReceived: count,
  naksSent: count,
  retransmits: count,
  checksumFaults: count,
  truncatedFrames: count,
  oversizedFrames: count,
  garbageBytes: count,
  linksLost: count,
});

const line = z.strictObject({
  lastHour: lineCounts,
  /** Since start where that is less than 24 hours. */
  lastDay: lineCounts,
  /** Spoilt among all frames that came in the last hour. */
  frameErrorRate: share.exactOptional(),
  /** The hour of the week, in the shop's time, with the largest share of spoilt frames; 1 is Monday. */
  worstHour: z
    .strictObject({
      weekday: z.int().min(1).max(7),
      hour: z.int().min(0).max(23),
      errorRate: share,
      timesMedian: z.number().min(0).exactOptional(),
    })
    .exactOptional(),
  /** What disturbs it, or only looks like that. Absent while nothing is wrong. */
  verdict: z
    .strictObject({
      /** A stable word; `notEnoughEvidence` when nothing can be said, and then `next` says what to measure. */
      cause: z.string(),
      confidence: share,
      evidence: z
        .array(
          z.strictObject({
            figure: z.string(),
            value: z.number(),
            unit: z.string(),
            usual: z.number().exactOptional(),
            limit: z.number().exactOptional(),
          }),
        )
        .readonly(),
      advice: wordsInTwo,
      next: wordsInTwo.exactOptional(),
    })
    .exactOptional(),
});

/** Members of `GET /api/v1/terminals` that a terminal has which tillgate drives. */
export const drivenTerminalFields = {
  family: text,
  group: text,
  state: z.enum(TERMINAL_STATES).exactOptional(),
  since: timeWord.exactOptional(),
  /** A stable word. */
  reason: text,
  /** What a technician should do. */
  advice: wordsInTwo.exactOptional(),
  /** What its link failed with, in its driver's words; absent while it answers. */
  found: text,
  pause: z
    .strictObject({ by: z.string(), who: z.string(), reason: z.string(), until: timeWord.exactOptional() })
    .exactOptional(),
  /** Who answers there. With the reason `wrongTerminal`: the one that is not meant. */
  serial: text,
  model: text,
  firmware: text,
  /** How much of the time it was in use. */
  utilisation: z.strictObject({ lastHour: share, lastDay: share }).exactOptional(),
  counts: counts.exactOptional(),
  /** Where it is on a serial line. */
  line: line.exactOptional(),
};

/** `GET /api/v1/operators`: at most 200 by name, those beyond together as `others`. */
export const operatorsAnswer = z.strictObject({
  asOf: timeWord,
  operators: z.array(z.strictObject({ operator: z.string(), counts })).readonly(),
});
