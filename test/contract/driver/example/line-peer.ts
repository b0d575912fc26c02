import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import { assertNever } from "../../../../src/domain/assert-never.ts";
import { terminalId } from "../../../../src/domain/terminal.ts";
import { tcpPlace } from "../../../../src/drivers/transport/tcp-place.ts";
import type { DriverWorld, Mischief, SaleScript, ScriptedPeer } from "../world.ts";
import { lineDriver } from "./line-driver.ts";

const SERIAL = "4711";
const SETUP = { terminal: terminalId("t-1"), serial: SERIAL, answerWithinMs: 1200 };

/** A terminal that speaks the invented protocol of line-driver.ts on TCP. A frame is a line. */
class LinePeer implements ScriptedPeer {
  sale: SaleScript = "approves";
  isExpected = true;
  frames = 0;
  orders = 0;
  booked = 0;
  readonly sockets = new Set<Socket>();
  readonly server: Server;
  #planned: { readonly at: number; readonly mischief: Mischief } | undefined;
  #isSilent = false;

  constructor() {
    this.server = createServer({ noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.sockets.delete(socket));
      void this.#serve(socket);
    });
  }

  get links(): number {
    return this.sockets.size;
  }

  plan(afterFrames: number, mischief: Mischief): void {
    this.#planned = { at: this.frames + afterFrames, mischief };
  }

  unplug(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  say(bytes: Uint8Array): void {
    for (const socket of this.sockets) socket.write(bytes);
  }

  behave(): void {
    this.#planned = undefined;
    this.#isSilent = false;
  }

  async #serve(socket: Socket): Promise<void> {
    for await (const line of createInterface({ input: socket })) {
      const [number = "", question = ""] = line.split(" ");
      // A line that is cut behind the order leaves the order carried out.
      const answers = this.#carryOut(question);
      await this.#pass(socket);
      for (const answer of answers) {
        if (await this.#pass(socket)) socket.write(`${number} ${answer}\n`);
      }
    }
  }

  #carryOut(question: string): readonly string[] {
    if (question === "WHO") return [`IS ${this.isExpected ? SERIAL : "0815"}`];
    if (question === "HOW") return ["READY"];
    this.orders++;
    switch (this.sale) {
      case "approves":
        this.booked++;
        return ["CARD", `OK ${this.booked}`];
      case "declines":
      case "abortedByCustomer":
        return ["CARD", "NO 51"];
      case "waitsForCard":
      case "neverEnds":
        return ["CARD"];
      default:
        return assertNever(this.sale);
    }
  }

  /** @returns whether the frame goes on. */
  async #pass(socket: Socket): Promise<boolean> {
    const mischief = this.#planned?.at === this.frames ? this.#planned.mischief : undefined;
    this.frames++;
    if (mischief?.type === "cut") socket.destroy();
    if (mischief?.type === "garbage") socket.write(mischief.bytes);
    if (mischief?.type === "late") await delay(mischief.ms);
    if (mischief?.type === "silence" || mischief?.type === "flood") this.#isSilent = true;
    if (mischief?.type === "flood") void flood(socket);
    return !this.#isSilent && socket.writable;
  }
}

async function flood(socket: Socket): Promise<void> {
  while (socket.writable) if (!socket.write("0 CARD\n".repeat(50))) await turn();
}

export async function lineWorld(): Promise<DriverWorld> {
  const peer = new LinePeer();
  await new Promise<void>((resolve) => {
    peer.server.listen(0, "127.0.0.1", resolve);
  });
  const address = peer.server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    family: "line",
    peer,
    driver: (deps) => lineDriver(SETUP, tcpPlace({ host: "127.0.0.1", port }), deps),
    patienceMs: 20_000,
    [Symbol.asyncDispose]: async () => {
      for (const socket of peer.sockets) socket.destroy();
      peer.server.close();
    },
  };
}
