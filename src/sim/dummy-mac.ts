/**
 * Stands where a real terminal's MAC stands (DE64: eight printable hexadecimal characters, reference 1.10) but needs no
 * key: a 32-bit FNV-1a sum. Any single byte that a gateway changes on the way is noticed at the other end.
 *
 * @param message  From the MTI to the last byte before DE64.
 */
export function dummyMac(message: Uint8Array): string {
  let sum = 0x811c9dc5;
  for (const byte of message) sum = Math.imul(sum ^ byte, 0x01000193);
  return (sum >>> 0).toString(16).toUpperCase().padStart(8, "0");
}

/** DE64 of a message whose sender computes none, as in the reference's vectors. */
export const NO_MAC = "00000000";
