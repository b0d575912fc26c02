import type { Log } from "../../runtime/log.ts";
import { composeWire, type Envelope, type RawField } from "../acquirer/compose.ts";
import type { WireFraming } from "../acquirer/frames.ts";
import type { WireMessage } from "../acquirer/wire.ts";
import type { Exchange, LineUse, TerminalLine } from "./line.ts";
import type { TerminalMemory } from "./memory.ts";
import type { TerminalIdentity } from "./requests.ts";

/** Numbers since this life of the terminal began. */
export interface DeviceCounters {
  requests: number;
  reversalsSent: number;
  reversalsGivenUp: number;
  /** Advices that went out a second time or more. */
  advicesRepeated: number;
  powerCuts: number;
}

/** Something that a leak search must not find anywhere. */
export interface UsedSecret {
  readonly name: string;
  readonly value: string;
}

export interface DeviceParts {
  readonly identity: TerminalIdentity;
  readonly line: TerminalLine;
  readonly lineUse: LineUse;
  readonly memory: TerminalMemory;
  readonly framing: WireFraming;
  readonly tpdu: Buffer;
  readonly header: Buffer;
  readonly operator: string;
  /** How often a reversal is sent again after its first attempt. */
  readonly reversalResends: number;
  readonly random: () => number;
  readonly log: Log;
}

/** Secrets remembered for leak searches; beyond it new ones are not listed. */
const MOST_SECRETS = 100_000;

/** The terminal's hardware and firmware below its menu: writing messages, keeping count. */
export class Device {
  readonly parts: DeviceParts;
  readonly counters: DeviceCounters = {
    requests: 0,
    reversalsSent: 0,
    reversalsGivenUp: 0,
    advicesRepeated: 0,
    powerCuts: 0,
  };
  readonly #secrets = new Map<string, string>();

  constructor(parts: DeviceParts) {
    this.parts = parts;
  }

  /** Sends one message and waits for the answer that fits it: MTI + 10, DE11 and DE41. */
  async ask(
    mti: string,
    fields: readonly RawField[],
    mac: Envelope["mac"],
    power: AbortSignal,
    beforeSend: () => void = () => undefined,
  ): Promise<Exchange> {
    const { line, lineUse, framing, tpdu, header, identity } = this.parts;
    const frame = composeWire(mti, fields, { tpdu, header, mac }, framing);
    const answerMti = String(Number(mti) + 10).padStart(4, "0");
    const stan = fields.find(([de]) => de === 11)?.[1].toString("hex");
    const isAnswer = (message: WireMessage): boolean =>
      message.mti === answerMti && message.digits(11) === stan && message.text(41) === identity.de41;
    const exchange = await line.exchange(
      frame,
      isAnswer,
      () => {
        this.counters.requests += 1;
        beforeSend();
      },
      power,
    );
    if (lineUse === "request") line.hangUp();
    return exchange;
  }

  /** Notes what must not turn up in logs, records or databases. */
  used(name: string, value: string): void {
    if (this.#secrets.size < MOST_SECRETS) this.#secrets.set(value, name);
  }

  secrets(): readonly UsedSecret[] {
    return [...this.#secrets].map(([value, name]) => ({ name, value }));
  }
}
