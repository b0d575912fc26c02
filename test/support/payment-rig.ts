import { assertNever } from "../../src/domain/assert-never.ts";
import { currency, minorUnits } from "../../src/domain/money.ts";
import type { PaymentKind } from "../../src/domain/payment.ts";
import type { Role } from "../../src/domain/role.ts";
import type { Transaction } from "../../src/domain/transaction.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { silentLog } from "../../src/runtime/log.ts";
import type { DeskOptions } from "../../src/terminals/payments/options.ts";
import { PaymentDesk } from "../../src/terminals/payments/payment-desk.ts";
import type { DeskDeps } from "../../src/terminals/payments/ports.ts";
import type { Application, PaymentRequest, PaymentStart } from "../../src/domain/payment-request.ts";
import { PaymentStore, StoreInMemory } from "./payment-ledger.ts";
import { RunningTask } from "./running-task.ts";
import { ScriptedTerminal, ScriptedTerminals } from "./scripted-terminals.ts";
import { waitUntil } from "./wait-until.ts";

/** Asks at once and again soon. */
const QUICK = { quietMs: 0, notNowMs: 5, againMs: [20, 20] };

export interface Wanted extends Partial<Omit<PaymentRequest, "amount">> {
  readonly amount?: number;
  readonly key?: string;
  readonly till?: string;
  readonly asker?: string;
  readonly role?: Role;
}

let counted = 0;

export function anApplication(wanted: Wanted = {}): Application {
  const {
    amount = 1_250,
    key = `key-${(counted += 1)}`,
    till = "till-a",
    role = "till",
    asker = till,
    ...request
  } = wanted;
  const kind: PaymentKind = "sale";
  return {
    asker: { name: asker, role },
    till,
    idempotencyKey: key,
    request: { orderId: "O-1", kind, currency: currency("EUR"), amount: minorUnits(amount), ...request },
  };
}

/** One life of a desk over a store that outlives it. */
export interface DeskLife {
  readonly desk: PaymentDesk;
  readonly ledger: StoreInMemory;
  /** As kill -9: nothing that it does from now on has an effect. */
  readonly crash: () => void;
  readonly stop: () => Promise<void>;
}

/** A shop with one terminal, `t-1`, and what its ledger holds. The terminals are scripted, behind the drivers' own seam. */
export class PaymentRig {
  readonly store = new PaymentStore();
  readonly terminal = new ScriptedTerminal("t-1");
  readonly terminals: readonly ScriptedTerminal[];
  readonly claims: ScriptedTerminals;

  constructor(...more: readonly ScriptedTerminal[]) {
    this.terminals = [this.terminal, ...more];
    this.claims = new ScriptedTerminals(...this.terminals);
  }

  async open(options: Partial<DeskOptions> = {}, differs: Partial<DeskDeps> = {}): Promise<DeskLife> {
    const ledger = new StoreInMemory(this.store);
    const atStart = this.store.doubts();
    const deps: DeskDeps = {
      clock: systemClock(),
      log: silentLog,
      ledger,
      recorder: ledger,
      claims: this.claims,
      doubts: () => atStart,
      keysInUse: new Set<string>(),
      newId: () => crypto.randomUUID(),
      ...differs,
    };
    const desk = new PaymentDesk(deps, { asking: QUICK, ...options });
    const task = new RunningTask(desk);
    await waitUntil("the desk is open", () => desk.inDoubt() !== undefined);
    return {
      desk,
      ledger,
      crash: () => {
        ledger.isDead = true;
        // A link that breaks lets its terminal go.
        for (const terminal of this.terminals) terminal.isHeld = false;
      },
      stop: async () => task.stop(),
    };
  }

  /** The newest record of each payment, oldest first. */
  payments(): readonly Transaction[] {
    const newest = new Map<string, Transaction>();
    for (const { transaction } of this.store.transactions()) newest.set(transaction.id, transaction);
    return [...newest.values()];
  }

  events(): readonly string[] {
    return this.store.transactions().map(({ event, transaction }) => `${event} ${transaction.outcome}`);
  }
}

/** What in the end came of a request. */
export async function endOf(start: PaymentStart | Promise<PaymentStart>): Promise<Transaction | string> {
  const known = await start;
  switch (known.type) {
    case "running":
      return known.run.done;
    case "known":
      return known.transaction;
    case "refused":
      return known.refusal.refused;
    default:
      return assertNever(known);
  }
}

export async function outcomeOf(start: PaymentStart | Promise<PaymentStart>): Promise<string> {
  const end = await endOf(start);
  return typeof end === "string" ? end : end.outcome;
}
