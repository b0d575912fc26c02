import type { IdentityShared } from "../domain/link.ts";

/** Sessions of this process that are remembered: a will of one may come late. */
const OWN_MAX = 100;

export interface IdentityWatchOptions {
  /** ms without any sign of the other one, after which the episode is over. */
  readonly calmMs: number;
  /** Called once for each episode, at its first sign. */
  readonly onShared: (record: IdentityShared) => void;
}

/**
 * Finds out whether another gateway uses this one's identity. The broker's word (0x8E) exists in MQTT 5 only; the
 * `status` topic tells it in every version: once a birth of ours stood there, a session that is not ours can only come
 * from somebody else. Clocks of the two are never compared. Times are monotonic, in ms.
 */
export class IdentityWatch {
  readonly #options: IdentityWatchOptions;
  readonly #own = new Set<string>();
  /** What stood on the topic before our first birth: the last process of this gateway, as far as anybody can know. */
  #predecessor: string | undefined;
  #wasBorn = false;
  #lastSignAt: number | undefined;

  constructor(options: IdentityWatchOptions) {
    this.#options = options;
  }

  /** A session of ours begins. */
  began(session: string): void {
    this.#own.add(session);
    if (this.#own.size <= OWN_MAX) return;
    // The first stays: it says where this process began.
    const [, oldest] = this.#own;
    if (oldest !== undefined) this.#own.delete(oldest);
  }

  /** The broker has a birth of ours. */
  born(): void {
    this.#wasBorn = true;
  }

  /** A session stands on our `status` topic. */
  seen(session: string, at: number): void {
    if (this.#own.has(session)) return;
    if (!this.#wasBorn) this.#predecessor = session;
    else if (!this.#isEarlier(session))
      this.#sign({ event: "identityShared", evidence: "foreignSession", otherSession: session }, at);
  }

  takenOver(at: number): void {
    this.#sign({ event: "identityShared", evidence: "takenOver" }, at);
  }

  isShared(at: number): boolean {
    return this.#lastSignAt !== undefined && at - this.#lastSignAt < this.#options.calmMs;
  }

  /** Wills come late, and a broker that lost its memory may bring back an older message: of this boot, or of the last. */
  #isEarlier(session: string): boolean {
    const [first] = this.#own;
    return [first, this.#predecessor].some((known) => known !== undefined && isUpTo(session, known));
  }

  #sign(record: IdentityShared, at: number): void {
    const isNew = !this.isShared(at);
    this.#lastSignAt = at;
    if (isNew) this.#options.onShared(record);
  }
}

/** Both of one boot, and the first not after the second. */
function isUpTo(session: string, known: string): boolean {
  const [boot, number] = parts(session);
  const [knownBoot, knownNumber] = parts(known);
  return boot === knownBoot && number <= knownNumber;
}

/** `BOOTID-NUMBER`. */
function parts(session: string): readonly [boot: string, number: number] {
  const at = session.lastIndexOf("-");
  return [session.slice(0, at), Number(session.slice(at + 1))];
}
