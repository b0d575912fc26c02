import type { CardToken } from "../../domain/card.ts";
import type { RecordDraft } from "../../domain/record.ts";
import type { TerminalId, TerminalRecord } from "../../domain/terminal.ts";
import { transactionId } from "../../domain/transaction.ts";
import { type Clock, rfc3339 } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { FrameCutter } from "./codec/frame-cutter.ts";
import { isKeepAlive } from "./codec/framing.ts";
import type { Framing, Observation } from "./codec/observation.ts";
import { observe } from "./codec/observe.ts";
import { classify } from "./codec/transaction-kind.ts";
import type { Attribution } from "./machine/attribution.ts";
import type { Asked } from "./machine/outstanding.ts";
import type { RelayMachine } from "./machine/relay-machine.ts";
import type { RequestSeen } from "./machine/seen.ts";
import type { EndReason, RelayObserver, Verdict } from "./relay-connection.ts";
import type { RelayCounters } from "./relay-counters.ts";

/** A terminal that sends rubbish says so in the log and the ledger once in this time, not once a message. ms. */
const SAY_AGAIN_MS = 60_000;

export interface ObserverDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly machine: RelayMachine;
  readonly attribution: Attribution;
  readonly framing: Framing;
  readonly counters: RelayCounters;
  readonly tokenise: (panDigits: string) => CardToken;
  readonly newId: () => string;
  /** Resolves true when on disk, false when it could not be recorded; never rejects. */
  readonly record: (draft: RecordDraft, canWait?: boolean) => Promise<boolean>;
  readonly enforcePause: boolean;
  readonly pausedBecause: (terminal: TerminalId) => string | undefined;
  readonly seen: (terminal: TerminalId, at: string) => void;
  /** Last time that this terminal's rubbish was said aloud; shared by its connections. */
  readonly saidAt: Map<TerminalId, number>;
}

/** Looks at a copy of one connection's bytes and turns them into ledger records. Never stands in the way of the bytes. */
export class ConnectionObserver implements RelayObserver {
  readonly #connection: number;
  readonly #address: string;
  readonly #deps: ObserverDeps;
  readonly #fromAcquirer: FrameCutter;
  #terminal: TerminalId;
  #endpoint = "";

  constructor(connection: number, address: string, deps: ObserverDeps) {
    this.#connection = connection;
    this.#address = address;
    this.#deps = deps;
    this.#fromAcquirer = new FrameCutter(deps.framing);
    this.#terminal = deps.attribution.terminal(undefined, address);
  }

  get terminal(): TerminalId {
    return this.#terminal;
  }

  connectedTo(endpoint: string): void {
    this.#endpoint = endpoint;
  }

  frameFromTerminal(frame: Uint8Array, first: boolean): Verdict {
    const { machine, framing, tokenise, counters, newId, record } = this.#deps;
    if (isKeepAlive(frame, framing)) return { isKeepAlive: true };
    const observation = observe(frame, framing, tokenise);
    counters.requests += 1;
    const at = this.#attribute(observation);
    if (observation.error !== undefined) this.#sayUndecodable(observation, frame.length);
    const seen: RequestSeen = {
      connection: this.#connection,
      terminal: this.#terminal,
      observation,
      id: transactionId(newId()),
      at,
      monotonicMs: this.#deps.clock.monotonicMs(),
    };
    const paused = first ? this.#refusal(observation) : undefined;
    if (paused !== undefined) {
      counters.refused += 1;
      for (const draft of machine.refused(seen, paused)) void record(draft);
      return { refuse: true };
    }
    const { drafts, writeAhead, asked } = machine.request(seen);
    const recorded = drafts.map((draft) => record(draft, !writeAhead));
    if (!writeAhead) return { asked };
    return { asked, recorded: recorded.length === 1 ? recorded[0] : allTrue(recorded) };
  }

