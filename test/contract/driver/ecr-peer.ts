import { createServer, type Server, type Socket } from "node:net";
import { type Duplex, duplexPair } from "node:stream";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { assertNever } from "../../../src/domain/assert-never.ts";
import { ecrTerminal } from "../../../src/sim/ecr/serve-tcp.ts";
import type { EcrTerminal } from "../../../src/sim/ecr/terminal.ts";
import { type SimWire, simWire } from "../../../src/sim/ecr/wire.ts";
import type { Mischief, SaleScript, ScriptedPeer } from "./world.ts";

export type CommandedProfile = "transbank" | "ecr17";

const EXPECTED = "12345678";
const OTHER = "99999999";

/** The simulated terminal on TCP, with a wire in between on which frames are counted and mischief is done. */
export class EcrPeer implements ScriptedPeer, AsyncDisposable {
  frames = 0;
  readonly terminal: EcrTerminal;
  readonly wire: SimWire;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #sale: SaleScript = "approves";
  #mischief: { readonly at: number; readonly what: Mischief } | undefined;
  #lateMs = 0;
  #isSilent = false;

  private constructor(profile: CommandedProfile, server: Server) {
    this.terminal = ecrTerminal({ profile, stepMs: 1, ackMs: 200 });
    this.wire = simWire(profile);
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      new Between(this, socket).start();
    });
  }

  static async listening(profile: CommandedProfile): Promise<EcrPeer> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return new EcrPeer(profile, server);
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  get sale(): SaleScript {
    return this.#sale;
  }

  set sale(script: SaleScript) {
    this.#sale = script;
    switch (script) {
      case "approves":
        this.terminal.usually = {};
        break;
      case "declines":
        this.terminal.usually = { customer: "isDeclined" };
        break;
      case "abortedByCustomer":
        this.terminal.usually = { customer: "cancels" };
        break;
      case "waitsForCard":
      case "neverEnds":
        this.terminal.usually = { misbehaviour: { do: "waits" } };
        break;
    }
  }

  get isExpected(): boolean {
    return this.terminal.terminalNumber !== OTHER;
  }

  set isExpected(yes: boolean) {
    this.terminal.terminalNumber = yes ? EXPECTED : OTHER;
  }

  get orders(): number {
    return this.terminal.commands.filter((text) => /^(0200|\d{9}[PX])/.test(text)).length;
  }

  get booked(): number {
    return this.terminal.books.charges.length;
  }

  get links(): number {
    return this.#sockets.size;
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
    this.terminal.release();
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.terminal[Symbol.dispose]();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** One connection: the driver's socket on one side, the terminal on the other. */
class Between {
  readonly #peer: EcrPeer;
  readonly #socket: Socket;
  readonly #terminal;
  #sending: Promise<void> = Promise.resolve();

  constructor(peer: EcrPeer, socket: Socket) {
    this.#peer = peer;
    this.#socket = socket;
    const [here, there] = duplexPair();
    this.#terminal = here;
    peer.terminal.serve(there);
  }

  start(): void {
    this.#socket.on("error", () => undefined);
    this.#socket.once("close", () => this.#terminal.destroy());
    this.#terminal.once("close", () => this.#socket.destroy());
    this.#eachFrame(this.#socket, (frame) => this.#toTerminal(frame));
    this.#eachFrame(this.#terminal, (frame) => {
      this.#sending = this.#sending.then(async () => this.#toDriver(frame));
    });
  }

  /** Bytes that belong to no frame go with the one behind them, or by themselves: they are news of a procedure. */
  #eachFrame(from: Duplex, take: (frame: Buffer) => void): void {
    let held: Buffer = Buffer.alloc(0);
    from.on("data", (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      let at = 0;
      for (;;) {
        const cut = this.#peer.wire.cut(held.subarray(at));
        if (cut === undefined) break;
        at = held.length - cut.rest.length;
        if (cut.heard === undefined) continue;
        take(held.subarray(0, at));
        held = held.subarray(at);
        at = 0;
      }
      if (at > 0) take(held.subarray(0, at));
      held = held.subarray(at);
    });
  }

  #toTerminal(frame: Buffer): void {
    const mischief = this.#peer.pass();
    this.#terminal.write(frame);
    if (mischief !== undefined) this.#do(mischief);
  }

  async #toDriver(frame: Buffer): Promise<void> {
    const mischief = this.#peer.pass();
    if (mischief !== undefined && this.#do(mischief)) return;
    if (this.#peer.isSilent) return;
    const lateMs = this.#peer.takeLateness();
    if (lateMs > 0) await delay(lateMs);
    if (this.#socket.writable) this.#socket.write(frame);
  }

  /** @returns whether that was all that is to be done with the frame. */
  #do(mischief: Mischief): boolean {
    switch (mischief.type) {
      case "cut":
        // What was received stays received: the terminal goes on by itself.
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
    const news = this.#peer.wire.progress("0900|84|");
    const wave = Buffer.concat(Array.from({ length: 50 }, () => news));
    while (this.#socket.writable) {
      // Wave by wave: driver and terminal share this thread, and each confirmation costs the terminal as much as the news.
      const taken = new Promise<void>((resolve) => {
        this.#socket.write(wave, () => resolve());
      });
      await taken;
      await turn();
    }
  }
}
