import { hash as oneShotHash } from "node:crypto";

/** `prevHash` of a stream's first record. */
export const GENESIS_HASH = "0".repeat(64);

/** Bytes of one record's canonical envelope at most: half of the smallest packet limit seen at a broker (AWS IoT, 128 KiB). */
const MAX_ENVELOPE_BYTES = 64 * 1024;
/** What remains for the body. The envelope's own members take at most 600 bytes, the longest terminal name included. */
export const MAX_BODY_BYTES = MAX_ENVELOPE_BYTES - 1024;

const HASH_BYTES = 32;
/** The last time that a Date can hold (ECMA-262, 21.4.1.1). */
const MAX_TIME_MS = 8.64e15;

/** One record as the database holds it, ready to be written out. */
export interface RecordText {
  readonly seq: number;
  /** ms since 1970. */
  readonly at: number;
  readonly kind: string;
  readonly lane: string;
  readonly terminal: string | null;
  /** As a JSON string, quotes included. */
  readonly quotedBootId: string;
  readonly monotonicMs: number;
  readonly synced: boolean;
  /** Canonical JSON. */
  readonly body: string;
}

/**
 * Writes the canonical envelope (RFC 8785) of one stream's records by concatenation: the members' order is known,
 * only the body's had to be sorted, once, when it was appended. Three times as fast as sorting and printing an object.
 */
export class EnvelopeText {
  readonly #quotedStream: string;
  #second = Number.NaN;
  #secondText = "";

  constructor(stream: string) {
    this.#quotedStream = JSON.stringify(stream);
  }

  /** What is hashed. */
  withoutHash(record: RecordText, prevHash: string): string {
    return this.#head(record) + this.#tail(record, prevHash);
  }

  /** What is sent. */
  withHash(record: RecordText, prevHash: string, hash: string): string {
    return `${this.#head(record)},"hash":"${hash}"${this.#tail(record, prevHash)}`;
  }

  #head({ at, body, quotedBootId, monotonicMs, synced }: RecordText): string {
    return `{"at":"${this.#time(at)}","body":${body},"clock":{"bootId":${quotedBootId},"monotonicMs":${monotonicMs},"synced":${synced}}`;
  }

  #tail({ kind, lane, seq, terminal }: RecordText, prevHash: string): string {
    const end = terminal === null ? "}" : `,"terminal":${JSON.stringify(terminal)}}`;
    return `,"kind":"${kind}","lane":"${lane}","prevHash":"${prevHash}","seq":${seq},"stream":${this.#quotedStream}${end}`;
  }

  /** RFC 3339 with milliseconds. Neighbours share their second: only its digits are printed anew. */
  #time(at: number): string {
    // Only a damaged row holds such a time; a text that cannot be right lets its hash fail.
    if (Math.abs(at) > MAX_TIME_MS) return String(at);
    const second = Math.floor(at / 1000);
    if (second !== this.#second) {
      this.#secondText = new Date(second * 1000).toISOString().slice(0, -4);
      this.#second = second;
    }
    return `${this.#secondText}${String(at - second * 1000).padStart(3, "0")}Z`;
  }
}

/** SHA-256 over a record's predecessor and itself, with a scratch buffer of its own: not for two threads. */
export class ChainHash {
  readonly #scratch = Buffer.allocUnsafeSlow(HASH_BYTES + MAX_ENVELOPE_BYTES);

  /** @returns 64 lower-case hexadecimal digits. */
  of(prevHash: string, withoutHash: string): string {
    this.#scratch.write(prevHash, 0, HASH_BYTES, "hex");
    // A text over the limit is cut here, so its hash cannot fit: such a record was never written by a ledger.
    const written = this.#scratch.write(withoutHash, HASH_BYTES);
    // As text, because the "buffer" output costs as much again as the hash itself.
    return oneShotHash("sha256", this.#scratch.subarray(0, HASH_BYTES + written), "hex");
  }
}
