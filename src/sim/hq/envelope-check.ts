import { hash } from "node:crypto";
import { envelopeSchema } from "../../contract/envelope.ts";
import type { Envelope } from "../../domain/record.ts";

/** Bytes of one record's message: a ledger keeps below 64 KiB. */
const MAX_BYTES = 128 * 1024;

export type CheckedEnvelope =
  | { readonly ok: true; readonly envelope: Envelope }
  | { readonly ok: false; readonly why: string };

/**
 * Reads a record as it came, and computes its hash anew. Shares no code with the ledger, on purpose: a ledger that
 * hashes wrongly must not be able to prove itself.
 */
export function checkEnvelope(payload: Uint8Array): CheckedEnvelope {
  if (payload.byteLength > MAX_BYTES) return { ok: false, why: `${payload.byteLength} bytes` };
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return { ok: false, why: "not JSON in UTF-8" };
  }
  const parsed = envelopeSchema.safeParse(value);
  if (!parsed.success) return { ok: false, why: `not an envelope: ${parsed.error.issues[0]?.path.join(".") ?? ""}` };
  const { hash: claimed, ...hashed } = parsed.data;
  if (hashOf(hashed.prevHash, hashed) !== claimed) return { ok: false, why: "the hash does not fit" };
  return { ok: true, envelope: parsed.data };
}

/** contracts.md, "Ledger envelope": SHA-256 over the bytes of `prevHash` and the canonical envelope without `hash`. */
function hashOf(prevHash: string, withoutHash: unknown): string {
  return hash("sha256", Buffer.concat([Buffer.from(prevHash, "hex"), Buffer.from(canonical(withoutHash))]), "hex");
}

/** RFC 8785 for what JSON.parse made. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
