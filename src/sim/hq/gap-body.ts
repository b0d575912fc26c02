import { z } from "zod";
import { digestWord, seqWord, streamWord } from "../../contract/words.ts";

const range = z.object({ from: seqWord, to: seqWord });
const end = { endUnknown: z.literal(true).exactOptional(), lastKnown: z.int().min(0).exactOptional() };
const freed = z.array(
  z.object({ stream: streamWord, upTo: z.int().min(0), endUnknown: z.literal(true).exactOptional() }),
);

/** What headquarters acts on in a `gap` record: see src/domain/gap.ts. Others are stored and listed like any record. */
export const gapBodySchema = z.discriminatedUnion("event", [
  z.object({
    event: z.literal("streamBegun"),
    because: z.string(),
    prevStream: streamWord.exactOptional(),
    prevHead: z.object({ seq: z.int().min(0), hash: digestWord }).exactOptional(),
    freed: freed.exactOptional(),
  }),
  z.object({
    event: z.literal("quarantined"),
    stream: streamWord.exactOptional(),
    unreadable: z.array(range),
    leftBehindAt: z.array(range).exactOptional(),
    heldByHqAt: z.array(range).exactOptional(),
    earlier: z.array(z.object({ stream: streamWord, notCarried: z.array(range), ...end })).exactOptional(),
    ...end,
  }),
  z.object({ event: z.literal("parked"), seq: seqWord, hash: digestWord }),
  z.object({ event: z.literal("released"), seq: seqWord }),
  z.object({ event: z.literal("unavailable"), from: seqWord, to: seqWord, freed: freed.exactOptional() }),
]);

export type GapBody = z.output<typeof gapBodySchema>;
