/**
 * What the protocol itself tells of a line that can spoil bytes, since the driver was made. The first evidence of noise:
 * Linux drops bytes with a wrong parity or frame before anybody sees them, and many USB adapters count nothing
 * (link-health.md, findings 7 and 8). Zero at the start.
 */
export const LINE_COUNTERS = {
  /** Whole, with the right checksum. */
  framesReceived: 0,
  /** Each time that one goes out. */
  framesSent: 0,
  acksReceived: 0,
  /** The terminal could not read what was sent. */
  naksReceived: 0,
  naksSent: 0,
  /** Frames that went out again, for a NAK or because nothing came. */
  retransmits: 0,
  checksumFaults: 0,
  /** Begun and not ended in time, or another one began inside. */
  truncatedFrames: 0,
  /** Longer than any can be. */
  oversizedFrames: 0,
  /** Bytes between frames that mean nothing. */
  garbageBytes: 0,
} as const;

export type LineCounters = Record<keyof typeof LINE_COUNTERS, number>;
