import type { Socket } from "node:net";
import { DeviceError } from "../../domain/device.ts";
import type { ByteLink } from "./byte-link.ts";
import { LATE, within } from "./within.ts";

export interface TcpLimits {
  /** ms until the kernel has taken a write: a peer that does not read stops taking. */
  readonly writeWithinMs: number;
  /** ms for sending what is left when it is closed. */
  readonly closeWithinMs: number;
}

/** An open connection to a terminal. A terminal that closes its own side has ended it. */
export class TcpLink implements ByteLink {
  readonly ended: Promise<DeviceError>;
  readonly #name: string;
  readonly #socket: Socket;
  readonly #limits: TcpLimits;
  readonly #settleEnd: (error: DeviceError) => void;
  readonly #closed: Promise<void>;
  #end: DeviceError | undefined;

  constructor(name: string, socket: Socket, onBytes: (chunk: Uint8Array) => void, limits: TcpLimits) {
    this.#name = name;
    this.#socket = socket;
    this.#limits = limits;
    const { promise, resolve } = Promise.withResolvers<DeviceError>();
    this.ended = promise;
    this.#settleEnd = resolve;
    this.#closed = new Promise((closed) => {
      socket.once("close", () => {
        this.#lose("the connection was closed");
        closed();
      });
    });
    socket.on("error", (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.message));
    socket.once("end", () => this.#lose("the terminal closed the connection"));
    socket.on("data", (chunk: Buffer) => {
      if (this.#end === undefined) onBytes(chunk);
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#end !== undefined) throw this.#lost(`the link has ended: ${this.#end.message}`);
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#socket.write(bytes, (error) => resolve(error ?? undefined));
    const outcome = await within(this.#limits.writeWithinMs, promise);
    if (outcome === undefined) return;
    const why = outcome === LATE ? `not taken within ${this.#limits.writeWithinMs} ms` : outcome.message;
    this.#lose(`write failed: ${why}`);
    throw this.#lost(`write failed: ${why}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end === undefined) {
      this.#settle(new DeviceError("closed", `${this.#name} was closed`, { endpoint: this.#name }));
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#socket.end(resolve);
      await within(this.#limits.closeWithinMs, Promise.race([promise, this.#closed]));
      this.#socket.destroy();
    }
    await this.#closed;
  }

  #lost(why: string): DeviceError {
    return new DeviceError("linkLost", `${this.#name}: ${why}`, { endpoint: this.#name, found: why });
  }

  #lose(why: string): void {
    if (this.#end !== undefined) return;
    this.#settle(this.#lost(why));
    this.#socket.destroy();
  }

  #settle(error: DeviceError): void {
    this.#end = error;
    this.#settleEnd(error);
  }
}
