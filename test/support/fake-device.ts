import {
  type DeviceCondition,
  type DeviceDiagnosis,
  type DeviceDriver,
  DeviceError,
  type DeviceErrorCode,
  type DeviceIdentity,
  type DeviceNews,
  type DeviceRecovery,
  type DeviceSession,
  type DeviceSettlement,
} from "../../src/domain/device.ts";
import { minorUnits } from "../../src/domain/money.ts";
import type { PaymentAnswer, PaymentKind, PaymentOrder } from "../../src/domain/payment.ts";
import { type TerminalId, terminalId } from "../../src/domain/terminal.ts";
import { aborted } from "../../src/runtime/aborted.ts";

/**
 * How a call into the driver goes: as it should, with an error of the driver's, a foreign one, never, only when
 * it is told to stop, or when the test lets it go.
 */
export type Behaviour = "works" | "hangs" | "throws" | "takesLong" | "waits" | DeviceErrorCode;

/**
 * A terminal behind the seam between driver families and supervision (src/domain/device.ts): everything above that seam is
 * the real thing, everything below is told by the test.
 */
export class FakeDevice {
  readonly terminal: TerminalId;
  open: Behaviour = "works";
  poll: Behaviour = "works";
  recover: Behaviour = "works";
  close: Behaviour = "works";
  settling: Behaviour = "works";
  make: Behaviour = "works";
  identity: DeviceIdentity = { serial: "SN-1", terminalNumber: "52500041", firmware: "2.0.1" };
  condition: DeviceCondition = { state: "ready" };
  settlement: DeviceSettlement = {
    outcome: "settled",
    totals: [{ card: "girocard", count: 1, amount: minorUnits(1_200) }],
  };
  payments: ReadonlySet<PaymentKind> = new Set(["sale", "refund"]);
  recoveries: ReadonlySet<DeviceRecovery> = new Set(["initialise", "setClock", "reset"]);
  /** What happened, in order. */
  readonly calls: string[] = [];
  made = 0;
  openSessions = 0;
  /** Calls that are under way: more than one at a time breaks the seam's rule. */
  atOnce = 0;
  mostAtOnce = 0;
  news: ((news: DeviceNews) => void) | undefined;
  /** Ends what `waits`. */
  letGo: () => void = () => undefined;
  #end: ((error: DeviceError) => void) | undefined;
  pay: (order: PaymentOrder, cancel: AbortSignal) => Promise<PaymentAnswer> = async () =>
    Promise.resolve({ outcome: "approved", transaction: {} });

  constructor(name = "till-1") {
    this.terminal = terminalId(name);
  }

  count(call: string): number {
    return this.calls.filter((one) => one === call).length;
  }

  /** The cable is pulled. */
  loseLink(): void {
    this.#end?.(new DeviceError("linkLost", "the cable was pulled"));
  }

  readonly makeDriver = (news: (news: DeviceNews) => void): DeviceDriver => {
    this.made += 1;
    this.news = news;
    if (this.make !== "works") throw new TypeError("the driver cannot be made");
    return {
      family: "fake",
      terminal: this.terminal,
      abilities: {
        payments: this.payments,
        cancels: true,
        tellsLastTransaction: true,
        settles: true,
        diagnoses: true,
        recoveries: this.recoveries,
      },
      counters: () => ({ frames: this.calls.length }),
      open: async (signal) => {
        await this.#call("open", this.open, signal);
        this.openSessions += 1;
        return this.#session();
      },
    };
  };

  #session(): DeviceSession {
    const ended = Promise.withResolvers<DeviceError>();
    this.#end = ended.resolve;
    let isOpen = true;
    return {
      identity: this.identity,
      ended: ended.promise,
      poll: async (signal) => {
        await this.#call("poll", this.poll, signal);
        return this.condition;
      },
      pay: async (order, _progress, cancel) => {
        this.calls.push("pay");
        this.#begin();
        try {
          return await this.pay(order, cancel);
        } finally {
          this.atOnce -= 1;
        }
      },
      lastTransaction: async (signal) => {
        await this.#call("lastTransaction", "works", signal);
        return undefined;
      },
      settle: async (signal) => {
        await this.#call("settle", this.settling, signal);
        return this.settlement;
      },
      diagnose: async (signal): Promise<DeviceDiagnosis> => {
        await this.#call("diagnose", "works", signal);
        return { outcome: "passed", hostMs: 120 };
      },
      recover: async (step, signal) => this.#call(`recover ${step}`, this.recover, signal),
      [Symbol.asyncDispose]: async () => {
        if (!isOpen) return;
        isOpen = false;
        this.openSessions -= 1;
        ended.resolve(new DeviceError("closed", "closed by us"));
        if (this.close === "hangs") await new Promise<never>(() => undefined);
        if (this.close !== "works") throw new TypeError("cannot close");
      },
    };
  }

  #begin(): void {
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
  }

  async #call(name: string, behaviour: Behaviour, signal: AbortSignal): Promise<void> {
    this.calls.push(name);
    this.#begin();
    try {
      await Promise.resolve();
      signal.throwIfAborted();
      if (behaviour === "hangs") return await new Promise<never>(() => undefined);
      if (behaviour === "waits") {
        await new Promise<void>((resolve) => {
          this.letGo = resolve;
        });
      } else if (behaviour === "takesLong") {
        await aborted(signal);
        await Promise.resolve();
        signal.throwIfAborted();
      } else if (behaviour === "throws") throw new TypeError("a bug in the driver");
      else if (behaviour !== "works") throw new DeviceError(behaviour, `as the test wants: ${behaviour}`);
    } finally {
      this.atOnce -= 1;
    }
  }
}
