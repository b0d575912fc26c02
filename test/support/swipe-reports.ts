/** An invented card number, in track form: what must never come out of a reader's driver. */
const TRACKS = [
  "%B4111111111111111^TESTER/ANNE^30122010000000000?",
  ";4111111111111111=30122010000012345678?",
  "",
] as const;

export interface SwipeParts {
  readonly status?: readonly [number, number, number];
  readonly lengths?: readonly [number, number, number];
  readonly encodeType?: number;
  readonly serial?: string;
  readonly encryptionStatus?: readonly [number, number];
  readonly ksn?: Uint8Array;
  readonly bytes?: number;
}

/** A SureSwipe report (MagTek manual 413771, p. 21) with the tracks in clear. */
export function sureSwipeReport({
  status = [0, 0, 0],
  lengths = [TRACKS[0].length, TRACKS[1].length, 0],
  encodeType = 0,
  bytes = 337,
}: SwipeParts = {}): Uint8Array {
  const report = Buffer.alloc(337);
  report.set([...status, ...lengths, encodeType], 0);
  TRACKS.forEach((track, index) => report.write(track, 7 + index * 110, "latin1"));
  return Uint8Array.from(report.subarray(0, bytes));
}

/**
 * A MagneSafe report (MagTek manual 413692, p. 118). Where a reader has ciphertext and masked tracks, this has tracks in
 * clear: a driver that told of them would be found out.
 */
export function magneSafeReport({
  status = [0, 0, 0],
  lengths = [56, 40, 0],
  encodeType = 0,
  serial = "B0A1B2C",
  encryptionStatus = [0x00, 0x06],
  ksn = Uint8Array.of(0xff, 0xff, 0x98, 0x76, 0x54, 0x32, 0x10, 0xe0, 0x00, 0x08),
  bytes = 844,
}: SwipeParts = {}): Uint8Array {
  const report = Buffer.alloc(844);
  report.set([...status, ...lengths, encodeType], 0);
  TRACKS.forEach((track, index) => {
    report.write(track, 7 + index * 112, "latin1");
    report.write(track, 508 + index * 112, "latin1");
  });
  report.write(serial, 477, 16, "latin1");
  report.set(encryptionStatus, 493);
  report.set(ksn, 495);
  return Uint8Array.from(report.subarray(0, bytes));
}