  opaqueFromTerminal(bytes: number, reason: string): void {
    const { counters } = this.#deps;
    counters.opaqueBytes += bytes;
    if (this.#saysAgain()) {
      this.#deps.log.warn("relay.opaque", { terminal: this.#terminal, bytes, reason });
      this.#terminalRecord({ event: "opaque", detail: { reason, bytes } });
    }
  }

  fromAcquirer(chunk: Uint8Array): ((delivered: boolean) => void) | undefined {
    const { framing, counters, clock, machine, record } = this.#deps;
    const observations: Observation[] = [];
    for (const result of this.#fromAcquirer.push(chunk)) {
      if (result.kind === "opaque") counters.opaqueBytes += result.bytes.length;
      else if (!isKeepAlive(result.bytes, framing)) {
        // The record of the request has the card's token.
        observations.push(observe(result.bytes, framing));
        if (result.bytes.buffer !== chunk.buffer) result.bytes.fill(0);
      }
    }
    if (observations.length === 0) return undefined;
    counters.answers += observations.length;
    const at = rfc3339(clock.now());
    const monotonicMs = clock.monotonicMs();
    return (delivered) => {
      for (const observation of observations) {
        const terminal = this.#deps.attribution.terminal(observation.de41, this.#address);
        const seen = { connection: this.#connection, terminal, observation, delivered, at, monotonicMs };
        for (const draft of machine.answer(seen)) void record(draft, true);
      }
    };
  }

  sent(asked: Asked, beforeDurable: boolean): void {
    if (beforeDurable) this.#deps.counters.forwardedBeforeDurable += 1;
    this.#deps.machine.sent(asked, this.#endpoint, beforeDurable);
  }

  isWaiting(): boolean {
    return this.#deps.machine.waiting(this.#connection);
  }

  ended(reason: EndReason): void {
    const { machine, clock, record } = this.#deps;
    for (const draft of machine.closed(this.#connection, rfc3339(clock.now()), reason)) void record(draft, true);
  }

  close(): void {
    this.#fromAcquirer.close();
  }

  #attribute({ de41 }: Observation): string {
    const at = rfc3339(this.#deps.clock.now());
    if (de41 !== undefined) this.#terminal = this.#deps.attribution.terminal(de41, this.#address);
    this.#deps.seen(this.#terminal, at);
    return at;
  }

  /**
   * What may be enforced on the relay (architecture.md): only a decoded 0100 or 0200 as the first frame of a connection;
   * reversals, advices, settlement and everything unread always pass.
   */
  #refusal(observation: Observation): string | undefined {
    if (!this.#deps.enforcePause || observation.error !== undefined) return undefined;
    if (observation.mti !== "0100" && observation.mti !== "0200") return undefined;
    if (classify(observation).family !== "financial") return undefined;
    return this.#deps.pausedBecause(this.#terminal);
  }

  #sayUndecodable({ error, mti }: Observation, bytes: number): void {
    this.#deps.counters.undecodable += 1;
    if (error === undefined || !this.#saysAgain()) return;
    const { de, offset, reason } = error;
    this.#deps.log.warn("relay.undecodable", { terminal: this.#terminal, de, offset, reason, bytes });
    this.#terminalRecord({ event: "undecodable", detail: { de, offset, reason, bytes, mti } });
  }

  #saysAgain(): boolean {
    const { saidAt, clock } = this.#deps;
    const now = clock.monotonicMs();
    const said = saidAt.get(this.#terminal);
    if (said !== undefined && now - said < SAY_AGAIN_MS) return false;
    saidAt.set(this.#terminal, now);
    return true;
  }

  #terminalRecord(part: Pick<TerminalRecord, "event" | "detail">): void {
    const body: TerminalRecord = { ...part, acquirer: this.#deps.machine.acquirer };
    void this.#deps.record({ kind: "terminal", terminal: this.#terminal, body });
  }
}

async function allTrue(all: readonly Promise<boolean>[]): Promise<boolean> {
  return (await Promise.all(all)).every(Boolean);
}
