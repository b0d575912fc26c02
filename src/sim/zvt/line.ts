import type { Duplex } from "node:stream";
import type { Clock } from "../../runtime/clock.ts";
import { ACK, block, BlockEar, NAK, StreamEar } from "./block.ts";

/** How one APDU is sent badly. `wrongCrc` counts down by itself. */
export interface LineFaults {
  wrongCrc: number;
  readonly twice: boolean;
  readonly noise: Uint8Array;
}

/** What becomes of a whole APDU: on a serial line taken with ACK, refused with NAK, or neither. */
export type Heeded = "ack" | "nak" | "nothing";

/** One way to a till. Ends once. */
export interface TillLine {
  readonly hasEnded: boolean;
  /** Fires when it has. */
  readonly ended: AbortSignal;
  /** @returns false when nobody took it: the line has ended, or three sendings were not acknowledged. */
  send(apdu: Uint8Array, faults: LineFaults): Promise<boolean>;
  /** Without waiting for anybody. @returns false when the line has ended. */
  pour(apdu: Uint8Array): Promise<boolean>;
  /** Breaks it off, where a line can be: a cable stays plugged in. */
  cut(): void;
  /** For good. */
  end(): void;
}

export type HearApdu = (apdu: Uint8Array, line: TillLine) => Heeded;

export interface LineTimes {
  /** ms. From block to ACK (T2). */
  readonly ackMs: number;
  /** ms. Between two characters of a block (T1). */
  readonly characterMs: number;
}

abstract class StreamLine implements TillLine {
  protected readonly stream: Duplex;
  readonly #over = new AbortController();

  constructor(stream: Duplex) {
    this.stream = stream;
    // A till that goes away is what a terminal must live with.
    stream.on("error", () => stream.destroy());
    stream.once("end", () => stream.destroy());
    stream.once("close", () => this.#over.abort());
  }

  get hasEnded(): boolean {
    return this.#over.signal.aborted || this.stream.destroyed;
  }

  get ended(): AbortSignal {
    return this.#over.signal;
  }

  abstract send(apdu: Uint8Array, faults: LineFaults): Promise<boolean>;
  abstract pour(apdu: Uint8Array): Promise<boolean>;
  abstract cut(): void;

  end(): void {
    this.#over.abort();
    this.stream.destroy();
  }

  protected write(bytes: Uint8Array): void {
    if (!this.hasEnded) this.stream.write(bytes);
  }

  /** Waits until the other end has taken what was written before. */
  protected async writeInTurn(bytes: Uint8Array): Promise<boolean> {
    if (this.hasEnded) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = (): void => resolve();
    this.#over.signal.addEventListener("abort", done, { once: true });
    this.stream.write(bytes, done);
    await promise;
    this.#over.signal.removeEventListener("abort", done);
    return !this.hasEnded;
  }
}

export class TcpLine extends StreamLine {
  constructor(stream: Duplex, hear: HearApdu) {
    super(stream);
    const ear = new StreamEar();
    stream.on("data", (chunk: Buffer) => {
      for (const apdu of ear.take(chunk)) hear(apdu, this);
    });
  }

  async send(apdu: Uint8Array, { twice, noise }: LineFaults): Promise<boolean> {
    this.write(noise);
    this.write(apdu);
    if (twice) this.write(apdu);
    return !this.hasEnded;
  }

  async pour(apdu: Uint8Array): Promise<boolean> {
    return this.writeInTurn(apdu);
  }

  cut(): void {
    this.end();
  }
}

/** A block goes out at most so often. */
const SENDINGS = 3;

export class SerialLine extends StreamLine {
  readonly #times: LineTimes;
  readonly #clock: Clock;
  #acknowledged: ((what: "ack" | "nak" | "nothing") => void) | undefined;
  #sending: Promise<unknown> = Promise.resolve();
  #quiet = new AbortController();

  constructor(stream: Duplex, hear: HearApdu, times: LineTimes, clock: Clock) {
    super(stream);
    this.#times = times;
    this.#clock = clock;
    const ear = new BlockEar();
    stream.on("data", (chunk: Buffer) => {
      for (const byte of chunk) this.#take(ear, byte, hear);
      this.#watchGap(ear);
    });
    stream.once("close", () => {
      this.#quiet.abort();
      this.#acknowledged?.("nothing");
    });
  }

  /** One after the other: an answer to an abort may come while a message waits for its ACK. */
  async send(apdu: Uint8Array, faults: LineFaults): Promise<boolean> {
    const before = this.#sending;
    const sent = before.then(async () => this.#sendInTurn(apdu, faults));
    this.#sending = sent;
    return sent;
  }

  async pour(apdu: Uint8Array): Promise<boolean> {
    return this.writeInTurn(block(apdu));
  }

  /** The cable is still there; what was being said is not. */
  cut(): void {
    this.#acknowledged?.("nothing");
  }

  async #sendInTurn(apdu: Uint8Array, faults: LineFaults): Promise<boolean> {
    for (let sending = 1; sending <= SENDINGS && !this.hasEnded; sending++) {
      const damage = faults.wrongCrc > 0 ? 0x0101 : 0;
      if (damage !== 0) faults.wrongCrc--;
      this.write(faults.noise);
      this.write(block(apdu, damage));
      if ((await this.#acknowledgement()) !== "ack") continue;
      if (faults.twice) {
        this.write(block(apdu));
        await this.#acknowledgement();
      }
      return true;
    }
    return false;
  }

  async #acknowledgement(): Promise<"ack" | "nak" | "nothing"> {
    const { promise, resolve } = Promise.withResolvers<"ack" | "nak" | "nothing">();
    this.#acknowledged = resolve;
    const enough = new AbortController();
    this.#clock.sleep(this.#times.ackMs, enough.signal).then(
      () => resolve("nothing"),
      // It came in time.
      () => undefined,
    );
    const what = await promise;
    this.#acknowledged = undefined;
    enough.abort();
    return what;
  }

  #take(ear: BlockEar, byte: number, hear: HearApdu): void {
    const heard = ear.take(byte);
    switch (heard?.what) {
      case undefined:
        return;
      case "ack":
      case "nak":
        this.#acknowledged?.(heard.what);
        return;
      case "damaged":
        this.write(Uint8Array.of(NAK));
        return;
      case "apdu": {
        const heeded = hear(heard.apdu, this);
        if (heeded !== "nothing") this.write(Uint8Array.of(heeded === "ack" ? ACK : NAK));
        return;
      }
    }
  }

  /** T1: a block whose next character does not come is refused. */
  #watchGap(ear: BlockEar): void {
    this.#quiet.abort();
    if (!ear.isMidBlock || this.hasEnded) return;
    this.#quiet = new AbortController();
    const refuse = (): void => {
      ear.forget();
      this.write(Uint8Array.of(NAK));
    };
    // Rejects when more has come.
    this.#clock.sleep(this.#times.characterMs, this.#quiet.signal).then(refuse, () => undefined);
  }
}
