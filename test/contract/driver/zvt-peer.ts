import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { assertNever } from "../../../src/domain/assert-never.ts";
import { apduBytes, commandOf, encodeApdu, headBytes } from "../../../src/drivers/zvt/codec/apdu.ts";
import { ascii, bcd, bmp, joined, tlv } from "../../../src/drivers/zvt/codec/writing.ts";
import type { Mischief, SaleScript, ScriptedPeer } from "./world.ts";

const SERIAL = "12345678";
const OTHER_SERIAL = "99999999";

const POSITIVE = encodeApdu(0x8000);

/** The bytes 04 FF and what the terminal shows. */
function shows(code: number): Uint8Array {
  return encodeApdu(0x04ff, Uint8Array.of(code));
}

function completion(...fields: readonly Uint8Array[]): Uint8Array {
  return encodeApdu(0x060f, joined(...fields));
}

/** A terminal on TCP that goes by a script: a few lines of protocol, and any mischief on demand. */
export class ZvtPeer implements ScriptedPeer, AsyncDisposable {
  sale: SaleScript = "approves";
  isExpected = true;
  frames = 0;
  orders = 0;
  booked = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #receipt = 0;
  #mischief: { readonly at: number; readonly what: Mischief } | undefined;
  #lateMs = 0;
  #isSilent = false;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => undefined);
      new Exchange(this, socket).start();
    });
  }

  static async listening(): Promise<ZvtPeer> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return new ZvtPeer(server);
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  get links(): number {
    return this.#sockets.size;
  }

  get expectedSerial(): string {
    return SERIAL;
  }

  plan(afterFrames: number, what: Mischief): void {
    this.#mischief = { at: this.frames + afterFrames, what };
  }

  behave(): void {
    this.#mischief = undefined;
    this.#lateMs = 0;
    this.#isSilent = false;
  }

  /** Counts one frame. @returns what is to be done with it. */
  pass(): Mischief | undefined {
    const planned = this.#mischief?.at === this.frames ? this.#mischief.what : undefined;
    this.frames++;
    if (planned?.type === "silence" || planned?.type === "flood") this.#isSilent = true;
    if (planned?.type === "late") this.#lateMs = planned.ms;
    return planned;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** ms, once. */
  takeLateness(): number {
    const ms = this.#lateMs;
    this.#lateMs = 0;
    return ms;
  }

  nextReceipt(): number {
    this.#receipt = (this.#receipt % 9999) + 1;
    return this.#receipt;
  }

  get identity(): Uint8Array {
    const serial = this.isExpected ? SERIAL : OTHER_SERIAL;
    return tlv(0xe4, tlv(0x1f40, ascii("SIM 1")), tlv(0x1f41, ascii("1.0")), tlv(0x1f42, ascii(serial)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** One connection. */
class Exchange {
  readonly #peer: ZvtPeer;
  readonly #socket: Socket;
  #received: Uint8Array = new Uint8Array(0);
  #answered: (() => void) | undefined;
  #aborted: (() => void) | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(peer: ZvtPeer, socket: Socket) {
    this.#peer = peer;
    this.#socket = socket;
  }

  start(): void {
    this.#socket.on("data", (chunk: Buffer) => {
      this.#received = joined(this.#received, chunk);
      for (;;) {
        const length = apduBytes(this.#received, 0, this.#received.length);
        if (length === 0 || length > this.#received.length) return;
        const apdu = this.#received.slice(0, length);
        this.#received = this.#received.slice(length);
        this.#take(apdu);
      }
    });
  }

  #take(apdu: Uint8Array): void {
    const command = commandOf(apdu);
    const mischief = this.#peer.pass();
    if (command === 0x0601) this.#receiveOrder();
    if (mischief !== undefined && this.#do(mischief)) return;
    if (this.#peer.isSilent) return;
    switch (command) {
      case 0x8000:
        this.#answered?.();
        return;
      case 0x06b0:
        void this.#send(POSITIVE).then(() => this.#aborted?.());
        return;
      case 0x0600:
        void this.#master(completion(bmp(0x19, Uint8Array.of(0)), bmp(0x29, bcd(52_000_123, 4))));
        return;
      case 0x0501:
        void this.#master(completion(Uint8Array.of(0), bmp(0x06, this.#peer.identity)));
        return;
      case 0x0601:
        void this.#sale(apdu.subarray(headBytes(apdu, 0, apdu.length) + 1, headBytes(apdu, 0, apdu.length) + 7));
        return;
      default:
        void this.#send(encodeApdu(0x8483));
    }
  }

  /** A terminal that approves books whatever becomes of the link. */
  #receiveOrder(): void {
    this.#peer.orders++;
    if (this.#peer.sale === "approves") this.#peer.booked++;
  }

  async #sale(amount: Uint8Array): Promise<void> {
    const receipt = bmp(0x87, bcd(this.#peer.nextReceipt(), 2));
    switch (this.#peer.sale) {
      case "approves": {
        const status = encodeApdu(0x040f, joined(bmp(0x27, Uint8Array.of(0)), bmp(0x04, amount), receipt));
        const slip = encodeApdu(0x06d1, joined(Uint8Array.of(0), ascii("Thank you")));
        return this.#master(shows(0x0a), shows(0x04), status, slip, completion());
      }
      case "declines":
        return this.#fails(0x05);
      case "abortedByCustomer":
        return this.#fails(0x6c);
      case "waitsForCard": {
        const aborted = new Promise<void>((resolve) => {
          this.#aborted = resolve;
        });
        await this.#master(shows(0x0a));
        await aborted;
        return this.#lead(...failure(0x6c));
      }
      case "neverEnds":
        return this.#master(shows(0x0a), shows(0x04));
    }
  }

  async #fails(code: number): Promise<void> {
    await this.#master(shows(0x0a), ...failure(code));
  }

  /** Takes a command and leads from there. */
  async #master(...messages: readonly Uint8Array[]): Promise<void> {
    await this.#send(POSITIVE);
    await this.#lead(...messages);
  }

  /** Each message waits for its 80 00. */
  async #lead(...messages: readonly Uint8Array[]): Promise<void> {
    for (const message of messages) {
      const answered = new Promise<void>((resolve) => {
        this.#answered = resolve;
      });
      await this.#send(message);
      await answered;
    }
  }

  async #send(apdu: Uint8Array): Promise<void> {
    this.#sending = this.#sending.then(async () => this.#sendNow(apdu));
    return this.#sending;
  }

  async #sendNow(apdu: Uint8Array): Promise<void> {
    const mischief = this.#peer.pass();
    if (mischief !== undefined && this.#do(mischief)) return;
    if (this.#peer.isSilent) return;
    const lateMs = this.#peer.takeLateness();
    if (lateMs > 0) await delay(lateMs);
    if (this.#socket.writable) this.#socket.write(apdu);
  }

  /** @returns whether that was all that is to be done with the frame. */
  #do(mischief: Mischief): boolean {
    switch (mischief.type) {
      case "cut":
        this.#socket.destroy();
        return true;
      case "garbage":
        this.#socket.write(mischief.bytes);
        return false;
      case "late":
        return false;
      case "silence":
        return true;
      case "flood":
        void this.#flood();
        return true;
      default:
        return assertNever(mischief);
    }
  }

  async #flood(): Promise<void> {
    const wave = joined(...Array.from({ length: 500 }, () => shows(0x0e)));
    while (this.#socket.writable) {
      const taken = new Promise<void>((resolve) => {
        this.#socket.write(wave, () => resolve());
      });
      await taken;
    }
  }
}

function failure(code: number): readonly Uint8Array[] {
  return [encodeApdu(0x040f, bmp(0x27, Uint8Array.of(code))), encodeApdu(0x061e, Uint8Array.of(code))];
}
