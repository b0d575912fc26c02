import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { currency } from "../../src/domain/money.ts";
import { type RecordDraft, type Seq, seq } from "../../src/domain/record.ts";
import { terminalId } from "../../src/domain/terminal.ts";
import type { TransactionRecord } from "../../src/domain/transaction.ts";
import { cardToken } from "../../src/domain/card.ts";
import { type RelayDriver, relayDriver } from "../../src/drivers/iso8583/index.ts";
import { iso8583Options } from "../../src/drivers/iso8583/options.ts";
import { type Clock, systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import type { RouteRules } from "../../src/runtime/route-choice.ts";
import { transactionsOf } from "./drafts.ts";
import { waitUntil } from "./wait-until.ts";

/** An acquirer that is only bytes: it keeps what it gets, and says what the test tells it to. */
export class WireAcquirer implements AsyncDisposable {
  readonly sockets: Socket[] = [];
  readonly #server: Server;
  #received = Buffer.alloc(0);
  /** What to write for each chunk that arrives. */
  answer: (chunk: Buffer, socket: Socket) => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.sockets.push(socket);
      socket.on("error", () => socket.destroy());
      socket.on("data", (chunk) => {
        this.#received = Buffer.concat([this.#received, chunk]);
        this.answer(chunk, socket);
      });
    });
  }

  static async listen(port = 0): Promise<WireAcquirer> {
    const server = createServer({ allowHalfOpen: true });
    const acquirer = new WireAcquirer(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return acquirer;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return address.port;
  }

  /** All bytes of all connections, in the order of arrival. */
  get received(): Buffer {
    return this.#received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }
}

/** A ledger at the narrowest seam: it keeps the drafts, and is as fast, slow or broken as the test makes it. */
export class DraftLedger {
  readonly drafts: RecordDraft[] = [];
  /** What an append waits for. Reject to refuse it. */
  disk: () => Promise<void> = async () => {};

  async append(draft: RecordDraft): Promise<Seq> {
    this.drafts.push(draft);
    const position = seq(this.drafts.length);
    await this.disk();
    return position;
  }

  transactions(): TransactionRecord[] {
    return transactionsOf(this.drafts);
  }

  events(): string[] {
    return this.transactions().map(({ event, transaction }) => `${event}:${transaction.outcome}`);
  }
}

export interface RelayRig extends AsyncDisposable {
  readonly driver: RelayDriver;
  readonly port: number;
  readonly ledger: DraftLedger;
  /** A terminal's connection; errors are swallowed, `closed` tells of the end. */
  terminal(): Promise<WireTerminal>;
  /** Tells the driver to stop and waits until it has; terminals are left alone. */
  stop(): Promise<void>;
}

/** A terminal that is only bytes. */
export class WireTerminal {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  error: string | undefined;
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
    // Half-open allowed: `end` is the other side's goodbye, `close` with an error its reset.
    const over = (): void => {
      this.isClosed = true;
    };
    socket.on("end", over).on("close", over);
  }

  async hears(bytes: number): Promise<Buffer> {
    return waitUntil(`the terminal has ${bytes} bytes`, () =>
      this.received.length >= bytes ? this.received : undefined,
    );
  }

  async closed(): Promise<void> {
    await waitUntil("the terminal is disconnected", () => this.isClosed);
  }
}

export interface RigOptions {
  readonly endpoints: readonly number[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly paused?: string;
  readonly tls?: Parameters<typeof relayDriver>[0]["tls"];
  readonly routeRules?: Partial<RouteRules>;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Makes the observer fail at every message that carries a card number. */
  readonly observerFails?: true;
}

/** The real relay on real sockets, over a ledger that the test holds in its hand. */
export async function relayRig({
  endpoints,
  options = {},
  paused,
  tls,
  routeRules = {},
  clock = systemClock(),
  observerFails,
}: RigOptions): Promise<RelayRig> {
  const ledger = new DraftLedger();
  const stop = new AbortController();
  let ids = 0;
  const driver = relayDriver(
    {
      options: iso8583Options.parse({
        id: "unionpay",
        family: "iso8583",
        listen: "127.0.0.1:0",
        endpoints: endpoints.map((port) => `127.0.0.1:${port}`),
        connectTimeoutMs: 2_000,
        ...options,
      }),
      tls,
      routeRules,
      terminals: [{ id: terminalId("till-1"), de41: "12345678" }],
      defaultCurrency: currency("CNY"),
    },
    {
      clock,
      log: silentLog,
      record: async (draft) => ledger.append(draft),
      tokenise: () => {
        if (observerFails === true) throw new Error("a bug in the observer");
        return cardToken("0123456789abcdef");
      },
      pausedBecause: () => paused,
      random: () => 0,
      newId: () => {
        ids += 1;
        return `t${ids}`;
      },
    },
  );
  const running = driver.run(stop.signal);
  const port = await driver.address();
  const terminals: Socket[] = [];
  const end = async (): Promise<void> => {
    stop.abort(new Error("test over"));
    await running;
  };
  return {
    driver,
    port,
    ledger,
    terminal: async () => {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true, allowHalfOpen: true });
      terminals.push(socket);
      await once(socket, "connect");
      return new WireTerminal(socket);
    },
    stop: end,
    [Symbol.asyncDispose]: async () => {
      for (const socket of terminals) socket.destroy();
      await end();
    },
  };
}
