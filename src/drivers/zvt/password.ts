import type { Secret } from "../../runtime/secret.ts";

/** Three bytes BCD on the wire (PA00P015; reference zvt.md, BMP 3D). */
export function isZvtPassword(password: Secret): boolean {
  return /^\d{6}$/.test(password.reveal());
}
