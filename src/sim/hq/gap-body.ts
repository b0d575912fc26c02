import { z } from "zod";
import { digestWord, seqWord, streamWord } from "../../contract/words.ts";

/** What headquarters acts on in a `gap` record: see src/domain/gap.ts. Others are stored and listed like any record. */
export const gapBodySchema = z.discriminatedUnion("event", [
  z.object({
    event: z.literal("streamBegun"),
    because: z.string(),
    prevStream: streamWord.exactOptional(),
    prevHead: z.object({ seq: z.int().min(0), hash: digestWord }).exactOptional(),
  }),
  z.object({
    event: z.literal("quarantined"),
    stream: streamWord.exactOptional(),
    unreadable: z.array(z.object({ from: seqWord, to: seqWord })),
  }),
  z.object({ event: z.literal("parked"), seq: seqWord, hash: digestWord }),
  z.object({ event: z.literal("released"), seq: seqWord }),
  z.object({ event: z.literal("unavailable"), from: seqWord, to: seqWord }),
]);

export type GapBody = z.output<typeof gapBodySchema>;
