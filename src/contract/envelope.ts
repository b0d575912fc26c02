import { z } from "zod";
import { bootId } from "../domain/clock.ts";
import { LANES, RECORD_KINDS } from "../domain/record.ts";
import { isName, terminalId } from "../domain/terminal.ts";
import { digestWord, seqWord, streamWord, timeWord } from "./words.ts";

/**
 * The payload of every message under `records/` and `replay/`, in RFC 8785 canonical form.
 * (stream, seq) is the key that makes a record count once; `hash` covers `prevHash` and all the rest.
 */
export const envelopeSchema = z.object({
  stream: streamWord,
  seq: seqWord,
  kind: z.enum(RECORD_KINDS),
  lane: z.enum(LANES),
  terminal: z.string().refine(isName).transform(terminalId).exactOptional(),
  at: timeWord,
  clock: z.object({
    bootId: z.string().min(1).max(64).transform(bootId),
    monotonicMs: z.int().min(0),
    synced: z.boolean(),
  }),
  prevHash: digestWord,
  hash: digestWord,
  body: z.record(z.string(), z.json()),
});
