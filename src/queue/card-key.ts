import { createHmac, randomBytes } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CardToken } from "../domain/card.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Secret } from "../runtime/secret.ts";
import { type CardKeyState, decodeCardKey, encodeCardKey, KEY_BYTES, replaceFile } from "./card-key-file.ts";
import { asideName } from "./side-store.ts";
import { TokenHash } from "./token-hash.ts";

const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

export interface CardKeyOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Seals the key file. Without it only the file's permissions protect it. */
  readonly secret: Secret | undefined;
}

/**
 * The key of card tokens, as a ratchet: next week's is derived one-way from this week's, which is then gone.
 * Whoever takes the file can recognise cards of this week and later ones, never of the weeks before.
 * (Flash may keep the old bytes for a while; the seal is what protects those.)
 */
export class CardKey {
  readonly #options: CardKeyOptions;
  readonly #path: string;
  #state: CardKeyState;
  #hash: TokenHash;
  /** Monotonic. */
  #heldSince: number;

  private constructor(options: CardKeyOptions, path: string, state: CardKeyState) {
    this.#options = options;
    this.#path = path;
    this.#state = state;
    this.#hash = new TokenHash(state.key);
    this.#heldSince = options.clock.monotonicMs();
  }

  /** A file that cannot be read is set aside and a new key begun: that costs some days of velocity counting, no sale. */
  static async open(options: CardKeyOptions): Promise<CardKey> {
    const path = join(options.directory, "cards.key");
    const found = existsSync(path) ? await read(path, options) : undefined;
    const state = found ?? { since: options.clock.now(), key: randomBytes(KEY_BYTES), wasOpen: true };
    if (found === undefined || (found.wasOpen && options.secret !== undefined)) {
      await replaceFile(path, encodeCardKey(state, options.secret));
    }
    return new CardKey(options, path, state);
  }

  /** Keyed hash of a card number. The digits are not kept. */
  tokenise(panDigits: string): CardToken {
    return this.#hash.tokenise(panDigits);
  }

  /** Derives the next key when this one is a week old, and forgets this one. */
  async advanceIfDue(): Promise<void> {
    const { clock, secret } = this.#options;
    const now = clock.now();
    // A clock that was not set yet may be decades off either way and must not turn the ratchet at every boot.
    const isDue = clock.stamp().synced
      ? Math.abs(now - this.#state.since) >= WEEK_MS
      : clock.monotonicMs() - this.#heldSince >= WEEK_MS;
    if (!isDue) return;
    const old = this.#state.key;
    const next = { since: now, key: createHmac("sha256", old).update("tillgate card key, next week").digest() };
    await replaceFile(this.#path, encodeCardKey(next, secret));
    const oldHash = this.#hash;
    this.#state = next;
    this.#hash = new TokenHash(next.key);
    this.#heldSince = clock.monotonicMs();
    old.fill(0);
    oldHash.wipe();
  }
}

async function read(
  path: string,
  { log, secret }: CardKeyOptions,
): Promise<ReturnType<typeof decodeCardKey> | undefined> {
  try {
    return decodeCardKey(await readFile(path, "utf8"), secret);
  } catch (error) {
    const to = asideName(path);
    renameSync(path, to);
    log.warn("cards.keySetAside", { file: path, to, reason: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}
