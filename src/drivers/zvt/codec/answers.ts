import { encodeApdu } from "./apdu.ts";

/** 80 00: taken. Answers are never answered themselves. */
export function positive(): Uint8Array {
  return encodeApdu(0x8000);
}

/** 84 xx: not taken. @param code  See results.ts. */
export function negative(code: number): Uint8Array {
  return encodeApdu(0x8400 | code);
}

/** 84 83: the ECR cannot do what the terminal asks for. */
export const NOT_SUPPORTED = 0x83;
