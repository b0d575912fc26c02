import type { Socket } from "node:net";
import type { FrameCutter } from "./codec/frame-cutter.ts";
import { durableWithin, ForwardQueue } from "./forward-queue.ts";
import type { Asked } from "./machine/outstanding.ts";

/** Bytes that one connection may hold on their way to the acquirer before its terminal is told to wait. */
const HELD_MAX = 256 * 1024;

/** A peer that was told goodbye and does not leave is cut off. ms. */
const GOODBYE_MS = 2_000;

/** While the daemon stops: how often a connection is asked whether its question was answered. ms. */
const LOOK_AGAIN_MS = 50;

/** What a frame from the terminal needs before it may go on. */
export interface Verdict {
  readonly asked?: Asked | undefined;
  readonly recorded?: Promise<boolean> | undefined;
  /** Close the connection and forward nothing: allowed for the first frame only. */
  readonly refuse?: true;
  /** A sign of life: what comes after it may still be the first frame. */
  readonly isKeepAlive?: true;
}

/** Why a connection ended, as the ledger says it. */
export type EndReason =
  | "terminalClosed"
  | "terminalReset"
  | "acquirerClosed"
  | "acquirerUnreachable"
  | "idle"
  | "stopping"
  | "refused";

/** What the connection tells the observer, and asks of it. All of it is about a copy: the bytes go on unchanged. */
export interface RelayObserver {
  frameFromTerminal(frame: Uint8Array, first: boolean): Verdict;
  opaqueFromTerminal(bytes: number, reason: string): void;
  /** @returns to be called when the bytes were written to the terminal (true) or could not be (false). */
  fromAcquirer(chunk: Uint8Array): ((delivered: boolean) => void) | undefined;
  sent(asked: Asked, beforeDurable: boolean): void;
  /** Financial requests wait for an answer. */
  isWaiting(): boolean;
  ended(reason: EndReason): void;
}

/** What became of the requests of one connection: by it the endpoint of later ones is chosen, never that of this one. */
export interface ExchangeReport {
  /** A byte came back, after one or more requests had gone out. */
  answered(): void;
  /** Requests had gone out, and the terminal or the acquirer ended the connection without a byte of an answer. */
  unanswered(): void;
  /** It is over. Once. */
  closed(): void;
}

export interface RelayTimes {
  readonly writeAheadMaxMs: number;
  readonly partialFrameMs: number;
  readonly idleTimeoutMs: number;
  /** How long the acquirer is still listened to after the terminal has gone with a question open: a late approval is money. */
  readonly lateAnswerMs: number;
}

/**
 * One terminal connection and its own connection to the acquirer. Bytes pass unchanged and in order; requests wait for
 * their record within bounds; nothing is ever written to a second acquirer connection.
 *
 * ```
 *  terminal ──▶ cutter ──▶ ForwardQueue (waits for the disk) ──▶ acquirer
 *  terminal ◀────────────────── at once ───────────────────────  acquirer ──copy──▶ observer
 * ```
 */
export class RelayConnection {
  readonly #terminal: Socket;
  /** Absent: `observe: off`, bytes are not looked at. */
  readonly #cutter: FrameCutter | undefined;
  readonly #observer: RelayObserver;
  readonly #times: RelayTimes;
  readonly #queue = new ForwardQueue();
  readonly #done: () => void;
  /** Resolves when both sides are closed and every timer is cleared. */
  readonly ended: Promise<void>;
  #acquirer: Socket | undefined;
  #report: ExchangeReport | undefined;
  /** Something that wants an answer went out, and nothing has come back since. */
  #asks = false;
  #saidUnanswered = false;
  #pumping = false;
  #sawFrame = false;
  #terminalGone = false;
  #acquirerGone = false;
  #isOver = false;
  #partialTimer: NodeJS.Timeout | undefined;
  #endTimer: NodeJS.Timeout | undefined;
  #stopTimer: NodeJS.Timeout | undefined;

