/** Bytes from hexadecimal with spaces. */
export function hex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text.replace(/\s+/g, ""), "hex"));
}

export function asHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
