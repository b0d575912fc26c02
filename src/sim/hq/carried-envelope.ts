import type { Envelope } from "../../domain/record.ts";
import { canonical, type CheckedEnvelope, checkEnvelope } from "./envelope-check.ts";

/** What a carried record carries, as text, and what its check says. */
export type Carried = CheckedEnvelope & { readonly text: string; readonly payload: Uint8Array };

/**
 * The record of an earlier stream inside of a carried one, its hash computed anew; `undefined` for any other kind.
 * A hash covers the canonical form, so it does not matter how the carrying record was written.
 */
export function carriedIn({ kind, body }: Envelope): Carried | undefined {
  if (kind !== "carried") return undefined;
  const text = canonical(body["envelope"] ?? null);
  const payload = Buffer.from(text);
  return { ...checkEnvelope(payload), text, payload };
}
