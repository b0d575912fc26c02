import { Secret } from "../runtime/secret.ts";
import { displayReference, secretReference } from "../runtime/secret-reference.ts";

/** A copy of the config, or of a part of it, for logs: where a secret is kept stands as text, a loaded one as stars. */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Secret) return value.toJSON();
  const reference = secretReference.safeParse(value);
  if (reference.success) return displayReference(reference.data);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(inner)]));
}
