import { assertNever } from "../../domain/assert-never.ts";
import { DeviceError } from "../../domain/device.ts";
import type { DeviceDeps } from "../driver.ts";
import type { ByteLink, LinkPlace } from "../transport/byte-link.ts";
import { ApduCutter } from "./codec/apdu-cutter.ts";
import { type BlockItem, BlockReader } from "./codec/block.ts";
import { decodeMessage, type Message } from "./codec/messages.ts";
import type { Reading } from "./codec/status-tlv.ts";
import type { ZvtCounters } from "./counters.ts";
import { countItem, countSent } from "./line-counting.ts";
import { isWaiting, SERIAL_START, type SerialEffect, type SerialInput, stepSerial } from "./machine/serial-machine.ts";
import { Timers } from "./timers.ts";

/** PA00P016: between two characters of a block. ms. */
const T1_MS = 200;

/** Writes that the kernel has not taken: a terminal that sends and never reads gets no further. */
const MOST_WRITES = 64;

/** How long closing waits for the link. ms. */
const CLOSE_MS = 2000;

/** Classes that PA00P015 knows. On TCP nothing else tells a terminal from garbage. */
const CLASSES: ReadonlySet<number> = new Set([0x04, 0x05, 0x06, 0x08, 0x0f]);

export interface LineContext {
  readonly reading: Reading;
  /** ms from a block to its ACK. Serial only. */
  readonly t2Ms: number;
  readonly counters: ZvtCounters;
  readonly deps: Pick<DeviceDeps, "clock" | "log" | "news">;
  readonly onMessage: (message: Message) => void;
  /** The terminal's ACK of one APDU. Serial only. */
  readonly onAcknowledged: (apdu: Uint8Array) => void;
}

/**
 * APDUs over one link: in blocks with ACK and NAK on a serial line, bare on TCP. Ends once, with the reason, and then sends
 * and hands on nothing more.
 */
export class ZvtLine implements AsyncDisposable {
  readonly ended: Promise<DeviceError>;
  readonly #context: LineContext;
  readonly #kind: LinkPlace["kind"];
  readonly #settleEnd: (error: DeviceError) => void;
  readonly #timers: Timers<"T1" | "T2">;
  readonly #blocks = new BlockReader();
  readonly #apdus = new ApduCutter();
  #serial = SERIAL_START;
  #link: ByteLink | undefined;
  #writes = 0;
  #lastWrite: Promise<void> = Promise.resolve();
  #end: DeviceError | undefined;
  #closed: Promise<void> | undefined;

  private constructor(kind: LinkPlace["kind"], context: LineContext) {
    this.#kind = kind;
    this.#context = context;
    const { promise, resolve } = Promise.withResolvers<DeviceError>();
    this.ended = promise;
    this.#settleEnd = resolve;
    this.#timers = new Timers(context.deps.clock, (name) => this.#onTimer(name));
  }

