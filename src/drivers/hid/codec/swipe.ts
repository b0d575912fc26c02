/**
 * What a swipe report tells beside the card: these functions read no byte of a track.
 *
 * Offsets: MagTek manuals 413771 (SureSwipe, p. 21) and 413692 (MagneSafe, p. 118), as `reference/hid-and-serial.md` has
 * them. All offsets are of the report without a report id.
 */

export type TrackQuality = "read" | "empty" | "error";

export interface SwipeQuality {
  /** Tracks 1 to 3. */
  readonly tracks: readonly [TrackQuality, TrackQuality, TrackQuality];
}

export interface MagneSafeSwipe extends SwipeQuality {
  /** How the card is encoded: `iso`, `aamva`, …; `unknown` for codes that the manual does not list. */
  readonly encodeType: string;
  /** The reader's two bytes in hex. */
  readonly encryptionStatus: string;
  /** Without a key serial number the reader has no key, and what it sends is not encrypted. */
  readonly hasKsn: boolean;
  /** The reader's own serial number; `undefined` where it is blank or does not look like one. */
  readonly readerSerial: string | undefined;
}

export type SwipeReading<T> =
  | { readonly kind: "swipe"; readonly swipe: T }
  /** Shorter than its layout: another device, or another report. */
  | { readonly kind: "short" }
  /** A track longer than its field: not this layout. */
  | { readonly kind: "strange" };

const SURE_SWIPE = { bytes: 337, trackBytes: 110 } as const;

const MAGNE_SAFE = {
  /** Up to and with the masked tracks' lengths. Later fields differ between models. */
  bytes: 508,
  trackBytes: 112,
  encodeType: 6,
  serial: { start: 477, end: 493 },
  encryptionStatus: { start: 493, end: 495 },
  ksn: { start: 495, end: 505 },
} as const;

const ENCODE_TYPES = ["iso", "aamva", "cadl", "blank", "other", "undetermined", "none"];

/** A SureSwipe report holds the card's tracks in clear: only bytes 0 to 5 are read. */
export function readSureSwipe(report: Uint8Array): SwipeReading<SwipeQuality> {
  return readQuality(report, SURE_SWIPE);
}

export function readMagneSafe(report: Uint8Array): SwipeReading<MagneSafeSwipe> {
  const reading = readQuality(report, MAGNE_SAFE);
  if (reading.kind !== "swipe") return reading;
  const { serial, encryptionStatus, ksn, encodeType } = MAGNE_SAFE;
  return {
    kind: "swipe",
    swipe: {
      tracks: reading.swipe.tracks,
      encodeType: ENCODE_TYPES[report[encodeType] ?? ENCODE_TYPES.length] ?? "unknown",
      encryptionStatus: hexOf(report.subarray(encryptionStatus.start, encryptionStatus.end)),
      hasKsn: report.subarray(ksn.start, ksn.end).some((byte) => byte !== 0),
      readerSerial: serialIn(report.subarray(serial.start, serial.end)),
    },
  };
}

/** Bytes 0 to 2: status, bit 0 is an error; 3 to 5: lengths. */
function readQuality(
  report: Uint8Array,
  { bytes, trackBytes }: { readonly bytes: number; readonly trackBytes: number },
): SwipeReading<SwipeQuality> {
  if (report.length < bytes) return { kind: "short" };
  if (report.subarray(3, 6).some((length) => length > trackBytes)) return { kind: "strange" };
  return { kind: "swipe", swipe: { tracks: [qualityOf(report, 0), qualityOf(report, 1), qualityOf(report, 2)] } };
}

function qualityOf(report: Uint8Array, track: 0 | 1 | 2): TrackQuality {
  const hasError = (report[track] ?? 0) % 2 === 1;
  if (hasError) return "error";
  return report[3 + track] === 0 ? "empty" : "read";
}

/**
 * Letters and digits up to a NUL. A reader of another layout may have a card number in this place: a long run of digits is
 * not told.
 */
function serialIn(field: Uint8Array): string | undefined {
  const text = String.fromCharCode(...field);
  const [, serial] = /^([A-Z0-9]{1,15})\0+$/i.exec(text) ?? [];
  return serial === undefined || /[0-9]{12}/.test(serial) ? undefined : serial;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
