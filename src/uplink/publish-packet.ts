/** What a PUBLISH says beside topic and payload (MQTT 5, 3.3.2.3). */
export interface PublishProperties {
  readonly contentType: string;
  readonly userProperties?: Readonly<Record<string, string>>;
}

/** Property identifiers (MQTT 5, 2.2.2.2). */
const CONTENT_TYPE = 0x03;
const USER_PROPERTY = 0x26;
/** Fixed header of a PUBLISH with QoS 1 (MQTT 5, 3.3.1); the lowest bit is RETAIN. */
const PUBLISH_QOS_1 = 0x32;

/** The properties with their length before them, as a PUBLISH carries them. */
export function encodeProperties({ contentType, userProperties = {} }: PublishProperties): Buffer {
  const properties = [Buffer.from([CONTENT_TYPE]), utf8(contentType)];
  for (const [name, value] of Object.entries(userProperties)) {
    properties.push(Buffer.from([USER_PROPERTY]), utf8(name), utf8(value));
  }
  const bytes = Buffer.concat(properties);
  const length = Buffer.alloc(lengthBytes(bytes.length));
  writeLength(length, bytes.length, 0);
  return Buffer.concat([length, bytes]);
}

/**
 * Everything of a QoS 1 PUBLISH before its payload.
 *
 * @param properties  As `encodeProperties` makes them; nothing at all over 3.1.1, which has none.
 */
export function encodePublishHead(
  { topic, retain, properties }: { readonly topic: string; readonly retain: boolean; readonly properties: Uint8Array },
  id: number,
  payloadBytes: number,
): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const remaining = 2 + topicBytes + 2 + properties.length + payloadBytes;
  const head = Buffer.allocUnsafe(1 + lengthBytes(remaining) + remaining - payloadBytes);
  let at = head.writeUInt8(PUBLISH_QOS_1 | Number(retain), 0);
  at = writeLength(head, remaining, at);
  at = head.writeUInt16BE(topicBytes, at);
  at += head.write(topic, at);
  at = head.writeUInt16BE(id, at);
  head.set(properties, at);
  return head;
}

/** Variable byte integer (MQTT 5, 1.5.5): seven bits a byte, lowest first; the eighth says that more follow. */
function writeLength(into: Buffer, value: number, at: number): number {
  let rest = value;
  let next = at;
  for (; rest >= 0x80; rest >>>= 7) next = into.writeUInt8((rest & 0x7f) | 0x80, next);
  return into.writeUInt8(rest, next);
}

function lengthBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  return value < 0x20_0000 ? 3 : 4;
}

/** MQTT 5, 1.5.4: two bytes of length, then the text. */
function utf8(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
