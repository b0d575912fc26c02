import { assertNever } from "../../domain/assert-never.ts";
import { DeviceError } from "../../domain/device.ts";
import type { LastTransaction } from "../../domain/payment.ts";
import type { RecordDraft } from "../../domain/record.ts";
import type { TerminalId, TerminalRecord } from "../../domain/terminal.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import type { ClaimRefusal, TerminalClaim } from "../claim.ts";
import type { TerminalOptions } from "../options.ts";
import { ClaimedSession } from "./claimed-session.ts";
import { noCounters, type SupervisionCounters } from "./counters.ts";
import { DrivenLink, faultOf } from "./driven-link.ts";
import { deadlineOf, step } from "./machine.ts";
import { newsListener } from "./news.ts";
import type { SupervisionPolicy } from "./policy.ts";
import { refusalOf } from "./refusal.ts";
import {
  beginSupervision,
  type Known,
  type Now,
  type Supervision,
  type SupervisionEffect,
  type SupervisionInput,
} from "./state.ts";
import { TroubleTold } from "./trouble-told.ts";

export interface SupervisorDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly record: (draft: RecordDraft, canWait?: boolean) => Promise<unknown>;
  /** The terminal asks for its end of day, and may have it. */
  readonly settle: (terminal: TerminalId) => void;
  /** A result that no running order waits for: evidence for the in-doubt desk. Must not throw. */
  readonly lateAnswer: (terminal: TerminalId, answer: LastTransaction) => void;
}

/** A claim that is not given back is taken away: no payment takes so long. ms. */
const CLAIM_LIMIT_MS = 900_000;
/** After a fault of ours in the loop itself. ms. */
const AFTER_FAULT_MS = 30_000;
/** A step that takes longer hangs by a fault of ours: whatever a driver does is cut off after 122 s at the latest. ms. */
const STUCK_AFTER_MS = 300_000;
/** A timer's limit is 2^31 - 1 ms. */
const LONGEST_NAP_MS = 3_600_000;

/** Watches over one terminal: the only one who opens, asks, mends and closes it, or lends it out. */
export class TerminalSupervisor implements Task {
  readonly name: string;
  readonly options: TerminalOptions;
  readonly #policy: SupervisionPolicy;
  readonly #deps: SupervisorDeps;
  readonly #link: DrivenLink;
  readonly #trouble: TroubleTold;
  readonly #counters: SupervisionCounters = noCounters();
  readonly #changed = new Set<() => void>();
  #state: Supervision;
  readonly #effects: Exclude<SupervisionEffect, { type: "record" }>[] = [];
  readonly #begun = Promise.withResolvers<void>();
  #isRunning = false;
  /** Monotonic ms when the present step should be over at the latest; `undefined` while it is not running. */
  #stepEndsAt: number | undefined;
  #nap: AbortController | undefined;
  /** The question that is on the line; `false` when it ended without an answer. */
  #polling: Promise<boolean> | undefined;
  #lent: { readonly sinceMs: number; readonly end: () => void } | undefined;

