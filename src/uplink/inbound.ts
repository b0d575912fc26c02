import type { z } from "zod";

/** Bytes of one receipt or status: a receipt that names 100 holes has 1,900. */
const MAX_BYTES = 8 * 1024;

/** Reads a message from outside: `undefined` for anything that is not what it should be. */
export function parseMessage<T>(schema: z.ZodType<T>, payload: Buffer): T | undefined {
  if (payload.byteLength > MAX_BYTES) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(payload.toString("utf8"));
  } catch {
    return undefined;
  }
  return schema.safeParse(value).data;
}