  constructor(terminal: Socket, cutter: FrameCutter | undefined, observer: RelayObserver, times: RelayTimes) {
    this.#terminal = terminal;
    this.#cutter = cutter;
    this.#observer = observer;
    this.#times = times;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#done = resolve;
    terminal.on("data", (chunk: Buffer) => this.#fromTerminal(chunk));
    terminal.on("end", () => this.#terminalEnded());
    terminal.on("drain", () => this.#acquirer?.resume());
    terminal.on("error", () => this.#over("terminalReset"));
    terminal.on("close", () => this.#over("terminalReset"));
    // Counts reads and writes. Neither a black-holed acquirer nor a terminal that was switched off keeps a socket for ever.
    terminal.setTimeout(times.idleTimeoutMs, () => this.#over("idle"));
  }

  /** The terminal has gone; what is still open is open for a late answer alone. */
  get awaitsOnlyLateAnswer(): boolean {
    return this.#terminalGone && this.#endTimer !== undefined;
  }

  /** The acquirer connection is open: what was held goes out. */
  attach(acquirer: Socket, report: ExchangeReport): void {
    if (this.#isOver) {
      acquirer.destroy();
      report.closed();
      return;
    }
    this.#acquirer = acquirer;
    this.#report = report;
    acquirer.on("data", (chunk: Buffer) => this.#fromAcquirer(chunk));
    acquirer.on("end", () => this.#acquirerEnded());
    acquirer.on("drain", () => this.#terminal.resume());
    acquirer.on("error", () => this.#acquirerEnded());
    acquirer.on("close", () => this.#acquirerEnded());
    void this.#pump();
  }

  /** No endpoint could be reached: the terminal is reset, so that it knows at once. */
  unreachable(): void {
    this.#over("acquirerUnreachable");
  }

  /** The daemon stops: at once when nothing is open, else when the answer is there; the caller bounds the wait. */
  stop(): void {
    if (!this.#observer.isWaiting() && this.#queue.isEmpty) this.#over("stopping");
    else this.#stopTimer ??= setInterval(() => this.stop(), LOOK_AGAIN_MS);
  }

  cut(): void {
    this.#over("stopping");
  }

  #fromTerminal(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#cutter === undefined) this.#queue.push({ bytes: chunk });
    else if (!this.#observed(this.#cutter, chunk)) return;
    if (this.#queue.bytes > HELD_MAX) this.#terminal.pause();
    void this.#pump();
  }

  /** @returns false when the connection was refused. */
  #observed(cutter: FrameCutter, chunk: Buffer): boolean {
    for (const result of cutter.push(chunk)) {
      const bytes = result.bytes.subarray(result.releasedBytes);
      if (result.kind === "opaque") {
        this.#observer.opaqueFromTerminal(result.bytes.length, result.reason);
        this.#sawFrame = true;
        this.#queue.push({ bytes });
        continue;
      }
      const verdict = this.#observer.frameFromTerminal(result.bytes, !this.#sawFrame && result.releasedBytes === 0);
      if (verdict.isKeepAlive !== true) this.#sawFrame = true;
      if (verdict.refuse === true) {
        this.#over("refused");
        return false;
      }
      // The front of a slow frame has left already: holding back its end would help nobody.
      const recorded = result.releasedBytes > 0 ? undefined : verdict.recorded;
      const isKeepAlive = verdict.isKeepAlive === true;
      this.#queue.push({ bytes, whole: result.bytes, asked: verdict.asked, recorded, isKeepAlive });
    }
    this.#watchPartial(cutter);
    return true;
  }

  #watchPartial(cutter: FrameCutter): void {
    if (cutter.heldBytes === 0) {
      clearTimeout(this.#partialTimer);
      this.#partialTimer = undefined;
      return;
    }
    this.#partialTimer ??= setTimeout(() => {
      this.#partialTimer = undefined;
      this.#queue.push({ bytes: cutter.release() });
      void this.#pump();
    }, this.#times.partialFrameMs);
  }

  async #pump(): Promise<void> {
    if (this.#pumping || this.#acquirer === undefined) return;
    this.#pumping = true;
    for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) {
      const durable = item.recorded === undefined || (await durableWithin(item.recorded, this.#times.writeAheadMaxMs));
      if (this.#isOver || this.#acquirerGone) break;
      if (item.asked !== undefined) this.#observer.sent(item.asked, !durable);
      if (item.isKeepAlive !== true) this.#asks = true;
      const { bytes, whole = bytes } = item;
      if (!this.#acquirer.write(bytes, () => whole.fill(0))) this.#terminal.pause();
    }
    this.#pumping = false;
    if (this.#queue.bytes <= HELD_MAX && !this.#acquirer.writableNeedDrain) this.#terminal.resume();
    if (this.#terminalGone && this.#queue.isEmpty) this.#finishTerminalSide();
  }

  #fromAcquirer(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#noteAnswer();
    const noted = this.#cutter === undefined ? undefined : this.#observer.fromAcquirer(chunk);
    if (this.#terminal.destroyed || !this.#terminal.writable) {
      noted?.(false);
      chunk.fill(0);
      return;
    }
    const more = this.#terminal.write(chunk, (error) => {
      noted?.((error === undefined || error === null) && !this.#terminalGone);
      chunk.fill(0);
    });
    if (!more) this.#acquirer?.pause();
  }

  /** The terminal has said its last word. What it sent before still goes out; then the acquirer hears the same. */
  #terminalEnded(): void {
    this.#terminalGone = true;
    if (this.#cutter !== undefined && this.#cutter.heldBytes > 0) this.#queue.push({ bytes: this.#cutter.release() });
    if (this.#acquirer === undefined) return;
    if (!this.#pumping && this.#queue.isEmpty) this.#finishTerminalSide();
    else void this.#pump();
  }

  #finishTerminalSide(): void {
    if (this.#isOver || this.#endTimer !== undefined) return;
    const late = this.#observer.isWaiting();
    this.#noteUnanswered();
    this.#observer.ended("terminalClosed");
    this.#acquirer?.end();
    this.#endTimer = setTimeout(() => this.#over("terminalClosed"), late ? this.#times.lateAnswerMs : GOODBYE_MS);
  }

  #acquirerEnded(): void {
    if (this.#acquirerGone || this.#isOver) return;
    this.#acquirerGone = true;
    this.#noteUnanswered();
    if (this.#terminalGone) {
      this.#over("terminalClosed");
      return;
    }
    // What the acquirer still said is written first: `end` follows it in the same order.
    this.#terminal.end(() => {
      this.#observer.ended("acquirerClosed");
    });
    this.#endTimer ??= setTimeout(() => this.#over("acquirerClosed"), GOODBYE_MS);
  }

  #noteAnswer(): void {
    if (!this.#asks) return;
    this.#asks = false;
    this.#saidUnanswered = false;
    this.#report?.answered();
  }

  /** Once for what is open now: a late answer may still come, and says so then. */
  #noteUnanswered(): void {
    if (!this.#asks || this.#saidUnanswered) return;
    this.#saidUnanswered = true;
    this.#report?.unanswered();
  }

  #over(reason: EndReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // On our own account nothing is said of the acquirer.
    if (reason !== "stopping" && reason !== "refused") this.#noteUnanswered();
    this.#report?.closed();
    clearTimeout(this.#partialTimer);
    clearTimeout(this.#endTimer);
    clearInterval(this.#stopTimer);
    this.#terminal.setTimeout(0);
    this.#queue.clear();
    this.#cutter?.close();
    this.#observer.ended(this.#acquirerGone && reason === "terminalReset" ? "acquirerClosed" : reason);
    if (reason === "acquirerUnreachable" || reason === "refused") this.#terminal.resetAndDestroy();
    else this.#terminal.destroy();
    this.#acquirer?.destroy();
    this.#done();
  }
}
