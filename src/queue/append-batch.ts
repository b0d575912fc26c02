import type { CardToken } from "../domain/card.ts";
import type { ClockStamp, Instant } from "../domain/clock.ts";
import { LANE_OF, RECORD_KINDS, type RecordKind } from "../domain/record.ts";
import type { RecordText } from "./envelope-text.ts";

/** What crosses threads is the kind's place in its list; what is stored is the word. */
const KIND_NUMBERS: ReadonlyMap<string, number> = new Map(RECORD_KINDS.map((kind, index) => [kind, index]));

/** generation u32, first seq f64, drafts u32, whether more follow u32, length of the boot id u32; boot id. */
const HEADER_BYTES = 24;
/** at f64, monotonic f64, flags u8, kind u8, length of the terminal u8, spare u8, length of the body u32; terminal, token, keys, body. */
const DRAFT_BYTES = 24;
const TOKEN_BYTES = 16;
const SYNCED = 1;
const HAS_TERMINAL = 2;
const HAS_TOKEN = 4;
/** Keys: length u32 of what follows; the keys, a line each. */
const HAS_KEYS = 8;
const KEYS_HEADER_BYTES = 4;

const SMALLEST_BUFFER = 4096;

export interface BatchDraft {
  readonly at: Instant;
  readonly stamp: ClockStamp;
  readonly kind: RecordKind;
  readonly terminal: string | undefined;
  readonly token: CardToken | undefined;
  /** None has a line break in it: see `isRecordKey`. */
  readonly keys?: readonly string[] | undefined;
  /** Canonical JSON. */
  readonly body: string;
  /** Of `body` in UTF-8. */
  readonly bodyBytes: number;
}

/** The drafts of one tick in one buffer, so that they cross to the writer with one transfer and no cloning. */
export class BatchWriter {
  readonly bootId: string;
  readonly first: number;
  #buffer: Buffer<ArrayBuffer>;
  #view: DataView;
  #used: number;
  #count = 0;

  /** @param expectedBytes  A good guess saves copying; the buffer grows beyond it. */
  constructor(generation: number, first: number, bootId: string, expectedBytes: number) {
    this.first = first;
    this.bootId = bootId;
    const bootIdBytes = Buffer.byteLength(bootId);
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(expectedBytes, SMALLEST_BUFFER, HEADER_BYTES + bootIdBytes));
    this.#view = viewOf(this.#buffer);
    this.#view.setUint32(0, generation);
    this.#view.setFloat64(4, first);
    this.#view.setUint32(20, bootIdBytes);
    this.#used = HEADER_BYTES + this.#buffer.write(bootId, HEADER_BYTES);
  }

  get bytes(): number {
    return this.#used;
  }

  /** @throws TypeError for a kind that is none. */
  add({ at, stamp, kind, terminal, token, keys, body, bodyBytes }: BatchDraft): void {
    const kindNumber = KIND_NUMBERS.get(kind);
    if (kindNumber === undefined) throw new TypeError(`not a kind of record: ${kind}`);
    // Terminal names and tokens are ASCII of at most 64 and exactly 16 characters: see the domain.
    const terminalBytes = terminal?.length ?? 0;
    const keyLines = keys === undefined || keys.length === 0 ? undefined : keys.join("\n");
    const keysBytes = keyLines === undefined ? 0 : KEYS_HEADER_BYTES + Buffer.byteLength(keyLines);
    this.#reserve(DRAFT_BYTES + terminalBytes + TOKEN_BYTES + keysBytes + bodyBytes);
    const view = this.#view;
    const start = this.#used;
    view.setFloat64(start, at);
    view.setFloat64(start + 8, stamp.monotonicMs);
    view.setUint8(
      start + 16,
      (stamp.synced ? SYNCED : 0) |
        (terminal === undefined ? 0 : HAS_TERMINAL) |
        (token === undefined ? 0 : HAS_TOKEN) |
        (keyLines === undefined ? 0 : HAS_KEYS),
    );
    view.setUint8(start + 17, kindNumber);
    view.setUint8(start + 18, terminalBytes);
    view.setUint32(start + 20, bodyBytes);
    let end = start + DRAFT_BYTES;
    if (terminal !== undefined) end += this.#buffer.write(terminal, end, "latin1");
    if (token !== undefined) end += this.#buffer.write(token, end, "latin1");
    if (keyLines !== undefined) {
      this.#view.setUint32(end, keysBytes - KEYS_HEADER_BYTES);
      this.#buffer.write(keyLines, end + KEYS_HEADER_BYTES);
      end += keysBytes;
    }
    this.#used = end + this.#buffer.write(body, end);
    this.#count += 1;
  }

  /**
   * The finished batch. Nothing can be added after it was transferred.
   *
   * @param hasMore  Another batch of this tick follows at once, which belongs into the same commit.
   */
  finish(hasMore: boolean): ArrayBuffer {
    this.#view.setUint32(12, this.#count);
    this.#view.setUint32(16, hasMore ? 1 : 0);
    return this.#buffer.buffer;
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, this.#used + bytes));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
    this.#view = viewOf(larger);
  }
}

