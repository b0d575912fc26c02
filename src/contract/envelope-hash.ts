import { createHash } from "node:crypto";
import type { z } from "zod";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Envelope } from "../domain/record.ts";
import { envelopeSchema } from "./envelope.ts";

export type ParsedEnvelope =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly reason: string };

/**
 * SHA-256 over the 32 bytes of `prevHash` and the canonical envelope without `hash`: 64 lower-case hexadecimal digits.
 *
 * @param envelope  With all members that came, those that this version does not know included: the hash covers them.
 * @throws TypeError when it holds something that is not JSON.
 */
export function envelopeHash(envelope: { readonly prevHash: string; readonly hash?: unknown }): string {
  const { hash: _covered, ...rest } = envelope;
  return createHash("sha256").update(envelope.prevHash, "hex").update(canonicalJson(rest)).digest("hex");
}

/**
 * Reads a payload from `records/` or `replay/` and computes its hash again. What is not written canonically is accepted
 * when its hash fits, for that is over the canonical form and not over the bytes that came.
 */
export function parseEnvelope(payload: Uint8Array | string): ParsedEnvelope {
  const text = typeof payload === "string" ? payload : Buffer.from(payload).toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own words quote the payload.
    return { ok: false, reason: "not JSON" };
  }
  const parsed = envelopeSchema.safeParse(value);
  if (!parsed.success) return { ok: false, reason: reasonOf(parsed.error) };
  return isIntact(value)
    ? { ok: true, envelope: parsed.data }
    : { ok: false, reason: "hash: does not fit the content" };
}

/** Looks at what came, not at what the schema made of it: members that this version does not know are hashed too. */
function isIntact(value: unknown): boolean {
  if (typeof value !== "object" || value === null || !("prevHash" in value) || !("hash" in value)) return false;
  const { prevHash, hash } = value;
  if (typeof prevHash !== "string") return false;
  try {
    return envelopeHash({ ...value, prevHash }) === hash;
  } catch {
    // Something that canonical JSON cannot hold, such as half a surrogate pair: no ledger wrote it.
    return false;
  }
}

function reasonOf(error: z.ZodError): string {
  return error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
}
