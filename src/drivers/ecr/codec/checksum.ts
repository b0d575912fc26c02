import { assertNever } from "../../../domain/assert-never.ts";

/** What a checksum covers: from the start bytes, the length or the data on, to the end of the data or of the end bytes. */
export interface Coverage {
  readonly from: "start" | "length" | "data";
  readonly to: "data" | "end";
}

export type Checksum =
  | { readonly kind: "none" }
  /** One byte: all covered bytes and the seed, exclusive or. */
  | { readonly kind: "xor"; readonly seed: number; readonly over: Coverage }
  /** Two bytes. Parameters as the Rocksoft model names them; the final exclusive or is 0. */
  | {
      readonly kind: "crc16";
      readonly poly: number;
      readonly init: number;
      readonly reflected: boolean;
      readonly lowByteFirst: boolean;
      readonly over: Coverage;
    };

/** A message taken apart; each part as it stands on the wire, the data without doubled bytes. */
export interface FrameParts {
  readonly start: Iterable<number>;
  readonly length: Iterable<number>;
  readonly data: Iterable<number>;
  readonly end: Iterable<number>;
}

export function checksumBytes(checksum: Checksum): number {
  switch (checksum.kind) {
    case "none":
      return 0;
    case "xor":
      return 1;
    case "crc16":
      return 2;
    default:
      return assertNever(checksum);
  }
}

/** @returns as many bytes as {@link checksumBytes} says. */
export function checksumOf(checksum: Checksum, parts: FrameParts): readonly number[] {
  switch (checksum.kind) {
    case "none":
      return [];
    case "xor": {
      let lrc = checksum.seed;
      for (const byte of covered(checksum.over, parts)) lrc ^= byte;
      return [lrc];
    }
    case "crc16": {
      const crc = crc16(checksum, covered(checksum.over, parts));
      return checksum.lowByteFirst ? [crc & 0xff, crc >> 8] : [crc >> 8, crc & 0xff];
    }
    default:
      return assertNever(checksum);
  }
}

function* covered(over: Coverage, parts: FrameParts): Generator<number> {
  if (over.from === "start") yield* parts.start;
  if (over.from !== "data") yield* parts.length;
  yield* parts.data;
  if (over.to === "end") yield* parts.end;
}

function crc16({ poly, init, reflected }: Extract<Checksum, { kind: "crc16" }>, bytes: Iterable<number>): number {
  let crc = init;
  for (const byte of bytes) {
    crc ^= reflected ? byte : byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = reflected ? shiftedDown(crc, poly) : shiftedUp(crc, poly);
  }
  return crc;
}

function shiftedDown(crc: number, poly: number): number {
  return (crc & 1) === 1 ? (crc >> 1) ^ poly : crc >> 1;
}

function shiftedUp(crc: number, poly: number): number {
  return ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ poly) & 0xffff;
}
