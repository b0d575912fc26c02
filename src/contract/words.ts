import { z } from "zod";
import { seq, streamId } from "../domain/record.ts";

/** UUID in lower case: one ledger's life. */
export const streamWord = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .transform(streamId);

/** Position of a record: from 1. */
export const seqWord = z.int().min(1).transform(seq);

/** SHA-256 in lower-case hexadecimal digits. */
export const digestWord = z.string().regex(/^[0-9a-f]{64}$/);

/** RFC 3339 in UTC with milliseconds. */
export const timeWord = z.iso.datetime({ precision: 3 });

/** One connection of one process: differs from every other of the same gateway or headquarters. */
export const sessionWord = z.string().min(1).max(128);
