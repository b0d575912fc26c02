import type { Aggregate } from "../../domain/history.ts";

const MINUTES = 60;
/** Two masks of 60 bits: the minutes that are there, and of those the ones with a single value. */
const MASK_BYTES = 8;
const HEAD_BYTES = 2 * MASK_BYTES;
const VALUE_BYTES = 4;
const COUNT_BYTES = 2;
const SEVERAL_BYTES = COUNT_BYTES + 3 * VALUE_BYTES;
const MOST = 0xff_ff;
/** What a 32 bit float can carry. */
const DIGITS = 7;

/**
 * An hour's minutes in few bytes: 4 for a minute with a single value, 14 for one with several, nothing for a gap. Values keep
 * about seven digits; a count stops at 65,535.
 */
export function packMinutes(minutes: ReadonlyMap<number, Aggregate>): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + MINUTES * SEVERAL_BYTES);
  const view = new DataView(bytes.buffer);
  let present = 0n;
  let alone = 0n;
  let end = HEAD_BYTES;
  const put = (value: number): void => {
    view.setFloat32(end, value, true);
    end += VALUE_BYTES;
  };
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const aggregate = minutes.get(minute);
    if (aggregate === undefined) continue;
    const bit = 1n << BigInt(minute);
    present |= bit;
    const { count, min, mean, max } = aggregate;
    if (count === 1) {
      alone |= bit;
      put(mean);
      continue;
    }
    view.setUint16(end, Math.min(count, MOST), true);
    end += COUNT_BYTES;
    put(min);
    put(mean);
    put(max);
  }
  view.setBigUint64(0, present, true);
  view.setBigUint64(MASK_BYTES, alone, true);
  return bytes.slice(0, end);
}

/** Of what is not whole only the minutes that are: it never throws. */
export function unpackMinutes(bytes: Uint8Array): Map<number, Aggregate> {
  const minutes = new Map<number, Aggregate>();
  if (bytes.byteLength < HEAD_BYTES) return minutes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const present = view.getBigUint64(0, true);
  const alone = view.getBigUint64(MASK_BYTES, true);
  const value = (at: number): number => Number(view.getFloat32(at, true).toPrecision(DIGITS));
  let at = HEAD_BYTES;
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const bit = 1n << BigInt(minute);
    if ((present & bit) === 0n) continue;
    const isAlone = (alone & bit) !== 0n;
    const size = isAlone ? VALUE_BYTES : SEVERAL_BYTES;
    if (at + size > bytes.byteLength) return minutes;
    const first = isAlone ? at : at + COUNT_BYTES;
    const min = value(first);
    minutes.set(minute, {
      count: isAlone ? 1 : view.getUint16(at, true),
      min,
      mean: isAlone ? min : value(first + VALUE_BYTES),
      max: isAlone ? min : value(first + 2 * VALUE_BYTES),
    });
    at += size;
  }
  return minutes;
}
