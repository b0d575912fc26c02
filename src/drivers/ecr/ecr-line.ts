import { DeviceError } from "../../domain/device.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { ByteLink, LinkPlace } from "../transport/byte-link.ts";
import type { LinePiece } from "./codec/decode.ts";
import type { FrameSpec } from "./codec/frame-spec.ts";
import { LineReader } from "./codec/line-reader.ts";
import { Timer } from "./timer.ts";

/** Bytes that are no protocol, since the last message: more are not a bad line but something else that talks there. */
const MOST_GARBAGE_BYTES = 16_384;
/** Writes that the link has not taken: a terminal that sends and never reads gets no further. */
const MOST_WRITES = 64;
/** ms for closing the link in order. */
const CLOSE_MS = 2000;

/** An open link as pieces of a protocol. */
export class EcrLine implements AsyncDisposable {
  /** Settles, never rejects. */
  readonly ended: Promise<DeviceError>;
  readonly #reader: LineReader;
  readonly #hear: (piece: LinePiece) => void;
  readonly #pause: Timer;
  readonly #interByteMs: number;
  readonly #clock: Clock;
  readonly #end: (error: DeviceError) => void;
  #link: ByteLink | undefined;
  #endedWith: DeviceError | undefined;
  #garbageBytes = 0;
  #writes = 0;

  private constructor(spec: FrameSpec, clock: Clock, hear: (piece: LinePiece) => void) {
    this.#reader = new LineReader(spec);
    this.#hear = hear;
    this.#pause = new Timer(clock);
    this.#interByteMs = spec.interByteMs;
    this.#clock = clock;
    const { promise, resolve } = Promise.withResolvers<DeviceError>();
    this.ended = promise;
    this.#end = (error) => {
      if (this.#endedWith !== undefined) return;
      this.#endedWith = error;
      this.#pause.stop();
      resolve(error);
    };
  }

  /** @throws what opening the place throws. */
  static async open(
    place: LinkPlace,
    spec: FrameSpec,
    clock: Clock,
    hear: (piece: LinePiece) => void,
    signal: AbortSignal,
  ): Promise<EcrLine> {
    const line = new EcrLine(spec, clock, hear);
    const link = await place.open((chunk) => line.#heard(chunk), signal);
    line.#link = link;
    void link.ended.then(line.#end);
    return line;
  }

  /** Why it is over, if it is. */
  get endedWith(): DeviceError | undefined {
    return this.#endedWith;
  }

  /** @throws DeviceError when the link is over or does not take the bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#endedWith !== undefined || this.#link === undefined) {
      throw this.#endedWith ?? new DeviceError("closed", "the link is not open");
    }
    if (this.#writes >= MOST_WRITES) {
      const error = new DeviceError("garbage", "the terminal sends without end and does not read");
      this.#end(error);
      throw error;
    }
    this.#writes++;
    await this.#link.write(bytes);
    this.#writes--;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(new DeviceError("closed", "closed by us"));
    const given = new AbortController();
    const closed = this.#link?.[Symbol.asyncDispose]() ?? Promise.resolve();
    const late = this.#clock.sleep(CLOSE_MS, given.signal).catch(() => undefined);
    try {
      await Promise.race([closed, late]);
    } finally {
      given.abort();
    }
  }

  #heard(chunk: Uint8Array): void {
    if (this.#endedWith !== undefined) return;
    this.#tell(this.#reader.push(chunk));
    if (this.#reader.unfinished) this.#pause.start(this.#interByteMs, () => this.#tell(this.#reader.giveUp()));
    else this.#pause.stop();
  }

  #tell(pieces: readonly LinePiece[]): void {
    for (const piece of pieces) {
      if (this.#endedWith !== undefined) return;
      if (piece.kind === "message") this.#garbageBytes = 0;
      if (piece.kind === "fault") this.#garbageBytes += piece.bytes;
      if (this.#garbageBytes > MOST_GARBAGE_BYTES) {
        const detail = { bytes: this.#garbageBytes };
        this.#end(new DeviceError("garbage", "what comes is not the protocol of this terminal", detail));
        return;
      }
      this.#hear(piece);
    }
  }
}
