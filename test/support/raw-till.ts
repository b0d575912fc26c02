import type { Duplex } from "node:stream";
import { waitUntil } from "./wait-until.ts";

/** A till that knows no protocol: it sends bytes and looks at bytes, as they stand in a transcript. */
export class RawTill {
  readonly #stream: Duplex;
  #held = "";

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", (chunk: Buffer) => (this.#held += chunk.toString("hex")));
    stream.on("error", () => undefined);
  }

  /** What came and was not yet looked at. */
  get held(): string {
    return this.#held;
  }

  get hasEnded(): boolean {
    return this.#stream.destroyed || this.#stream.readableEnded;
  }

  /** @param bytes  Hexadecimal, with or without blanks. */
  say(bytes: string): void {
    this.#stream.write(Buffer.from(plain(bytes), "hex"));
  }

  /** Waits until so many bytes are there, and takes them. @returns hexadecimal. */
  async take(count: number): Promise<string> {
    await waitUntil(`${count} bytes came, not ${this.#held}`, () => this.#held.length >= 2 * count);
    const taken = this.#held.slice(0, 2 * count);
    this.#held = this.#held.slice(2 * count);
    return taken;
  }

  /** Waits for these bytes and no others. */
  async hear(bytes: string): Promise<void> {
    const wanted = plain(bytes);
    const heard = await this.take(wanted.length / 2);
    if (heard !== wanted) throw new Error(`heard ${heard}${this.#held}, not ${wanted}`);
  }

  end(): void {
    this.#stream.destroy();
  }
}

function plain(bytes: string): string {
  return bytes.replaceAll(/\s/g, "").toLowerCase();
}
