import type { LastTransaction } from "../../domain/payment.ts";
import type { DoubtView, ResolvedAs, ResolveRefusal } from "../../domain/payment-request.ts";
import { type Asker, isSupervisor } from "../../domain/role.ts";
import type { TerminalId } from "../../domain/terminal.ts";
import type { Resolution, Transaction, TransactionId } from "../../domain/transaction.ts";
import { instant } from "../../domain/clock.ts";
import { rfc3339 } from "../../runtime/clock.ts";
import { isShutdown } from "../../runtime/task.ts";
import { type DeskDeps, draftOf } from "./ports.ts";
import type { Standing } from "./standing.ts";
import { resolved } from "./transaction-of.ts";
import { type Judged, verdictOn } from "./verdicts.ts";

export interface AskingTimes {
  /** ms of rest after a terminal can be reached again, in which it ends what it was doing. */
  readonly quietMs: number;
  /** ms until it is tried again when it could not be asked. */
  readonly notNowMs: number;
  /** ms until it is asked again when what it told was no evidence; then only people can help. */
  readonly againMs: readonly number[];
}

const MINUTE_MS = 60_000;
export const ASKING_TIMES: AskingTimes = {
  quietMs: 3_000,
  notNowMs: 5_000,
  againMs: [MINUTE_MS, 10 * MINUTE_MS, 60 * MINUTE_MS],
};

/**
 * Looks after transactions whose end nobody saw. Never repeats one: asks the terminal what it remembers when that can be
 * reached again, and takes a named person's word.
 */
export class InDoubtDesk {
  readonly #deps: DeskDeps;
  readonly #standing: Standing;
  readonly #times: AskingTimes;
  readonly #asking = new Map<TerminalId, AbortController>();
  readonly #running = new Set<Promise<void>>();
  readonly #nextCheck = new Map<TerminalId, number>();
  readonly #lastCheck = new Map<TransactionId, { readonly at: string; readonly why: string }>();
  readonly #resolving = new Set<TransactionId>();
  /** Relayed doubts that were ended here, and that the ledger's readers may still tell of. */
  readonly #ended = new WeakSet<Transaction>();
  /** What terminals said of their own accord while an order runs there: it could be about that one. */
  readonly #said = new Map<TerminalId, { last?: LastTransaction }>();
  readonly #signal: AbortSignal;

  /** @param signal  Ends all asking; `ended` then resolves. */
  constructor(deps: DeskDeps, standing: Standing, times: AskingTimes, signal: AbortSignal) {
    this.#deps = deps;
    this.#standing = standing;
    this.#times = times;
    this.#signal = signal;
  }

  /** There is something to be asked at this terminal. */
  askAt(terminal: TerminalId): void {
    if (this.#signal.aborted) return;
    this.#asking.get(terminal)?.abort(new Error("begun anew"));
    const own = new AbortController();
    this.#asking.set(terminal, own);
    const task = this.#settle(terminal, AbortSignal.any([this.#signal, own.signal])).finally(() => {
      this.#running.delete(task);
      if (this.#asking.get(terminal) === own) this.#asking.delete(terminal);
    });
    this.#running.add(task);
  }

