import { z } from "zod";
import { type BookSnapshot, SNAPSHOT_VERSION } from "./machine/book.ts";

/** Only the outer shape is checked: the text comes from our own store, whose pages carry their own checks. */
const outerShape = z.object({
  version: z.literal(SNAPSHOT_VERSION),
  terminals: z.array(
    z.object({
      terminal: z.string(),
      transactions: z.array(z.object({ id: z.string() })),
      batches: z.array(z.unknown()),
    }),
  ),
});

/** `undefined` for what this version did not write. */
export function readSnapshot(text: string): BookSnapshot | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isSnapshot(parsed) ? parsed : undefined;
}

function isSnapshot(value: unknown): value is BookSnapshot {
  return outerShape.safeParse(value).success;
}
