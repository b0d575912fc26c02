import type { DeviceDriver, DeviceNews, DeviceSession } from "../../src/domain/device.ts";
import { cardToken } from "../../src/domain/card.ts";
import { currency, minorUnits } from "../../src/domain/money.ts";
import { paymentId, type PaymentAnswer, type PaymentOrder, type PaymentProgress } from "../../src/domain/payment.ts";
import { terminalId } from "../../src/domain/terminal.ts";
import type { DeviceDeps } from "../../src/drivers/driver.ts";
import { ecrDriver } from "../../src/drivers/ecr/index.ts";
import { ecrOptions, type EcrOptions } from "../../src/drivers/ecr/options.ts";
import type { LinkPlace } from "../../src/drivers/transport/byte-link.ts";
import { serialPlace } from "../../src/drivers/transport/serial-place.ts";
import { tcpPlace } from "../../src/drivers/transport/tcp-place.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import { ecrTerminal, serveEcrTerminal, type ServedTerminalOptions } from "../../src/sim/ecr/serve-tcp.ts";
import type { EcrTerminal } from "../../src/sim/ecr/terminal.ts";
import { serialLine } from "./serial-line.ts";

export const ECR_LINES = ["tcp", "pty"] as const;
export type EcrLineKind = (typeof ECR_LINES)[number];

export type RigOptions = Omit<ServedTerminalOptions, "host" | "port" | "log"> & {
  readonly line?: EcrLineKind;
  readonly driver?: Partial<Omit<EcrOptions, "profile">>;
};

/** A simulated terminal and the driver that speaks to it, with time-outs for tests. */
export class EcrRig implements AsyncDisposable {
  readonly terminal: EcrTerminal;
  readonly driver: DeviceDriver;
  readonly news: DeviceNews[] = [];
  readonly #close: () => Promise<void>;
  readonly #profile: RigOptions["profile"];
  #orders = 0;

  private constructor(terminal: EcrTerminal, place: LinkPlace, options: RigOptions, close: () => Promise<void>) {
    this.terminal = terminal;
    this.#close = close;
    this.#profile = options.profile;
    const settings = {
      ...ecrOptions.parse({ family: "ecr", profile: options.profile, commands: "on" }),
      ackTimeoutMs: 600,
      answerTimeoutS: 3,
      ...options.driver,
    };
    this.driver = ecrDriver({ terminal: terminalId("till-1"), options: settings }, place, ecrDeps(this.news));
  }

  static async start(options: RigOptions): Promise<EcrRig> {
    if (options.line === "pty") {
      const terminal = ecrTerminal({ ackMs: 300, ...options });
      const line = await serialLine((socket) => terminal.serve(socket));
      const settings = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;
      return new EcrRig(terminal, serialPlace({ path: line.path, ...settings }), options, async () => {
        terminal[Symbol.dispose]();
        await line[Symbol.asyncDispose]();
      });
    }
    const served = await serveEcrTerminal({ ackMs: 300, ...options });
    const place = tcpPlace({ host: served.host, port: served.port });
    return new EcrRig(served.terminal, place, options, async () => served[Symbol.asyncDispose]());
  }

  /** Without a terminal: what listens at the port is the test's. */
  static async startAt(profile: RigOptions["profile"], port: number): Promise<EcrRig> {
    const terminal = ecrTerminal({ profile });
    return new EcrRig(terminal, tcpPlace({ host: "127.0.0.1", port }), { profile }, async () => {
      terminal[Symbol.dispose]();
    });
  }

  async open(): Promise<DeviceSession> {
    return this.driver.open(new AbortController().signal);
  }

  order(amount: number, more: Partial<PaymentOrder> = {}): PaymentOrder {
    return {
      payment: paymentId(`payment-${++this.#orders}`),
      kind: "sale",
      amount: minorUnits(amount),
      currency: currency(this.#profile === "ecr17" ? "EUR" : "CLP"),
      ...more,
    };
  }

  /** Sells, and tells what the till saw on its way. */
  async sell(
    session: DeviceSession,
    amount: number,
    more: Partial<PaymentOrder> = {},
  ): Promise<PaymentAnswer & { readonly steps: readonly PaymentProgress[] }> {
    const steps: PaymentProgress[] = [];
    const order = this.order(amount, more);
    const answer = await session.pay(order, (news) => steps.push(news), new AbortController().signal);
    return { ...answer, steps };
  }

  get charged(): readonly number[] {
    return this.terminal.books.charges.map(({ amount }) => amount);
  }

  counter(name: string): number {
    return this.driver.counters()[name] ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

function ecrDeps(news: DeviceNews[]): DeviceDeps {
  return {
    clock: systemClock(),
    log: silentLog,
    random: Math.random,
    tokenise: () => cardToken("0123456789abcdef"),
    news: (one) => {
      news.push(one);
    },
  };
}
