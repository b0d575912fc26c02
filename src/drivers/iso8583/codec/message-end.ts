import type { FieldIndex } from "./field-index.ts";
import { followingBytes, lengthBytes } from "./framing.ts";
import type { DecodeError, Framing } from "./observation.ts";

/** Of a message whose fields could all be read: bytes after the last one, or a length that is not the frame's. */
export function endFault(frame: Uint8Array, framing: Framing, index: FieldIndex): DecodeError | undefined {
  if (index.end < frame.length) {
    return { de: index.announced.at(-1) ?? 1, offset: index.end, reason: "trailingBytes" };
  }
  const said = followingBytes(frame, 0, framing);
  return said + lengthBytes(framing) === frame.length ? undefined : { de: 0, offset: 0, reason: "lengthMismatch" };
}
