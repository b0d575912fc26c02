import { z } from "zod";
import { type Envelope, seq } from "../../src/domain/record.ts";
import { parseEnvelope } from "../../src/contract/envelope-hash.ts";
import type { Ledger } from "../../src/queue/ledger.ts";

/** Every record of a ledger, oldest first, each held against the public schema and its own hash. */
export async function envelopesIn(ledger: Ledger): Promise<readonly Envelope[]> {
  const envelopes: Envelope[] = [];
  while (envelopes.length < ledger.durable) {
    for (const { envelope } of await ledger.page(seq(envelopes.length + 1), 500)) {
      const parsed = parseEnvelope(envelope);
      if (!parsed.ok) throw new Error(`record ${envelopes.length + 1}: ${parsed.reason}`);
      envelopes.push(parsed.envelope);
    }
  }
  return envelopes;
}

const tallySchema = z.object({
  count: z.int(),
  sums: z.array(z.object({ currency: z.string(), count: z.int(), amount: z.int() })),
});

const rangesSchema = z.array(z.object({ from: z.int(), to: z.int() }));

export const streamBegunSchema = z.object({
  event: z.literal("streamBegun"),
  because: z.string(),
  prevStream: z.string().optional(),
  prevHead: z.object({ seq: z.int(), hash: z.string() }).optional(),
  freed: z.array(z.object({ stream: z.string(), upTo: z.int(), endUnknown: z.literal(true).optional() })).optional(),
});

export const quarantinedSchema = z.object({
  event: z.literal("quarantined"),
  name: z.string(),
  reason: z.string(),
  stream: z.string().optional(),
  carried: tallySchema,
  leftBehind: tallySchema,
  leftBehindAt: rangesSchema.optional(),
  heldByHq: tallySchema.optional(),
  heldByHqAt: rangesSchema.optional(),
  unreadable: rangesSchema,
  earlier: z
    .array(
      z.object({
        stream: z.string(),
        notCarried: rangesSchema,
        endUnknown: z.literal(true).optional(),
        lastKnown: z.int().optional(),
      }),
    )
    .optional(),
  endUnknown: z.literal(true).optional(),
  lastKnown: z.int().optional(),
});

/** The envelope of an earlier stream that a `carried` record holds, held against the public schema and its own hash. */
export function carriedEnvelope({ body }: Envelope): Envelope {
  const parsed = parseEnvelope(JSON.stringify(body["envelope"]));
  if (!parsed.ok) throw new Error(`a carried record is not whole: ${parsed.reason}`);
  return parsed.envelope;
}
