import { type DeviceAbilities, DeviceError, type DeviceSession } from "../../src/domain/device.ts";
import { type Currency, type MinorUnits, minorUnits } from "../../src/domain/money.ts";
import {
  type LastTransaction,
  PAYMENT_KINDS,
  type PaymentAnswer,
  type PaymentKind,
  type PaymentOrder,
  type PaymentProgress,
} from "../../src/domain/payment.ts";
import { type TerminalId, terminalId } from "../../src/domain/terminal.ts";
import type { ClaimRefusal, TerminalClaim, TerminalClaims, Wanted } from "../../src/terminals/claim.ts";

/**
 * What a terminal does with an order. `lostAfter`: it charges, and the link is lost before the answer; `lostBefore`: the order
 * never comes to its host; `partThenLost`: it charges a part and tells its number, and the link is lost before the end; `notSent`:
 * the link was gone already; `tellsEarly`: it charges, and what it says of that is not taken for the order's answer.
 */
export type Script =
  | "tellsEarly"
  | "approve"
  | "decline"
  | "lostAfter"
  | "lostBefore"
  | "partThenLost"
  | "notSent"
  | "hang"
  | "throws";

export interface Charge {
  readonly order: PaymentOrder;
  readonly receiptNumber: string;
}

/** A terminal in memory, behind the seam that drivers have: `DeviceSession`. Keeps its books as a real one does. */
export class ScriptedTerminal implements DeviceSession {
  readonly identity = {};
  readonly ended = new Promise<never>(() => undefined);
  readonly id: TerminalId;
  readonly abilities: DeviceAbilities = {
    payments: new Set(PAYMENT_KINDS),
    cancels: true,
    tellsLastTransaction: true,
    settles: false,
    diagnoses: false,
    recoveries: new Set(),
  };
  /** Orders that it was given, also those that came to nothing. */
  readonly orders: PaymentOrder[] = [];
  /** Money that moved. */
  readonly charges: Charge[] = [];
  readonly script: Script[] = [];
  isReachable = true;
  isBusy = false;
  isHeld = false;
  paused: string | undefined;
  asked = 0;
  last: LastTransaction | undefined;
  /** As drivers tell what no order waits for. */
  lateAnswer: (answer: LastTransaction) => void = () => undefined;
  #counter: number;
  readonly #hanging = new Set<() => void>();

  constructor(id: string, counter = 40) {
    this.id = terminalId(id);
    this.#counter = counter;
  }

