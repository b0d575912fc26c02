import { stat } from "node:fs/promises";
import { DeviceError } from "../../domain/device.ts";
import type { ByteLink } from "./byte-link.ts";
import type { SerialHandle } from "./serial-binding.ts";
import { reasonOf } from "./serial-errors.ts";
import { LATE, within } from "./within.ts";

export interface SerialLimits {
  /** ms until the kernel has taken a write. */
  readonly writeWithinMs: number;
  /** ms for each of the steps of closing: sending what is left, closing. */
  readonly closeWithinMs: number;
  /** ms between two looks whether the device node is still the one that was opened. */
  readonly watchEveryMs: number;
}

/** Bytes taken from the kernel at once; its own buffer holds 4096 (N_TTY_BUF_SIZE). */
const READ_BYTES = 4096;

/**
 * An open serial port.
 *
 * An unplugged adapter shows in one of three ways: reading fails, writing fails or hangs, or only the device node goes. All
 * three are looked for, because none of them is dependable by itself.
 */
export class SerialLink implements ByteLink {
  readonly ended: Promise<DeviceError>;
  readonly #path: string;
  /** Which device it was, by number: a path may come to name another one. */
  readonly #device: number;
  readonly #handle: SerialHandle;
  readonly #limits: SerialLimits;
  readonly #settleEnd: (error: DeviceError) => void;
  readonly #reading: Promise<void>;
  #watch: NodeJS.Timeout | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #end: DeviceError | undefined;
  #closing: Promise<void> | undefined;

  constructor(
    opened: { readonly path: string; readonly device: number; readonly handle: SerialHandle },
    onBytes: (chunk: Uint8Array) => void,
    limits: SerialLimits,
  ) {
    this.#path = opened.path;
    this.#device = opened.device;
    this.#handle = opened.handle;
    this.#limits = limits;
    const { promise, resolve } = Promise.withResolvers<DeviceError>();
    this.ended = promise;
    this.#settleEnd = resolve;
    this.#reading = this.#readAll(onBytes);
    this.#watchNode();
  }

  async write(bytes: Uint8Array): Promise<void> {
    const turn = this.#lastWrite.then(async () => this.#writeNow(bytes));
    this.#lastWrite = turn.catch(reasonOf);
    await turn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#endWith(new DeviceError("closed", `${this.#path} was closed`, { path: this.#path }), true);
    await this.#closing;
  }

  async #writeNow(bytes: Uint8Array): Promise<void> {
    if (this.#end !== undefined) throw this.#lost(`the link has ended: ${this.#end.message}`);
    const work = this.#handle.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    let fault = `not taken within ${this.#limits.writeWithinMs} ms`;
    try {
      if ((await within(this.#limits.writeWithinMs, work)) !== LATE) return;
    } catch (error) {
      fault = reasonOf(error);
    }
    throw this.#endWith(this.#lost(`write failed: ${fault}`), false);
  }

  async #readAll(onBytes: (chunk: Uint8Array) => void): Promise<void> {
    const buffer = Buffer.alloc(READ_BYTES);
    for (;;) {
      let count: number;
      try {
        ({ bytesRead: count } = await this.#handle.read(buffer, 0, buffer.length));
      } catch (error) {
        this.#endWith(this.#lost(`read failed: ${reasonOf(error)}`), false);
        return;
      }
      if (count === 0) this.#endWith(this.#lost("hung up"), false);
      if (this.#end !== undefined) return;
      const chunk = Uint8Array.prototype.slice.call(buffer, 0, count);
      // What came over the line may hold card data: one copy of it is enough.
      buffer.fill(0, 0, count);
      onBytes(chunk);
    }
  }

  #watchNode(): void {
    this.#watch = setTimeout(() => {
      void this.#lookAtNode();
    }, this.#limits.watchEveryMs);
  }

  async #lookAtNode(): Promise<void> {
    try {
      const { rdev } = await stat(this.#path);
      if (rdev !== this.#device) this.#endWith(this.#lost("another device has taken its place"), false);
    } catch (error) {
      this.#endWith(this.#lost(`the device is gone: ${reasonOf(error)}`), false);
    }
    if (this.#end === undefined) this.#watchNode();
  }

  #lost(why: string): DeviceError {
    return new DeviceError("linkLost", `${this.#path}: ${why}`, { path: this.#path, found: why });
  }

  /** The first end counts. @returns the given error. */
  #endWith(error: DeviceError, isOrderly: boolean): DeviceError {
    if (this.#end !== undefined) return error;
    this.#end = error;
    clearTimeout(this.#watch);
    this.#closing = this.#close(isOrderly);
    this.#settleEnd(error);
    return error;
  }

  async #close(isOrderly: boolean): Promise<void> {
    const isSent = isOrderly && (await this.#tried(this.#lastWrite.then(async () => this.#handle.drain())));
    // The kernel holds a close up by as much as 30 s (closing_wait, setserial(8)) while there are bytes that nobody takes.
    if (!isSent) await this.#tried(this.#handle.flush());
    await this.#tried(this.#handle.close());
    await this.#tried(this.#reading);
  }

  /** Of a device that may be gone any step can fail or hang, and closing goes on all the same. */
  async #tried(step: Promise<unknown>): Promise<boolean> {
    try {
      return (await within(this.#limits.closeWithinMs, step)) !== LATE;
    } catch {
      return false;
    }
  }
}