  constructor(options: TerminalOptions, policy: SupervisionPolicy, deps: SupervisorDeps) {
    this.name = `terminal ${options.id}`;
    this.options = options;
    this.#policy = policy;
    this.#deps = deps;
    this.#trouble = new TroubleTold(options.id, deps.log);
    this.#state = beginSupervision({ pauses: [] }, this.#now());
    this.#link = new DrivenLink({
      clock: deps.clock,
      makeDriver: options.makeDriver,
      news: newsListener({
        nowMs: () => deps.clock.monotonicMs(),
        condition: () => this.#state.condition,
        told: (condition) => this.take({ type: "told", condition }),
        record: (body) => this.#record(body),
        lateAnswer: (answer) => deps.lateAnswer(options.id, answer),
        counters: this.#counters,
      }),
      lost: (code) => {
        this.#counters.linksLost += 1;
        this.take({ type: "lost", code });
      },
    });
  }

  /** What is known of it has been told, and it is watched over. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Resolves when it is watched over for the first time. */
  get began(): Promise<void> {
    return this.#begun.promise;
  }

  /** Its loop does not go on, which nothing but a restart of the daemon mends. */
  get isStuck(): boolean {
    return this.#stepEndsAt !== undefined && this.#deps.clock.monotonicMs() > this.#stepEndsAt;
  }

  get state(): Supervision {
    return this.#state;
  }

  /** What the driver can do; `undefined` before one was made. */
  get abilities(): DrivenLink["abilities"] {
    return this.#link.abilities;
  }

  /** What its link failed with last, in the driver's words; `undefined` while it answers. */
  get troubleInWords(): string | undefined {
    return this.#trouble.words;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#link.driverCounters(), ...this.#counters };
  }

  /** Before `run`: what the config and the ledger know of it. */
  restore(known: Known): void {
    this.#state = beginSupervision(known, this.#now());
  }

  /** @returns a function that ends it. Called after every change; must not throw. */
  onChange(listener: () => void): () => void {
    this.#changed.add(listener);
    return () => this.#changed.delete(listener);
  }

  /** Never rejects: whatever a driver does stays here. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#nap?.abort();
    signal.addEventListener("abort", wake);
    this.#isRunning = true;
    this.#begun.resolve();
    try {
      while (!signal.aborted) {
        try {
          await this.#turn(signal);
        } catch (error) {
          if (isShutdown(error, signal)) break;
          this.#counters.crashes += 1;
          this.#deps.log.error("terminal.supervision-failed", { terminal: this.options.id, error });
          await this.#sleep(AFTER_FAULT_MS);
        }
      }
    } finally {
      this.#isRunning = false;
      this.#stepEndsAt = undefined;
      signal.removeEventListener("abort", wake);
      await this.#link.close();
      this.#tellChange();
    }
  }

  /** Why it cannot be had now. */
  refusal(purpose: "order" | "ask"): Omit<ClaimRefusal, "terminal"> | undefined {
    if (!this.#isRunning) return { refused: "offline", because: "stopped" };
    return refusalOf(this.#state, purpose, this.#policy);
  }

  /**
   * Takes effect at once. A question of ours that is on the line is seen through first, which takes a fraction of a second:
   * a driver that is told to stop in the middle may have to give the link up.
   */
  claim(purpose: "order" | "ask"): TerminalClaim | ClaimRefusal {
    const terminal = this.options.id;
    const refusal = this.refusal(purpose);
    const { session, abilities } = this.#link;
    if (refusal !== undefined || session === undefined || abilities === undefined) {
      this.#counters.claimsRefused += 1;
      return { terminal, ...(refusal ?? { refused: "offline", because: "connecting" }) };
    }
    this.#counters.claims += 1;
    const lent = new ClaimedSession(session, {
      quiet: this.#polling ?? Promise.resolve(true),
      broken: (error) => this.#broke(error),
    });
    this.take({ type: "claimed", claim: purpose });
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      this.#lent = undefined;
      lent.end();
      this.take({ type: "released" });
    };
    this.#lent = { sinceMs: this.#deps.clock.monotonicMs(), end };
    return { terminal, abilities, session: lent, [Symbol.dispose]: end };
  }

  /** Something happened to the terminal, or somebody wants something of it. */
  take(input: SupervisionInput): void {
    const { state, effects } = step(this.#state, input, this.#policy, this.#now());
    this.#state = state;
    for (const effect of effects) {
      if (effect.type === "record") this.#record(effect.body);
      else this.#effects.push(effect);
    }
    this.#nap?.abort();
    this.#tellChange();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    for (let effect = this.#effects.shift(); effect !== undefined; effect = this.#effects.shift()) {
      this.#goesOnWithin(0);
      await this.#carryOut(effect, signal);
      if (signal.aborted) return;
    }
    const now = this.#now();
    const claimEnd = this.#lent === undefined ? Infinity : this.#lent.sinceMs + CLAIM_LIMIT_MS;
    if (now.monotonicMs >= claimEnd) {
      this.#counters.claimsOverdue += 1;
      // The link goes with it: whatever its holder may still do cannot meet the next one's order there.
      this.#broke(new Error("the claim was not given back"));
      this.#lent?.end();
      return;
    }
    const tickAt = deadlineOf(this.#state, now) ?? Infinity;
    if (now.monotonicMs >= tickAt) this.take({ type: "tick" });
    else await this.#sleep(Math.min(tickAt, claimEnd) - now.monotonicMs);
  }

  async #carryOut(effect: Exclude<SupervisionEffect, { type: "record" }>, signal: AbortSignal): Promise<void> {
    switch (effect.type) {
      case "open":
        await this.#open(signal);
        return;
      case "close":
        if (!(await this.#link.close())) {
          this.#counters.hung += 1;
          this.#link.forgetDriver();
        }
        return;
      case "poll":
        await this.#ask(signal);
        return;
      case "recover":
        this.#counters.softResets += 1;
        try {
          await this.#link.recover(effect.step, signal);
          this.take({ type: "recovered", worked: true });
        } catch (error) {
          if (!signal.aborted) this.#failed(error, () => this.take({ type: "recovered", worked: false }));
        }
        return;
      case "restart":
        this.#counters.restarts += 1;
        await this.#link.close();
        this.#link.forgetDriver();
        return;
      case "settle":
        this.#deps.settle(this.options.id);
        return;
      default:
        assertNever(effect);
    }
  }

  async #open(signal: AbortSignal): Promise<void> {
    this.#counters.opens += 1;
    try {
      const { session, abilities } = await this.#link.open(signal);
      this.take({ type: "opened", identity: session.identity, recoveries: abilities.recoveries });
      void this.#link.watch();
    } catch (error) {
      if (signal.aborted) return;
      this.#counters.opensFailed += 1;
      const found = error instanceof DeviceError ? error.detail["found"] : undefined;
      this.#failed(error, (code) =>
        this.take({ type: "openFailed", code, ...(typeof found === "string" ? { found } : {}) }),
      );
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { session, abilities } = this.#link;
    if (session === undefined || abilities === undefined || this.#state.claim !== undefined) {
      this.take({ type: "pollDropped" });
      return;
    }
    this.#counters.polls += 1;
    const quiet = Promise.withResolvers<boolean>();
    this.#polling = quiet.promise;
    let hasAnswered = true;
    try {
      const condition = await this.#link.poll(session, signal);
      this.#trouble.over();
      this.take({ type: "polled", condition, recoveries: abilities.recoveries });
    } catch (error) {
      hasAnswered = faultOf(error) === "refused";
      if (!signal.aborted) {
        this.#counters.pollsMissed += 1;
        this.#failed(error, (code) => this.take({ type: "missed", code }));
      }
    } finally {
      this.#polling = undefined;
      quiet.resolve(hasAnswered);
    }
  }

  /** @param expected  What to do with an error that drivers may throw. */
  #failed(error: unknown, expected: (code: Exclude<ReturnType<typeof faultOf>, "hung" | "crashed">) => void): void {
    const code = faultOf(error);
    this.#trouble.failed(error);
    if (code === "hung" || code === "crashed") this.#broke(error);
    else expected(code);
  }

  #broke(error: unknown): void {
    const code = faultOf(error) === "hung" ? "hung" : "crashed";
    if (code === "hung") this.#counters.hung += 1;
    else this.#counters.crashes += 1;
    this.#deps.log.error("terminal.driver-failed", { terminal: this.options.id, code, error });
    this.take({ type: "broken", code });
  }

  #record(body: TerminalRecord): void {
    const { record, log } = this.#deps;
    const terminal = this.options.id;
    record({ kind: "terminal", terminal, body }, true).catch((error: unknown) => {
      this.#counters.recordsFailed += 1;
      log.warn("terminal.not-recorded", { terminal, event: body.event, error });
    });
  }

  #tellChange(): void {
    for (const listener of this.#changed) listener();
  }

  async #sleep(ms: number): Promise<void> {
    const nap = new AbortController();
    this.#nap = nap;
    this.#goesOnWithin(Math.min(ms, LONGEST_NAP_MS));
    try {
      await this.#deps.clock.sleep(Math.min(ms, LONGEST_NAP_MS), nap.signal);
    } catch (error) {
      if (!isShutdown(error, nap.signal)) throw error;
    } finally {
      this.#nap = undefined;
    }
  }

  #goesOnWithin(napMs: number): void {
    this.#stepEndsAt = this.#deps.clock.monotonicMs() + napMs + STUCK_AFTER_MS;
  }

  #now(): Now {
    const { clock, random } = this.#deps;
    return { monotonicMs: clock.monotonicMs(), at: clock.now(), random: random() };
  }
}
