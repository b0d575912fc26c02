import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { assertNever } from "../../../src/domain/assert-never.ts";
import { commandOf, encodeApdu, headBytes } from "../../../src/drivers/zvt/codec/apdu.ts";
import { ApduCutter } from "../../../src/drivers/zvt/codec/apdu-cutter.ts";
import { ACK, type BlockItem, BlockReader, encodeBlock } from "../../../src/drivers/zvt/codec/block.ts";
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

/** A terminal that goes by a script: a few lines of protocol, and any mischief on demand. */
export class ZvtPeer implements ScriptedPeer {
  sale: SaleScript = "approves";
  isExpected = true;
  frames = 0;
  orders = 0;
  booked = 0;
  /** Given by the world, which knows its links. */
  linksNow: () => number = () => 0;
  readonly #sockets = new Set<Socket>();
  #receipt = 0;
  #mischief: { readonly at: number; readonly what: Mischief } | undefined;
  #lateMs = 0;
  #isSilent = false;

  get links(): number {
    return this.linksNow();
  }

  /** A terminal on TCP, or the far end of a serial line. */
  connect(socket: Socket, kind: "tcp" | "serial"): void {
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => this.#sockets.delete(socket));
    new Exchange(this, socket, kind).start();
  }

  get expectedSerial(): string {
    return SERIAL;
  }

  plan(afterFrames: number, what: Mischief): void {
    this.#mischief = { at: this.frames + afterFrames, what };
  }

  unplug(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  say(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
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
}

/** One connection. */
class Exchange {
  readonly #peer: ZvtPeer;
  readonly #socket: Socket;
  readonly #kind: "tcp" | "serial";
  readonly #apdus = new ApduCutter();
  readonly #blocks = new BlockReader();
  /** Blocks of ours: the first is out and waits for its ACK. */
  readonly #out: Uint8Array[] = [];
  #answered: (() => void) | undefined;
  #aborted: (() => void) | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(peer: ZvtPeer, socket: Socket, kind: "tcp" | "serial") {
    this.#peer = peer;
    this.#socket = socket;
    this.#kind = kind;
  }

  start(): void {
    this.#socket.on("data", (chunk: Buffer) => {
      if (this.#kind === "serial") return this.#onBlocks(this.#blocks.push(chunk));
      for (const cut of this.#apdus.push(chunk)) if (cut.kind === "apdu") this.#take(cut.apdu);
    });
  }

  #onBlocks(items: readonly BlockItem[]): void {
    for (const item of items) {
      if (item.kind === "ack") this.#out.shift();
      if (item.kind === "ack" || item.kind === "nak") this.#writeBlock();
      if (item.kind !== "apdu") continue;
      if (!this.#peer.isSilent) this.#socket.write(Uint8Array.of(ACK));
      // Who is asked anew has no answer to wait for: back to the basic state.
      if (commandOf(item.apdu) !== 0x8000) this.#out.length = 0;
      this.#take(item.apdu);
    }
  }

  #write(apdu: Uint8Array): void {
    if (this.#kind === "tcp") this.#socket.write(apdu);
    else if (this.#out.push(apdu) === 1) this.#writeBlock();
  }

  #writeBlock(): void {
    const [next] = this.#out;
    if (next !== undefined && !this.#peer.isSilent) this.#socket.write(encodeBlock(next));
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
    if (this.#socket.writable) this.#write(apdu);
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
    const frame = this.#kind === "tcp" ? shows(0x0e) : encodeBlock(shows(0x0e));
    const wave = joined(...Array.from({ length: 500 }, () => frame));
    while (this.#socket.writable && this.#peer.isSilent) {
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
