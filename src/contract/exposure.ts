import { z } from "zod";
import { streamWord, timeWord } from "./words.ts";

const minor = z.int().min(0);

const sum = z.object({
  /** Absent where the money belongs to no terminal, and in the rest of a shop with very many. */
  terminal: z.string().exactOptional(),
  /** ISO 4217 letters; the three digits of DE49 where there are none; `none` where there is no amount. */
  currency: z.string().regex(/^([A-Z]{3}|[0-9]{3}|none)$/),
  /** Transactions; batches in `unbalanced`, records in `parked`. */
  count: z.int().min(0),
  /** Minor units that the shop is to get, that customers are to get back, and that are only reserved. Never set off. */
  debit: minor,
  credit: minor,
  hold: minor,
});

const measure = z.object({
  count: z.int().min(0),
  /** Absent when there is none. */
  oldestAgeS: z.int().min(0).exactOptional(),
  /** The clock was not set then or is not now: perhaps it is much older. */
  oldestAgeIsAtLeast: z.literal(true).exactOptional(),
  sums: z.array(sum).readonly(),
});

/** Retained on `exposure`, and `GET /api/v1/exposure`: money at risk. What each measure means stands in the HQ guide. */
export const exposureSchema = z.object({
  asOf: timeWord,
  /** Whether `asOf` can be believed. */
  clockSynced: z.boolean(),
  stream: streamWord,
  /** The first record that counts, when retention had freed those before it. */
  countsFrom: z.int().min(2).exactOptional(),
  inDoubt: measure,
  reversalAbandoned: measure,
  unsettled: measure,
  notUploaded: measure,
  unbalanced: measure,
  /** What headquarters has not confirmed yet: `records` of any kind, `count` transactions that they tell of. */
  unreported: measure.extend({ records: z.int().min(0) }),
  /** Records that the broker cannot be given. */
  parked: measure,
});
