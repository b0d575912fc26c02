import type { Asked } from "./machine/outstanding.ts";
import type { EndReason, RelayObserver, Verdict } from "./relay-connection.ts";

/**
 * An observer that can fail without anybody at the till noticing: whatever it throws is reported, and the bytes go on as
 * if nobody had looked (architecture.md, "Relay is transparent").
 */
export class GuardedObserver implements RelayObserver {
  readonly #observer: RelayObserver;
  readonly #onFailure: (error: unknown) => void;

  constructor(observer: RelayObserver, onFailure: (error: unknown) => void) {
    this.#observer = observer;
    this.#onFailure = onFailure;
  }

  frameFromTerminal(frame: Uint8Array, first: boolean): Verdict {
    return this.#try<Verdict>(() => this.#observer.frameFromTerminal(frame, first), {});
  }

  opaqueFromTerminal(bytes: number, reason: string): void {
    this.#try(() => this.#observer.opaqueFromTerminal(bytes, reason), undefined);
  }

  fromAcquirer(chunk: Uint8Array): ((delivered: boolean) => void) | undefined {
    const noted = this.#try(() => this.#observer.fromAcquirer(chunk), undefined);
    return noted === undefined ? undefined : (delivered) => this.#try(() => noted(delivered), undefined);
  }

  sent(asked: Asked, beforeDurable: boolean): void {
    this.#try(() => this.#observer.sent(asked, beforeDurable), undefined);
  }

  isWaiting(): boolean {
    return this.#try(() => this.#observer.isWaiting(), false);
  }

  ended(reason: EndReason): void {
    this.#try(() => this.#observer.ended(reason), undefined);
  }

  #try<T>(look: () => T, otherwise: T): T {
    try {
      return look();
    } catch (error) {
      this.#onFailure(error);
      return otherwise;
    }
  }
}
