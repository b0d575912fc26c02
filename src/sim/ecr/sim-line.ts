import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { SimWire } from "./wire.ts";

type Confirmation = "ack" | "nak" | "nothing";

/** One stream of bytes to a till. */
export class SimLine {
  readonly #stream: Duplex;
  readonly #wire: SimWire;
  readonly #hear: (command: string) => void;
  #held: Buffer = Buffer.alloc(0);
  #isResting = false;
  #confirmed: ((confirmation: Confirmation) => void) | undefined;

  constructor(stream: Duplex, wire: SimWire, hear: (command: string) => void) {
    this.#stream = stream;
    this.#wire = wire;
    this.#hear = hear;
    stream.on("data", (chunk: Buffer) => this.#heard(chunk));
    // A till that goes away is what a terminal must live with.
    stream.on("error", () => stream.destroy());
    stream.once("end", () => stream.end());
    stream.once("close", () => this.#confirmed?.("nothing"));
  }

  get hasEnded(): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded;
  }

  write(bytes: Uint8Array): void {
    if (!this.hasEnded) this.#stream.write(bytes);
  }

  end(): void {
    this.#stream.destroy();
  }

  /** What the till says to the message that was just sent. */
  async confirmation(withinMs: number, signal: AbortSignal): Promise<Confirmation> {
    const { promise, resolve } = Promise.withResolvers<Confirmation>();
    this.#confirmed = resolve;
    const over = new AbortController();
    try {
      const late = delay(withinMs, "nothing" as const, { signal: AbortSignal.any([signal, over.signal]) });
      // Rejects when the other one is first, and nobody waits for it.
      late.catch(() => undefined);
      return await Promise.race([promise, late]);
    } finally {
      over.abort();
      this.#confirmed = undefined;
    }
  }

  #heard(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    if (!this.#isResting) this.#listen();
  }

  #listen(): void {
    for (;;) {
      const cut = this.#wire.cut(this.#held);
      if (cut === undefined) return;
      this.#held = cut.rest;
      const { heard } = cut;
      if (heard?.what === "command") this.#hear(heard.text);
      if (heard?.what === "damaged") this.write(this.#wire.nak);
      if (heard?.what !== "ack" && heard?.what !== "nak") continue;
      this.#confirmed?.(heard.what);
      // Whoever waited for it goes on first: what comes behind it is for a terminal that is free again.
      this.#isResting = true;
      setImmediate(() => {
        this.#isResting = false;
        this.#listen();
      });
      return;
    }
  }
}