  /** @throws DeviceError when the place cannot be opened; nothing is left open. */
  static async open(place: LinkPlace, context: LineContext, signal: AbortSignal): Promise<ZvtLine> {
    const line = new ZvtLine(place.kind, context);
    const link = await place.open((chunk) => line.#onBytes(chunk), signal);
    line.#link = link;
    // Its first bytes may have been reason enough.
    if (line.#end !== undefined) line.#closed = line.#close();
    void link.ended.then((error) => line.end(error));
    return line;
  }

  /** Why it has ended, if it has. */
  get endedBy(): DeviceError | undefined {
    return this.#end;
  }

  /** Whether something of this APDU, which was sent before, may have gone out. */
  hasWritten(apdu: Uint8Array): boolean {
    return this.#kind === "tcp" || !isWaiting(this.#serial, apdu);
  }

  /** @param repeatable  On a serial line it may go out again when its ACK does not come. */
  send(apdu: Uint8Array, repeatable: boolean): void {
    if (this.#end !== undefined) return;
    this.#context.counters.apdusSent++;
    if (this.#kind === "tcp") this.#write(apdu);
    else this.#step({ type: "send", apdu, repeatable });
  }

  /** From here on nothing is sent or handed on, and the link is closed. */
  end(error: DeviceError): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    this.#timers.clearAll();
    this.#blocks.close();
    this.#apdus.close();
    this.#settleEnd(error);
    this.#closed = this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end(new DeviceError("closed", "the session was closed"));
    await this.#closed;
  }

  /** Never rejects: a link that cannot be closed is given up. */
  async #close(): Promise<void> {
    if (this.#link === undefined) return;
    const enough = new AbortController();
    const patience = this.#context.deps.clock.sleep(CLOSE_MS, enough.signal);
    try {
      await Promise.race([this.#closeLink(this.#link), patience.catch(() => undefined)]);
    } catch (error) {
      this.#context.deps.log.warn("zvt.linkNotClosed", { error });
    } finally {
      enough.abort();
    }
  }

  async #closeLink(link: ByteLink): Promise<void> {
    // The terminal waits for the answer to its last message; without it, it would not listen to the next session.
    if (this.#end?.code === "closed") await this.#lastWrite;
    await link[Symbol.asyncDispose]();
  }

  #onBytes(chunk: Uint8Array): void {
    if (this.#end !== undefined) return;
    if (this.#kind === "tcp") this.#onStream(chunk);
    else this.#onSerial(this.#blocks.push(chunk));
    // What was in it has been read and masked.
    chunk.fill(0);
  }

  #onStream(chunk: Uint8Array): void {
    for (const cut of this.#apdus.push(chunk)) {
      if (this.#end !== undefined) return;
      if (cut.kind === "apdu") {
        this.#deliver(cut.apdu);
      } else {
        this.#context.counters.oversizedFrames++;
        this.#fault("overflow");
      }
    }
  }

  #onSerial(items: readonly BlockItem[]): void {
    for (const item of items) {
      if (this.#end !== undefined) return;
      countItem(this.#context.counters, item);
      this.#step({ type: "item", item });
    }
    if (this.#blocks.midBlock) this.#timers.set("T1", T1_MS);
    else this.#timers.clear("T1");
  }

  #onTimer(name: "T1" | "T2"): void {
    if (name === "T1") this.#onSerial(this.#blocks.expire());
    else this.#step({ type: "T2" });
  }

  #step(input: SerialInput): void {
    const { state, effects } = stepSerial(this.#serial, input);
    this.#serial = state;
    for (const effect of effects) if (this.#end === undefined) this.#do(effect);
  }

  #do(effect: SerialEffect): void {
    switch (effect.do) {
      case "write":
        countSent(this.#context.counters, effect.bytes, this.#serial);
        return this.#write(effect.bytes);
      case "deliver":
        return this.#deliver(effect.apdu);
      case "setT2":
        return this.#timers.set("T2", this.#context.t2Ms);
      case "clearT2":
        return this.#timers.clear("T2");
      case "acknowledged":
        return this.#context.onAcknowledged(effect.apdu);
      case "failed":
        return this.end(new DeviceError("silent", "the terminal does not acknowledge a block"));
      case "fault":
        return this.#fault(effect.fault);
      default:
        return assertNever(effect);
    }
  }

  #fault(fault: Extract<SerialEffect, { do: "fault" }>["fault"]): void {
    this.#context.counters.lineFaults++;
    this.#context.deps.news({ type: "lineFault", fault });
  }

  #deliver(apdu: Uint8Array): void {
    const { counters, reading, onMessage } = this.#context;
    counters.apdusReceived++;
    const message = decodeMessage(apdu, reading);
    apdu.fill(0);
    if (this.#kind === "tcp" && message.type === "unknown" && !CLASSES.has(message.command >> 8)) {
      this.#fault("garbage");
      return this.end(new DeviceError("garbage", "what comes is not ZVT"));
    }
    if (message.type === "status" && message.status.unread !== undefined) counters.unreadFields++;
    onMessage(message);
  }

  #write(bytes: Uint8Array): void {
    if (this.#end !== undefined || this.#link === undefined) return;
    if (++this.#writes > MOST_WRITES) {
      this.#fault("overflow");
      return this.end(new DeviceError("garbage", "the terminal sends without end and does not read"));
    }
    this.#lastWrite = this.#writeTo(this.#link, bytes);
  }

  /** Never rejects: a write that fails ends the line. */
  async #writeTo(link: ByteLink, bytes: Uint8Array): Promise<void> {
    try {
      await link.write(bytes);
      this.#writes--;
    } catch (error) {
      this.end(error instanceof DeviceError ? error : new DeviceError("linkLost", `write failed: ${String(error)}`));
    }
  }
}
