/** The byte at `at`; 0 beyond the end, so that a reader that has checked its bounds needs no second check. */
export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Two bytes, big-endian. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}

/** Four bytes, big-endian, as a signed number: for comparing and for bits, not for counting. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (byteAt(bytes, at) << 24) | (byteAt(bytes, at + 1) << 16) | (byteAt(bytes, at + 2) << 8) | byteAt(bytes, at + 3)
  );
}
