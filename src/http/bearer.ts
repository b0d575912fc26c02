import { hash, timingSafeEqual } from "node:crypto";
import type { Secret } from "../runtime/secret.ts";

const BEARER = /^Bearer ([\x21-\x7e]{1,256})$/;

/** The token that a request carries (RFC 6750, 2.1). */
export function bearerOf(header: string | undefined): string | undefined {
  return BEARER.exec(header ?? "")?.[1];
}

/**
 * Whether a request carries the token. Takes the same time whatever it carries.
 *
 * @param token  Without one nobody may.
 */
export function mayAct(header: string | undefined, token: Secret | undefined): boolean {
  const given = bearerOf(header);
  if (given === undefined || token === undefined) return false;
  return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", token.reveal(), "buffer"));
}
