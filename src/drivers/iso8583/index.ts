import type { Socket } from "node:net";
import type { Seq } from "../../domain/record.ts";
import type { RouteChanged } from "../../domain/link.ts";
import type { Currency } from "../../domain/money.ts";
import type { AcquirerId, TerminalId, TerminalView } from "../../domain/terminal.ts";
import type { TransactionRecord } from "../../domain/transaction.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { formatEndpoint } from "../../runtime/endpoint.ts";
import type { RouteMove, RouteRules } from "../../runtime/route-choice.ts";
import { isShutdown } from "../../runtime/task.ts";
import type { Driver, DriverDeps } from "../driver.ts";
import type { TlsMaterial } from "../transport/tcp-connect.ts";
import { peerAddress, TcpListener } from "../transport/tcp-listen.ts";
import { AcquirerLine, type AcquirerLineState } from "./acquirer-line.ts";
import { FrameCutter } from "./codec/frame-cutter.ts";
import { Attribution, type ListedTerminal } from "./machine/attribution.ts";
import { RelayMachine } from "./machine/relay-machine.ts";
import { readSnapshot } from "./snapshot.ts";
import { GuardedObserver } from "./guarded-observer.ts";
import { ConnectionObserver, type ObserverDeps } from "./observer.ts";
import type { Iso8583Options } from "./options.ts";
import { Recording } from "./recording.ts";
import { noRelayCounters } from "./relay-counters.ts";
import { RelayConnection } from "./relay-connection.ts";
import { terminalViews } from "./terminal-views.ts";

/** One address may hold this share of `maxConnections`, so that one broken device cannot shut the others out. */
const SHARE_OF_ONE_ADDRESS = 0.5;

/** Above this share of `maxConnections` a connection whose terminal has gone is given up for each new one. */
const SHARE_WITH_LATE_ANSWERS = 0.25;

/** On a stop, questions that are open get this long for their answers; systemd gives the daemon 10 s in all. ms. */
const STOP_WITHIN_MS = 4_000;

/** Fits the longest receive time-out that terminals use (DE62 tag 12, default 60 s). ms. */
const LATE_ANSWER_MS = 60_000;

const TICK_MS = 5_000;

export interface RelaySetup {
  readonly options: Iso8583Options;
  readonly tls?: TlsMaterial | undefined;
  /** The terminals of this acquirer. */
  readonly terminals: readonly ListedTerminal[];
  readonly defaultCurrency: Currency;
  /** Tests shorten them. */
  readonly routeRules?: Partial<RouteRules>;
}

/** The relay of one acquirer. */
export interface RelayDriver extends Driver {
  readonly acquirer: AcquirerId;
  /** Where terminals connect to, with the port that the system chose for port 0; rejects when it cannot listen. */
  address(): Promise<number>;
  /** False while every endpoint of the acquirer is known dead and the port is shut. */
  readonly isListening: boolean;
  /** Which way new connections go, and what is wrong with the others. */
  line(): AcquirerLineState;
  /** Whoever watches the shop's lines has found one of them unusable, or usable again. */
  judgeRoute(route: string, usable: boolean): void;
}

/** Relays ISO 8583 terminals to their acquirer, unchanged, and records what it sees (architecture.md, "Relay is transparent"). */
export function relayDriver(setup: RelaySetup, deps: DriverDeps): RelayDriver {
  return new Relay(setup, deps);
}

