import { readFileSync } from "node:fs";

/** sqlite.org/walformat.html, section 2.1 "The WAL-Index Header": two equal copies, in the machine's own byte order. */
const COPY_BYTES = 48;
const INITIALISED_AT = 12;
const FRAMES_AT = 16;
const SALTS_AT = 32;

/** What the memory that a log's users share says of that log. */
export interface SharedHeader {
  /** Frames of commits. They were synced before this was written. */
  readonly frames: number;
  /** As they stand in the log's own header. */
  readonly salts: bigint;
}

/**
 * Reads a `-shm` file, which a killed process leaves as it was: it knows where the log ended also when that was cut off.
 * `undefined` when there is none, or none that says anything. After a power loss it can be older than the log, never newer.
 */
export function readSharedHeader(path: string): SharedHeader | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    return undefined;
  }
  if (bytes.length < 2 * COPY_BYTES || bytes[INITIALISED_AT] !== 1) return undefined;
  const isTorn = !bytes.subarray(0, COPY_BYTES).equals(bytes.subarray(COPY_BYTES, 2 * COPY_BYTES));
  if (isTorn) return undefined;
  // Every machine that better-sqlite3 is built for counts from the low end.
  return { frames: bytes.readUInt32LE(FRAMES_AT), salts: bytes.readBigUInt64BE(SALTS_AT) };
}
