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
};

/** `GET /api/v1/operators`: at most 200 by name, those beyond together as `others`. */
export const operatorsAnswer = z.strictObject({
  asOf: timeWord,
  operators: z.array(z.strictObject({ operator: z.string(), counts })).readonly(),
});
