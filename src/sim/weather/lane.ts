import type { Socket } from "node:net";
import { resetSocket } from "../reset.ts";
import { type Conditions, type Direction, isPassable, type Passage, passage } from "./conditions.ts";

/** Bytes that one lane holds at most (one chunk more at worst); beyond it the sender feels TCP's own back-pressure. */
const MOST_HELD_BYTES = 65_536;

interface Travelling {
  /** What is still to be written. `undefined`: the sender has ended. */
  bytes: Buffer | undefined;
  /** Monotonic ms. */
  dueAt: number;
  passage: Passage;
}

export interface LaneParts {
  readonly source: Socket;
  readonly sink: Socket;
  readonly direction: Direction;
  readonly conditions: () => Conditions;
  readonly random: () => number;
  /** Told the number of bytes that got through. */
  readonly passed: (bytes: number) => void;
  /** The line breaks in the middle of a message: both ends shall be closed. */
  readonly breakOff: () => void;
}

/** One direction of one connection. Order is kept whatever the weather, as TCP keeps it. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #queue: Travelling[] = [];
  #heldBytes = 0;
  #sourceFailed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    const { source, sink } = parts;
    source.on("data", (chunk: Buffer) => this.#take(chunk));
    source.on("end", () => this.#take(undefined));
    source.on("error", () => {
      this.#sourceFailed = true;
      this.wake();
    });
    source.on("close", () => this.wake());
    sink.on("drain", () => this.wake());
    sink.on("close", () => {
      clearTimeout(this.#timer);
      this.#queue.length = 0;
    });
  }

  /** Looks again: the weather has changed, time has passed, or the sink can take more. */
  wake(): void {
    const { source, sink, direction, conditions } = this.#parts;
    clearTimeout(this.#timer);
    const weather = conditions();
    if (sink.destroyed || sink.connecting) return;
    if (!isPassable(weather, direction)) {
      // What the sender still sends stays with its kernel, and so does a FIN or RST: nothing is to be seen here.
      source.pause();
      return;
    }
    if (this.#sourceFailed) {
      resetSocket(sink);
      return;
    }
    if (weather.kind === "clear") this.#hurry();
    this.#send();
    if (this.#heldBytes < MOST_HELD_BYTES && !source.destroyed) source.resume();
  }

  #take(bytes: Buffer | undefined): void {
    const how = passage(this.#parts.conditions(), this.#parts.random);
    const dueAt = Math.max(performance.now() + how.delayMs, this.#queue.at(-1)?.dueAt ?? 0);
    this.#queue.push({ bytes, dueAt, passage: how });
    this.#heldBytes += bytes?.length ?? 0;
    if (this.#heldBytes >= MOST_HELD_BYTES) this.#parts.source.pause();
    this.wake();
  }

  /** The sky has cleared: what was under way arrives now. */
  #hurry(): void {
    for (const item of this.#queue) {
      item.dueAt = 0;
      item.passage = { delayMs: 0, pieceBytes: Number.MAX_SAFE_INTEGER, pieceEveryMs: 0 };
    }
  }

  #send(): void {
    const { sink, conditions, direction } = this.#parts;
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      if (sink.writableNeedDrain) return;
      const waitMs = head.dueAt - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.wake(), waitMs);
        return;
      }
      if (head.bytes === undefined) {
        this.#queue.shift();
        sink.end();
        return;
      }
      const weather = conditions();
      if (weather.kind === "closeMidMessage" && weather.towards === direction) {
        this.#write(head.bytes.subarray(0, weather.afterBytes ?? head.bytes.length >> 1));
        this.#queue.length = 0;
        this.#parts.breakOff();
        return;
      }
      this.#sendPiece(head, head.bytes);
    }
  }

  #sendPiece(head: Travelling, bytes: Buffer): void {
    const piece = bytes.subarray(0, head.passage.pieceBytes);
    this.#heldBytes -= piece.length;
    if (piece.length === bytes.length) {
      this.#queue.shift();
    } else {
      head.bytes = bytes.subarray(piece.length);
      head.dueAt = performance.now() + head.passage.pieceEveryMs;
    }
    this.#write(piece);
  }

  #write(bytes: Buffer): void {
    this.#parts.passed(bytes.length);
    this.#parts.sink.write(bytes);
  }
}
