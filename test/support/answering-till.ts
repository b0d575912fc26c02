import type { Duplex } from "node:stream";
import { ApduCutter } from "../../src/drivers/zvt/codec/apdu-cutter.ts";
import { decodeMessage, type Message } from "../../src/drivers/zvt/codec/messages.ts";
import { waitUntil } from "./wait-until.ts";

/** A till on TCP that answers every message with 80 00, and reads with the driver's codec what the simulator wrote with its own. */
export class AnsweringTill {
  readonly #stream: Duplex;
  /** All that came, oldest first. */
  readonly heard: Message[] = [];
  /** The same, hexadecimal. */
  readonly raw: string[] = [];
  /** What it answers to the next messages, in place of 80 00. */
  readonly answers: string[] = [];

  constructor(stream: Duplex, charset: "cp437" | "utf8" = "cp437") {
    this.#stream = stream;
    const cutter = new ApduCutter();
    stream.on("error", () => undefined);
    stream.on("data", (chunk: Buffer) => {
      for (const cut of cutter.push(chunk)) {
        if (cut.kind !== "apdu") continue;
        this.raw.push(Buffer.from(cut.apdu).toString("hex"));
        const message = decodeMessage(cut.apdu, { charset });
        this.heard.push(message);
        if (message.type !== "positive" && message.type !== "negative") this.say(this.answers.shift() ?? "800000");
      }
    });
  }

  get hasEnded(): boolean {
    return this.#stream.destroyed || this.#stream.readableEnded;
  }

  /** @param bytes  Hexadecimal, with or without blanks. */
  say(bytes: string): void {
    this.#stream.write(Buffer.from(bytes.replaceAll(/\s/g, ""), "hex"));
  }

  /** Sends a command. @returns what came of it, from 80 00 or 84 xx to the completion. */
  async order(bytes: string): Promise<readonly Message[]> {
    const from = this.heard.length;
    this.say(bytes);
    await waitUntil("the command has ended", () => this.heard.slice(from).some((message) => isEnd(message)));
    return this.heard.slice(from);
  }

  end(): void {
    this.#stream.destroy();
  }
}

function isEnd({ type }: Message): boolean {
  return type === "completion" || type === "abort" || type === "negative";
}
