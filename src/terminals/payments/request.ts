import { hash } from "node:crypto";
import { canonicalJson } from "../../domain/canonical-json.ts";

/** 64 hexadecimal digits: the key itself, which could be anything, never stands in the ledger. */
export function keyHashOf(idempotencyKey: string): string {
  return hash("sha256", idempotencyKey, "hex");
}

/** Equal for requests that say the same, however they were written. @param what  Keeps two routes apart. */
export function requestHashOf(what: "payment" | "alternative", request: object): string {
  return hash("sha256", `${what} ${canonicalJson(request)}`, "hex");
}
