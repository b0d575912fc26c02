import { byteAt, uint16At } from "../../wire/bytes.ts";
import { NOT_DECIMAL, pairValue } from "../../wire/bcd.ts";
import { checksumBytes, checksumOf } from "./checksum.ts";
import { DLE, signalBytes } from "./encode.ts";
import { type FrameSpec, lengthBytes, type SignalKind } from "./frame-spec.ts";

/** What is wrong with bytes that are no message. */
export type FrameFault = "garbage" | "checksum" | "truncated" | "overflow";

/** What a line says, piece by piece. */
export type LinePiece =
  | { readonly kind: "message"; readonly data: Uint8Array }
  | { readonly kind: "progress"; readonly data: Uint8Array }
  | { readonly kind: SignalKind }
  | { readonly kind: "fault"; readonly fault: FrameFault; readonly bytes: number };

/** `short`: what stands there may still become a piece. Else the piece and the bytes that it took, at least one. */
export type Decoded = "short" | { readonly piece: LinePiece; readonly bytes: number };

/**
 * The first piece of what was heard. Never throws; of anything but `short` at least one byte is used up.
 *
 * The checksum is taken as it comes: it can look like any control byte.
 *
 * @param heard  At least one byte.
 */
export function decodeNext(spec: FrameSpec, heard: Uint8Array): Decoded {
  const started = begins(heard, 0, spec.start);
  if (started === "yes") return message(spec, heard);
  if (spec.progress !== undefined && heard[0] === spec.progress.start) return progress(spec, spec.progress, heard);
  for (const kind of ["ack", "nak", "eot"] as const) {
    const bytes = signalBytes(spec, kind);
    if (bytes === undefined) continue;
    const heardIt = begins(heard, 0, bytes);
    if (heardIt === "yes") return { piece: { kind }, bytes: bytes.length };
    if (heardIt === "perhaps") return "short";
  }
  if (started === "perhaps") return "short";
  return fault("garbage", garbageRun(spec, heard));
}

function message(spec: FrameSpec, heard: Uint8Array): Decoded {
  if (spec.length !== "none") return counted(spec, heard);
  return spec.escape === "dleDouble" ? escaped(spec, heard) : delimited(spec, heard);
}

function counted(spec: FrameSpec, heard: Uint8Array): Decoded {
  const at = spec.start.length;
  const dataAt = at + lengthBytes(spec);
  if (heard.length < dataAt) return "short";
  const length = lengthAt(spec, heard, at);
  if (length === undefined) return fault("garbage", at);
  if (length > spec.maxDataBytes) return fault("overflow", at);
  // Doubled bytes do not count: a length and doubling are never both in use.
  const dataEnd = dataAt + length;
  if (heard.length < dataEnd + spec.end.length + checksumBytes(spec.checksum)) return "short";
  if (begins(heard, dataEnd, spec.end) !== "yes") return fault("truncated", at);
  return checked(spec, heard, heard.slice(dataAt, dataEnd), dataEnd);
}

function delimited(spec: FrameSpec, heard: Uint8Array): Decoded {
  const dataAt = spec.start.length;
  for (let i = dataAt; i < heard.length; i++) {
    if (begins(heard, i, spec.end) !== "no") return ended(spec, heard, heard.slice(dataAt, i), i);
    // Another message begins: the end of this one was lost.
    if (begins(heard, i, spec.start) !== "no") return fault("truncated", i);
    if (i - dataAt >= spec.maxDataBytes) return fault("overflow", i);
  }
  return "short";
}

function escaped(spec: FrameSpec, heard: Uint8Array): Decoded {
  const data: number[] = [];
  for (let i = spec.start.length; i < heard.length; i++) {
    if (data.length > spec.maxDataBytes) return fault("overflow", i);
    const byte = byteAt(heard, i);
    if (byte !== DLE) {
      data.push(byte);
      continue;
    }
    if (i + 1 >= heard.length) return "short";
    if (heard[i + 1] !== DLE) {
      if (begins(heard, i, spec.end) === "no") return fault("truncated", i);
      return ended(spec, heard, Uint8Array.from(data), i);
    }
    data.push(DLE);
    i++;
  }
  return "short";
}

function ended(spec: FrameSpec, heard: Uint8Array, data: Uint8Array, endAt: number): Decoded {
  if (begins(heard, endAt, spec.end) === "perhaps") return "short";
  if (heard.length < endAt + spec.end.length + checksumBytes(spec.checksum)) return "short";
  return checked(spec, heard, data, endAt);
}

function checked(spec: FrameSpec, heard: Uint8Array, data: Uint8Array, endAt: number): Decoded {
  const checkAt = endAt + spec.end.length;
  const bytes = checkAt + checksumBytes(spec.checksum);
  if (data.length > spec.maxDataBytes) return fault("overflow", bytes);
  const from = spec.start.length;
  const wanted = checksumOf(spec.checksum, {
    start: spec.start,
    length: heard.subarray(from, from + lengthBytes(spec)),
    data,
    end: spec.end,
  });
  if (begins(heard, checkAt, wanted) !== "yes") return fault("checksum", bytes);
  return { piece: { kind: "message", data }, bytes };
}

function progress(
  spec: FrameSpec,
  { end, maxDataBytes }: NonNullable<FrameSpec["progress"]>,
  heard: Uint8Array,
): Decoded {
  for (let i = 1; i < heard.length; i++) {
    if (heard[i] === end) return { piece: { kind: "progress", data: heard.slice(1, i) }, bytes: i + 1 };
    if (heard[i] === spec.start[0]) return fault("truncated", i);
    if (i > maxDataBytes) return fault("overflow", i);
  }
  return "short";
}

function lengthAt(spec: FrameSpec, heard: Uint8Array, at: number): number | undefined {
  if (spec.length === "byte") return byteAt(heard, at);
  if (spec.length === "be2") return uint16At(heard, at);
  const [high, low] = [pairValue(heard, at), pairValue(heard, at + 1)];
  return (high | low) >= NOT_DECIMAL ? undefined : high * 100 + low;
}

/** Whether `wanted` stands at `at`; `perhaps` when what is there so far agrees. An empty `wanted` stands everywhere. */
function begins(heard: Uint8Array, at: number, wanted: readonly number[]): "yes" | "no" | "perhaps" {
  for (const [i, byte] of wanted.entries()) {
    if (at + i >= heard.length) return "perhaps";
    if (heard[at + i] !== byte) return "no";
  }
  return "yes";
}

/** Bytes up to the next that something could begin with; at least the first. */
function garbageRun(spec: FrameSpec, heard: Uint8Array): number {
  const { ack, nak, eot } = spec.signals;
  const leads = new Set([spec.start[0], spec.progress?.start, ack, nak, eot]);
  let bytes = 1;
  while (bytes < heard.length && !leads.has(heard[bytes])) bytes++;
  return bytes;
}

function fault(what: FrameFault, bytes: number): Decoded {
  return { piece: { kind: "fault", fault: what, bytes }, bytes };
}