/** A draft as the writer sees it. */
export interface ReceivedDraft extends RecordText {
  readonly token: string | undefined;
  readonly keys?: readonly string[] | undefined;
}

export interface ReceivedBatch {
  /** Batches of an earlier generation were already refused: see `AppendQueue`. */
  readonly generation: number;
  readonly first: number;
  readonly hasMore: boolean;
  readonly bootId: string;
  readonly drafts: readonly ReceivedDraft[];
}

export function readBatch(transferred: ArrayBuffer): ReceivedBatch {
  const buffer = Buffer.from(transferred);
  const view = viewOf(buffer);
  const count = view.getUint32(12);
  let at = HEADER_BYTES + view.getUint32(20);
  const bootId = buffer.toString("utf8", HEADER_BYTES, at);
  const first = view.getFloat64(4);
  const quotedBootId = JSON.stringify(bootId);
  const drafts: ReceivedDraft[] = [];
  for (let index = 0; index < count; index += 1) {
    const flags = view.getUint8(at + 16);
    const kind = RECORD_KINDS[view.getUint8(at + 17)];
    if (kind === undefined) throw new TypeError("a batch names a kind that does not exist");
    const terminalAt = at + DRAFT_BYTES;
    const tokenAt = terminalAt + view.getUint8(at + 18);
    const keysAt = tokenAt + ((flags & HAS_TOKEN) === 0 ? 0 : TOKEN_BYTES);
    const hasKeys = (flags & HAS_KEYS) !== 0;
    const bodyAt = hasKeys ? keysAt + KEYS_HEADER_BYTES + view.getUint32(keysAt) : keysAt;
    const end = bodyAt + view.getUint32(at + 20);
    drafts.push({
      seq: first + index,
      at: view.getFloat64(at),
      quotedBootId,
      monotonicMs: view.getFloat64(at + 8),
      synced: (flags & SYNCED) !== 0,
      kind,
      lane: LANE_OF[kind],
      terminal: (flags & HAS_TERMINAL) === 0 ? null : buffer.toString("latin1", terminalAt, tokenAt),
      token: (flags & HAS_TOKEN) === 0 ? undefined : buffer.toString("latin1", tokenAt, keysAt),
      keys: hasKeys ? buffer.toString("utf8", keysAt + KEYS_HEADER_BYTES, bodyAt).split("\n") : undefined,
      body: buffer.toString("utf8", bodyAt, end),
    });
    at = end;
  }
  return {
    generation: view.getUint32(0),
    first,
    hasMore: view.getUint32(16) === 1,
    bootId,
    drafts,
  };
}

function viewOf(buffer: Buffer<ArrayBuffer>): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