  /** Lets go of what hangs: it is charged. */
  letGo(): void {
    for (const go of this.#hanging) go();
  }

  get hanging(): number {
    return this.#hanging.size;
  }

  async pay(
    order: PaymentOrder,
    progress: (news: PaymentProgress) => void,
    cancel: AbortSignal,
  ): Promise<PaymentAnswer> {
    this.orders.push(order);
    const script = this.script.shift() ?? "approve";
    if (script === "throws") throw new TypeError("a driver's fault");
    if (script === "notSent") return { outcome: "failed", notSent: true, reason: "linkLost", transaction: {} };
    progress({ step: "sent" });
    progress({ step: "presentCard", text: "insert card" });
    await new Promise((resolve) => setImmediate(resolve));
    switch (script) {
      case "lostBefore":
        return { outcome: "inDoubt", reason: "linkLost", transaction: {} };
      case "partThenLost": {
        const { kind, amount = minorUnits(2) } = order;
        const part = this.#count({ kind, amount: minorUnits(amount - 1) }, "approved");
        this.charges.push({ order, receiptNumber: part.receiptNumber });
        return { outcome: "inDoubt", reason: "linkLost", transaction: part };
      }
      case "decline":
        return { outcome: "declined", transaction: this.#told(order, "declined") };
      case "hang": {
        const isCancelled = await this.#hang(cancel);
        if (isCancelled) return { outcome: "failed", reason: "abortedAtTerminal", transaction: {} };
        break;
      }
      default:
    }
    const transaction = this.#told(order, "approved");
    this.charges.push({ order, receiptNumber: transaction.receiptNumber });
    if (script === "tellsEarly" && this.last !== undefined) this.lateAnswer(this.last);
    if (script === "lostAfter" || script === "tellsEarly")
      return { outcome: "inDoubt", reason: "linkLost", transaction: {} };
    return { outcome: "approved", transaction };
  }

  async poll(): Promise<{ readonly state: "ready" | "wait" }> {
    return Promise.resolve({ state: this.isBusy || this.hanging > 0 ? "wait" : "ready" });
  }

  async lastTransaction(): Promise<LastTransaction | undefined> {
    this.asked += 1;
    if (!this.isReachable) throw new DeviceError("linkLost", "gone");
    return Promise.resolve(this.last);
  }

  /** Somebody sells by hand at the terminal. */
  sellByHand(amount: MinorUnits): void {
    this.#count({ kind: "sale", amount }, "approved");
  }

  async settle(): Promise<never> {
    return Promise.reject(new DeviceError("notSupported", "no"));
  }

  async diagnose(): Promise<never> {
    return Promise.reject(new DeviceError("notSupported", "no"));
  }

  async recover(): Promise<void> {
    return Promise.reject(new DeviceError("notSupported", "no"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }

  async #hang(cancel: AbortSignal): Promise<boolean> {
    const released = new Promise<boolean>((resolve) => {
      const go = (): void => resolve(false);
      this.#hanging.add(go);
      cancel.addEventListener("abort", () => resolve(true), { once: true });
      if (cancel.aborted) resolve(true);
    });
    const isCancelled = await released;
    this.#hanging.clear();
    return isCancelled;
  }

  #told(order: PaymentOrder, outcome: "approved" | "declined"): { readonly receiptNumber: string } & object {
    return this.#count(order, outcome);
  }

  #count(
    { kind, amount }: { readonly kind: PaymentKind; readonly amount?: MinorUnits },
    outcome: "approved" | "declined",
  ): { readonly receiptNumber: string; readonly stan: string; readonly amount?: MinorUnits } {
    this.#counter = (this.#counter % 9_999) + 1;
    const transaction = {
      receiptNumber: String(this.#counter).padStart(4, "0"),
      stan: String(this.#counter).padStart(6, "0"),
      rrn: `rrn${this.#counter}`,
      ...(amount === undefined ? {} : { amount }),
    };
    this.last = { outcome, kind, transaction };
    return transaction;
  }
}

/** A small `TerminalClaims`: the real one is supervision's. */
export class ScriptedTerminals implements TerminalClaims {
  readonly #terminals: readonly ScriptedTerminal[];
  /** By none of them. */
  readonly notTaken = new Set<Currency>();

  constructor(...terminals: readonly ScriptedTerminal[]) {
    this.#terminals = terminals;
  }

  claim(wanted: Wanted): TerminalClaim | ClaimRefusal {
    const { currency } = wanted;
    if (currency !== undefined && this.notTaken.has(currency)) return { refused: "wrongCurrency" };
    if (wanted.group !== undefined && wanted.group !== "all") return { refused: "unknownGroup" };
    if (wanted.terminal !== undefined) {
      const one = this.#terminals.find(({ id }) => id === wanted.terminal);
      return one === undefined ? { refused: "unknownTerminal", terminal: wanted.terminal } : taken(one);
    }
    const free = this.#terminals.find((one) => refusalBy(one) === undefined);
    return free === undefined ? { refused: "noneFree" } : taken(free);
  }

  claimToAsk(terminal: TerminalId): TerminalClaim | ClaimRefusal {
    const one = this.#terminals.find(({ id }) => id === terminal);
    if (one === undefined) return { refused: "unknownTerminal", terminal };
    return one.isHeld ? { refused: "busy", terminal } : taken(one, true);
  }

  async reachable(terminal: TerminalId, signal: AbortSignal): Promise<void> {
    const isReachable = (): boolean => this.#terminals.some((one) => one.id === terminal && one.isReachable);
    while (!isReachable()) {
      signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

function refusalBy(one: ScriptedTerminal): ClaimRefusal | undefined {
  const { id: terminal, paused, isReachable, isHeld } = one;
  if (paused !== undefined) return { refused: "paused", terminal, because: paused };
  if (isHeld) return { refused: "busy", terminal };
  return isReachable ? undefined : { refused: "offline", terminal };
}

function taken(one: ScriptedTerminal, isToAsk = false): TerminalClaim | ClaimRefusal {
  const refusal = isToAsk ? undefined : refusalBy(one);
  if (refusal !== undefined) return refusal;
  one.isHeld = true;
  const { id: terminal, abilities } = one;
  return { terminal, abilities, session: one, [Symbol.dispose]: () => void (one.isHeld = false) };
}
