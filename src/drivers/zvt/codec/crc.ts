import { byteAt } from "../../wire/bytes.ts";

/** x¹⁶+x¹²+x⁵+1, mirrored: CRC-16/KERMIT, start 0, nothing added at the end. The specification's own words for it are wrong. */
const POLYNOMIAL = 0x8408;

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ POLYNOMIAL;
  return crc;
});

export function crcStep(crc: number, byte: number): number {
  return (crc >> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0);
}

export function crcOf(bytes: Uint8Array, end = bytes.length): number {
  let crc = 0;
  for (let i = 0; i < end; i++) crc = crcStep(crc, byteAt(bytes, i));
  return crc;
}