class Relay implements RelayDriver {
  readonly name: string;
  readonly #setup: RelaySetup;
  readonly #deps: DriverDeps;
  readonly #machine: RelayMachine;
  readonly #line: AcquirerLine;
  readonly #listener: TcpListener;
  readonly #counters = noRelayCounters();
  readonly #observerDeps: ObserverDeps;
  readonly #open = new Map<RelayConnection, ConnectionObserver>();
  readonly #perAddress = new Map<string, number>();
  readonly #lastSeen = new Map<TerminalId, string>();
  readonly #recording: Recording;
  readonly #listening = Promise.withResolvers<number>();
  #connections = 0;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(setup: RelaySetup, deps: DriverDeps) {
    const { options } = setup;
    this.name = `relay:${options.id}`;
    this.#setup = setup;
    this.#deps = deps;
    this.#recording = new Recording(deps.record, deps.log, this.#counters);
    this.#machine = new RelayMachine({
      acquirer: options.id,
      defaultCurrency: setup.defaultCurrency,
      resendCount: options.resendCount,
      settlementKinds: { debit: options.debitKinds, credit: options.creditKinds },
    });
    this.#line = new AcquirerLine(
      {
        endpoints: options.endpoints,
        routes: options.routes,
        connect: { timeoutMs: options.connectTimeoutMs, tls: setup.tls },
        routeRules: setup.routeRules,
      },
      {
        clock: deps.clock,
        log: deps.log,
        random: deps.random,
        onUsable: (usable) => void this.#gate(usable),
        onMoved: (move) => this.#noteMoved(move),
      },
    );
    // Whoever does not ask for the address learns of a failure from run.
    this.#listening.promise.catch(() => undefined);
    const { host, port } = options.listen;
    this.#listener = new TcpListener({ host, port, maxConnections: options.maxConnections }, (socket) =>
      this.#accept(socket),
    );
    this.#observerDeps = {
      clock: deps.clock,
      log: deps.log,
      machine: this.#machine,
      attribution: new Attribution(setup.terminals),
      framing: options.framing,
      counters: this.#counters,
      tokenise: deps.tokenise,
      newId: deps.newId,
      record: this.#recording.record,
      enforcePause: options.enforcePause,
      pausedBecause: deps.pausedBecause,
      seen: (terminal, at) => this.#lastSeen.set(terminal, at),
      saidAt: new Map(),
    };
  }

  get acquirer(): AcquirerId {
    return this.#setup.options.id;
  }

  address(): Promise<number> {
    return this.#listening.promise;
  }

  get isListening(): boolean {
    return this.#listener.isOpen;
  }

  line(): AcquirerLineState {
    return this.#line.state();
  }

  judgeRoute(route: string, usable: boolean): void {
    this.#line.judgeRoute(route, usable);
  }

  snapshot(): { readonly state: string; readonly upTo: Promise<Seq> } {
    return { state: JSON.stringify(this.#machine.snapshot()), upTo: this.#recording.position() };
  }

  restoreSnapshot(state: string, upTo: Seq): boolean {
    const snapshot = readSnapshot(state);
    if (snapshot === undefined) return false;
    this.#machine.restoreSnapshot(snapshot);
    this.#recording.startAt(upTo);
    return true;
  }

  restore(record: TransactionRecord, position: Seq): void {
    this.#machine.restore(record);
    this.#recording.startAt(position);
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  terminals(): readonly TerminalView[] {
    const connected = [...this.#open.values()].map(({ terminal }) => terminal);
    return terminalViews(this.#setup.terminals, { connected, lastSeen: this.#lastSeen, machine: this.#machine });
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    this.#recording.recordAll(this.#machine.recover());
    try {
      await this.#listener.open();
    } catch (cause) {
      const { id, listen } = this.#setup.options;
      const error = new Error(
        `acquirers: ${id}: cannot listen on ${formatEndpoint(listen)}; choose another port or stop what holds it`,
        { cause },
      );
      this.#listening.reject(error);
      throw error;
    }
    this.#listening.resolve(this.#listener.port);
    this.#deps.log.info("relay.listening", { acquirer: this.acquirer, port: this.#listener.port });
    try {
      await Promise.all([this.#line.run(signal), this.#tick(signal)]);
    } finally {
      await this.#close();
    }
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    try {
      for (;;) {
        await clock.sleep(TICK_MS, signal);
        const at = rfc3339(clock.now());
        this.#recording.recordAll(this.#machine.tick(clock.monotonicMs(), at));
        if (this.#line.isUsable && !this.#listener.isOpen) await this.#gate(true);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) throw error;
    }
  }

  async #close(): Promise<void> {
    this.#listening.reject(new Error("stopped before it listened"));
    await this.#listener[Symbol.asyncDispose]();
    for (const connection of this.#open.keys()) connection.stop();
    const cut = setTimeout(() => {
      for (const connection of this.#open.keys()) connection.cut();
    }, STOP_WITHIN_MS);
    await Promise.all([...this.#open.keys()].map(({ ended }) => ended));
    clearTimeout(cut);
    await this.#recording.position();
  }

  #accept(terminal: Socket): void {
    const { options } = this.#setup;
    const address = peerAddress(terminal);
    this.#makeRoom();
    const held = this.#perAddress.get(address) ?? 0;
    if (this.#signal.aborted || held >= Math.max(1, options.maxConnections * SHARE_OF_ONE_ADDRESS)) {
      this.#counters.overAddressLimit += 1;
      terminal.resetAndDestroy();
      return;
    }
    this.#perAddress.set(address, held + 1);
    this.#counters.connections += 1;
    this.#connections += 1;
    void this.#relay(terminal, this.#connections, address);
  }

  /** Waiting for late answers is worth something, but not a sale that is refused for it. */
  #makeRoom(): void {
    if (this.#open.size < this.#setup.options.maxConnections * SHARE_WITH_LATE_ANSWERS) return;
    for (const connection of this.#open.keys()) {
      if (!connection.awaitsOnlyLateAnswer) continue;
      connection.cut();
      return;
    }
  }

  async #relay(terminal: Socket, number: number, address: string): Promise<void> {
    const { options } = this.#setup;
    const observer = new ConnectionObserver(number, address, this.#observerDeps);
    const cutter = options.observe === "on" ? new FrameCutter(options.framing, "wiped") : undefined;
    const guarded = new GuardedObserver(observer, (error) => this.#observerFailed(error));
    const connection = new RelayConnection(terminal, cutter, guarded, {
      writeAheadMaxMs: options.writeAheadMaxMs,
      partialFrameMs: options.partialFrameMs,
      idleTimeoutMs: options.idleTimeoutS * 1_000,
      lateAnswerMs: LATE_ANSWER_MS,
    });
    this.#open.set(connection, observer);
    const gone = new AbortController();
    void connection.ended.then(() => gone.abort());
    try {
      const opened = await this.#line.open(gone.signal);
      if (opened === undefined) {
        this.#counters.unreachable += 1;
        connection.unreachable();
      } else {
        observer.connectedTo(opened.endpoint);
        connection.attach(opened.socket, opened.report);
      }
    } catch (error) {
      if (!isShutdown(error, gone.signal)) {
        this.#deps.log.error("relay.failed", { error });
        connection.unreachable();
      }
    }
    await connection.ended;
    observer.close();
    this.#open.delete(connection);
    const rest = (this.#perAddress.get(address) ?? 1) - 1;
    if (rest === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, rest);
  }

  #noteMoved({ from, to, because }: RouteMove): void {
    const { acquirer } = this;
    this.#deps.log.warn("acquirer.route-changed", { acquirer, from, to, because });
    const body: RouteChanged = { event: "routeChanged", of: "acquirer", acquirer, from, to, because };
    void this.#recording.record({ kind: "link", body }, true);
  }

  #observerFailed(error: unknown): void {
    this.#counters.observerFailures += 1;
    if (this.#counters.observerFailures % 1_000 === 1) {
      this.#deps.log.error("relay.observerFailed", { total: this.#counters.observerFailures, error });
    }
  }

  /** All endpoints known dead: stop listening, so that the terminal is refused before it sends (architecture.md). */
  async #gate(usable: boolean): Promise<void> {
    const { log } = this.#deps;
    const { id } = this.#setup.options;
    if (!usable) {
      this.#listener.shut();
      log.warn("relay.shut", { acquirer: id, because: "no endpoint of the acquirer can be reached" });
      return;
    }
    if (this.#signal.aborted) return;
    try {
      await this.#listener.open();
      log.info("relay.listening", { acquirer: id, port: this.#listener.port });
    } catch (error) {
      log.error("relay.cannotListen", { acquirer: id, error });
    }
  }
}
