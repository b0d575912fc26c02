import type { Socket } from "node:net";
import { commandOf, encodeApdu } from "../../src/drivers/zvt/codec/apdu.ts";
import { ApduCutter } from "../../src/drivers/zvt/codec/apdu-cutter.ts";
import { ACK, BlockReader, encodeBlock } from "../../src/drivers/zvt/codec/block.ts";
import { bcd, bmp, joined } from "../../src/drivers/zvt/codec/writing.ts";

export const POSITIVE = encodeApdu(0x8000);
export const COMPLETION = encodeApdu(0x060f);

/** 04 0F. */
export function statusOf(...fields: readonly Uint8Array[]): Uint8Array {
  return encodeApdu(0x040f, joined(...fields));
}

/** What is sent in answer to a command; each message but an 80 00 or 84 xx waits for the till's own 80 00. */
export type Script = (command: number, apdu: Uint8Array) => readonly Uint8Array[];

/** Registers and is ready; whatever else is asked, `script` answers. */
export function readyAnd(script: Script): Script {
  return (command, apdu) => {
    switch (command) {
      case 0x0600:
        return [POSITIVE, encodeApdu(0x060f, joined(bmp(0x19, Uint8Array.of(0)), bmp(0x29, bcd(52_000_123, 4))))];
      case 0x0501:
        return [POSITIVE, encodeApdu(0x060f, Uint8Array.of(0))];
      default:
        return script(command, apdu);
    }
  };
}

/** A terminal that answers by a script, on a socket or behind a pseudo-terminal. */
export class ScriptedTerminal {
  /** Commands and answers that came. */
  readonly received: Uint8Array[] = [];
  /** Bytes of the line in place of the next block, e.g. a spoilt one. Once each; serial only. */
  readonly instead: Uint8Array[] = [];
  /** Blocks that are taken without an ACK. Serial only. */
  swallowAcks = 0;
  /** Sends of its own accord. Serial only. */
  send: (apdu: Uint8Array) => void = () => undefined;
  /** Sends of its own accord, at once. TCP only. */
  say: (apdu: Uint8Array) => void = () => undefined;
  readonly #script: Script;
  readonly #waiting: Uint8Array[] = [];

  constructor(script: Script) {
    this.#script = script;
  }

  /** Commands that came, without the till's answers. */
  get commands(): readonly number[] {
    return this.received.map((apdu) => commandOf(apdu)).filter((command) => command >> 8 !== 0x80);
  }

  onTcp(socket: Socket): void {
    const cutter = new ApduCutter();
    this.say = (apdu) => void socket.write(apdu);
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      for (const cut of cutter.push(chunk)) {
        if (cut.kind === "apdu") this.#take(cut.apdu.slice(), (apdu) => socket.write(apdu));
      }
    });
  }

  onSerial(socket: Socket): void {
    const reader = new BlockReader();
    const blocks: Uint8Array[] = [];
    const write = (): void => {
      const [next] = blocks;
      if (next !== undefined) socket.write(this.instead.shift() ?? encodeBlock(next));
    };
    const send = (apdu: Uint8Array): void => {
      if (blocks.push(apdu) === 1) write();
    };
    this.send = send;
    socket.on("error", () => undefined);
    socket.on("data", (chunk: Buffer) => {
      for (const item of reader.push(chunk)) {
        if (item.kind === "ack") blocks.shift();
        if (item.kind === "ack" || item.kind === "nak") write();
        if (item.kind !== "apdu") continue;
        if (this.swallowAcks > 0) this.swallowAcks--;
        else socket.write(Uint8Array.of(ACK));
        this.#take(item.apdu, send);
      }
    });
  }

  #take(apdu: Uint8Array, send: (apdu: Uint8Array) => void): void {
    this.received.push(apdu);
    const command = commandOf(apdu);
    if (command !== 0x8000 && command >> 8 !== 0x84) this.#waiting.push(...this.#script(command, apdu));
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      send(next);
      const code = commandOf(next);
      if (code !== 0x8000 && code >> 8 !== 0x84) return;
    }
  }
}
