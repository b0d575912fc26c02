import { hash, timingSafeEqual } from "node:crypto";
import type { Secret } from "../runtime/secret.ts";

const BEARER = /^Bearer ([\x21-\x7e]{1,256})$/;

/**
 * Whether a request carries the token (RFC 6750, 2.1). Takes the same time whatever it carries.
 *
 * @param token  Without one nobody may.
 */
export function mayAct(header: string | undefined, token: Secret | undefined): boolean {
  const [, given] = BEARER.exec(header ?? "") ?? [];
  if (given === undefined || token === undefined) return false;
  return timingSafeEqual(hash("sha256", given, "buffer"), hash("sha256", token.reveal(), "buffer"));
}
