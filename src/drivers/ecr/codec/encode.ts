import { checksumOf } from "./checksum.ts";
import { type FrameSpec, lengthBytes, type SignalKind } from "./frame-spec.ts";

export const DLE = 0x10;

/**
 * One message as it goes over the wire.
 *
 * @throws RangeError when the data is too long, or holds a byte that would begin or end a message and nothing tells the two
 * apart.
 */
export function encodeFrame(spec: FrameSpec, data: Uint8Array): Uint8Array {
  if (data.length > spec.maxDataBytes) throw new RangeError(`${data.length} bytes of data: too long`);
  if (!canStandAsData(spec, data)) throw new RangeError("a byte of the data would begin or end the message");
  const length = lengthField(spec, data.length);
  const check = checksumOf(spec.checksum, { start: spec.start, length, data, end: spec.end });
  const body = spec.escape === "dleDouble" ? doubled(data) : data;
  return Uint8Array.from([...spec.start, ...length, ...body, ...spec.end, ...check]);
}

/** @throws RangeError for a signal that the protocol does not have. */
export function encodeSignal(spec: FrameSpec, kind: SignalKind): Uint8Array {
  const bytes = signalBytes(spec, kind);
  if (bytes === undefined) throw new RangeError(`no ${kind} in this protocol`);
  return Uint8Array.from(bytes);
}

export function signalBytes(spec: FrameSpec, kind: SignalKind): readonly number[] | undefined {
  const byte = spec.signals[kind];
  if (byte === undefined || !spec.signals.closed) return byte === undefined ? undefined : [byte];
  const check = checksumOf(spec.checksum, { start: [], length: [], data: [byte], end: spec.end });
  return [byte, ...spec.end, ...check];
}

/** Whether these bytes come out of a reader as they went in. */
export function canStandAsData(spec: FrameSpec, data: Uint8Array): boolean {
  if (spec.length !== "none" || spec.escape !== "none") return true;
  const [start, end] = [spec.start[0], spec.end[0]];
  return !data.some((byte) => byte === start || byte === end);
}

function lengthField(spec: FrameSpec, length: number): readonly number[] {
  const bytes = lengthBytes(spec);
  if (bytes === 0) return [];
  if (spec.length !== "bcd2") return bytes === 1 ? [length] : [length >> 8, length & 0xff];
  const digits = String(length).padStart(4, "0");
  return [Number.parseInt(digits.slice(0, 2), 16), Number.parseInt(digits.slice(2), 16)];
}

function doubled(data: Uint8Array): readonly number[] {
  return [...data].flatMap((byte) => (byte === DLE ? [DLE, DLE] : [byte]));
}
