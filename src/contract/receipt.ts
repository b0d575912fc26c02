import { z } from "zod";
import { seq } from "../domain/record.ts";
import { digestWord, seqWord, streamWord } from "./words.ts";

/** A receipt names at most so many holes, the oldest first. */
export const MAX_MISSING = 100;

/**
 * Headquarters' word on what it has stored of one stream, on `receipts`. A position counts as stored when a `gap` record
 * accounts for it: parked, or no longer available. It stays so when the record is released and comes after all.
 */
export const receiptSchema = z.object({
  stream: streamWord,
  /** Everything from the first record to this one is stored; 0 when not even the first. */
  upTo: z.int().min(0).transform(seq),
  /**
   * Of the record at `upTo` as headquarters holds it. The gateway compares it with its own before it frees anything; without
   * it, a ledger that lost its newest records and used their numbers again is not recognised. Absent where headquarters has
   * only a `gap` record's word for that position, and at 0.
   */
  hash: digestWord.exactOptional(),
  /** Above `upTo` and below something stored: not stored. */
  missing: z.array(seqWord).max(MAX_MISSING),
});

export type Receipt = z.output<typeof receiptSchema>;