  /** A terminal says of its own accord what became of an order that nobody waits for any more. Never throws. */
  told(terminal: TerminalId, last: LastTransaction): void {
    const said = this.#said.get(terminal);
    if (said !== undefined) {
      said.last = last;
      return;
    }
    const doubts = this.#standing.at(terminal);
    if (this.#signal.aborted || doubts.length === 0) return;
    const task = this.#judgeLate(doubts, last).finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  /** Until an order has ended, what its terminal says of its own accord is kept; then it may be evidence. */
  async during<T>(terminal: TerminalId, order: Promise<T>): Promise<T> {
    const said: { last?: LastTransaction } = {};
    this.#said.set(terminal, said);
    try {
      return await order;
    } finally {
      if (this.#said.get(terminal) === said) this.#said.delete(terminal);
      if (said.last !== undefined) this.told(terminal, said.last);
    }
  }

  /** Resolves when nothing is asked any more. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  list(): readonly DoubtView[] {
    return [...this.#standing.all, ...this.#relayed()].map((transaction) => this.view(transaction));
  }

  view(transaction: Transaction): DoubtView {
    // A terminal can be about to be asked for another one than this.
    const next = this.#standing.get(transaction.id) && this.#nextCheck.get(transaction.terminal);
    const lastCheck = this.#lastCheck.get(transaction.id);
    return {
      transaction,
      ...(next === undefined ? {} : { nextCheckAt: rfc3339(instant(next)) }),
      ...(lastCheck === undefined ? {} : { lastCheck }),
    };
  }

  /** A person's word. @param why  In the ledger for ever: names no card. */
  async resolve(id: TransactionId, as: ResolvedAs, why: string, asker: Asker): Promise<Transaction | ResolveRefusal> {
    if (!isSupervisor(asker)) return { refused: "notPermitted" };
    const doubt = this.#standing.get(id) ?? [...this.#relayed()].find((one) => one.id === id);
    if (doubt === undefined) return { refused: "notInDoubt" };
    const end = resolved(doubt, as, this.#resolution("person", asker.name, why));
    return (await this.#record(doubt, end)) ? end : { refused: "notRecorded" };
  }

  *#relayed(): Generator<Transaction> {
    for (const { event, transaction } of this.#deps.doubts()?.open ?? []) {
      // One that was just passed on is answered in a moment.
      if (transaction.payment !== undefined || event === "requested") continue;
      if (!this.#ended.has(transaction)) yield transaction;
    }
  }

  async #settle(terminal: TerminalId, signal: AbortSignal): Promise<void> {
    const { clock, claims, log } = this.#deps;
    const { quietMs, notNowMs, againMs } = this.#times;
    const later = [...againMs];
    try {
      while (this.#standing.at(terminal).length > 0) {
        await claims.reachable(terminal, signal);
        await clock.sleep(quietMs, signal);
        const waitMs = (await this.#ask(terminal, signal)) ? later.shift() : notNowMs;
        if (waitMs === undefined || this.#standing.at(terminal).length === 0) break;
        this.#nextCheck.set(terminal, clock.now() + waitMs);
        await clock.sleep(waitMs, signal);
      }
    } catch (error) {
      if (!isShutdown(error, signal)) log.error("inDoubt.askingEnded", { terminal, error });
    }
    if (!signal.aborted) this.#nextCheck.delete(terminal);
  }

  /** @returns whether the terminal told what it remembers, and that is recorded as far as it is evidence. */
  async #ask(terminal: TerminalId, signal: AbortSignal): Promise<boolean> {
    const { claims, log } = this.#deps;
    const claim = claims.claimToAsk(terminal);
    if ("refused" in claim) return false;
    using held = claim;
    const doubts = this.#standing.at(terminal);
    if (!held.abilities.tellsLastTransaction) {
      for (const { id } of doubts) this.#checked(id, "the terminal cannot tell what it did last");
      return true;
    }
    let last: LastTransaction | undefined;
    try {
      const { state } = await held.session.poll(signal);
      // It is still busy with something: that could be the very order.
      if (state === "wait") return false;
      last = await held.session.lastTransaction(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn("inDoubt.notAsked", { terminal, error });
      return false;
    }
    const known = this.#standing.newest(terminal);
    const verdicts = doubts.map((doubt) => ({ doubt, verdict: verdictOn(doubt, doubts, last, known) }));
    const isRecorded = await this.#conclude(verdicts, last, "lastTransaction");
    if (!isRecorded) return false;
    this.#standing.asked(doubts);
    if (last !== undefined) this.#standing.tell(terminal, last.transaction);
    return true;
  }

  /** Not asked for, it is no word on what the terminal remembers: it can only be the order's own end. */
  async #judgeLate(doubts: readonly Transaction[], last: LastTransaction): Promise<void> {
    const verdicts = doubts.map((doubt): Judged => {
      const verdict = verdictOn(doubt, doubts, last, this.#standing.newest(doubt.terminal));
      const isOther = verdict.verdict === "notCharged" && !verdict.isRemembered;
      return { doubt, verdict: isOther ? { verdict: "unknown", why: "a late answer was of an earlier one" } : verdict };
    });
    await this.#conclude(verdicts, last, "lateAnswer");
  }

  /** @returns whether all that is known now is recorded. */
  async #conclude(judged: readonly Judged[], last: LastTransaction | undefined, evidence: string): Promise<boolean> {
    let isRecorded = true;
    for (const { doubt, verdict } of judged) {
      const { why } = verdict;
      if (verdict.verdict === "unknown") {
        this.#checked(doubt.id, why);
        this.#deps.log.warn("inDoubt.noEvidence", { payment: doubt.id, terminal: doubt.terminal, why });
        continue;
      }
      const isRemembered = verdict.verdict === "charged" || verdict.isRemembered;
      const resolution = this.#resolution("evidence", evidence, why);
      const end = resolved(doubt, verdict.outcome, resolution, isRemembered ? last : undefined);
      if (!(await this.#record(doubt, end))) isRecorded = false;
    }
    return isRecorded;
  }

  #checked(id: TransactionId, why: string): void {
    this.#lastCheck.set(id, { at: rfc3339(this.#deps.clock.now()), why });
  }

  /** @returns false when it is not on disk: doubt stays. */
  async #record(doubt: Transaction, end: Transaction): Promise<boolean> {
    const isPayment = doubt.payment !== undefined;
    // A person's word and evidence could cross: the first is taken.
    if (this.#resolving.has(doubt.id) || (isPayment && this.#standing.get(doubt.id) !== doubt)) return false;
    this.#resolving.add(doubt.id);
    try {
      await this.#deps.ledger.append(draftOf("resolved", end));
      // Not before: until it is on disk nothing else may be done with its order.
      if (isPayment) this.#standing.take(end);
      else this.#ended.add(doubt);
      this.#lastCheck.delete(doubt.id);
      return true;
    } catch (error) {
      this.#deps.log.error("inDoubt.notRecorded", { payment: doubt.id, error });
      return false;
    } finally {
      this.#resolving.delete(doubt.id);
    }
  }

  #resolution(by: Resolution["by"], who: string, why: string): Resolution {
    return { by, who, why, at: rfc3339(this.#deps.clock.now()) };
  }
}
