import { hash } from "node:crypto";
import { type CardToken, cardToken } from "../domain/card.ts";

/** SHA-256 works on blocks of so many bytes (FIPS 180-4, 1). */
const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
/** ISO/IEC 7812-1: a card number has at most 19 digits. */
const LONGEST_PAN = 19;
const TOKEN_DIGITS = 16;

/**
 * HMAC-SHA256 of card numbers (RFC 2104), cut to 16 hexadecimal digits. Two plain hashes over prepared pads take a seventh
 * of the time of `createHmac`, on the path of every sale; and the pads can be wiped, which a KeyObject cannot.
 */
export class TokenHash {
  /** Key and padding, with room behind them for the digits. */
  readonly #inner = Buffer.alloc(BLOCK_BYTES + LONGEST_PAN);
  /** Key and padding, with room behind them for the inner hash. */
  readonly #outer = Buffer.alloc(BLOCK_BYTES + HASH_BYTES);

  /** @param key  At most 64 bytes. */
  constructor(key: Uint8Array) {
    for (let at = 0; at < BLOCK_BYTES; at++) {
      this.#inner[at] = (key[at] ?? 0) ^ 0x36;
      this.#outer[at] = (key[at] ?? 0) ^ 0x5c;
    }
  }

  /** @throws RangeError for more than 19 digits. */
  tokenise(panDigits: string): CardToken {
    if (panDigits.length > LONGEST_PAN) throw new RangeError("a card number has at most 19 digits");
    const end = BLOCK_BYTES + this.#inner.write(panDigits, BLOCK_BYTES, "latin1");
    hash("sha256", this.#inner.subarray(0, end), "buffer").copy(this.#outer, BLOCK_BYTES);
    this.#inner.fill(0, BLOCK_BYTES, end);
    return cardToken(hash("sha256", this.#outer, "hex").slice(0, TOKEN_DIGITS));
  }

  /** Forgets the key. What is asked after that is worthless. */
  wipe(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }
}
