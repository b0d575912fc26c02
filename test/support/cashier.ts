import { setTimeout as delay } from "node:timers/promises";
import { isShutdown } from "../../src/runtime/task.ts";
import { type Card, inventCard } from "../../src/sim/terminal/card.ts";
import { Customers } from "../../src/sim/terminal/customers.ts";
import type { Terminal } from "../../src/sim/terminal/terminal.ts";
import { waitUntil } from "./wait-until.ts";

export interface CashierOptions {
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** ms between two customers, on average. */
  readonly pauseMs: number;
}

/** ms before a terminal that found nobody to talk to is used again. */
const TRY_AGAIN_MS = 100;
/** Transactions after which the cashier settles the batch. */
const SETTLE_AFTER = 60;
const CARDS = 50;

/** Sells at one terminal, without a break, until the signal fires. What is under way then is finished. */
export async function sellAt(terminal: Terminal, options: CashierOptions, signal: AbortSignal): Promise<void> {
  const { random, pauseMs } = options;
  const deck: [Card, ...Card[]] = [inventCard(random), ...Array.from({ length: CARDS - 1 }, () => inventCard(random))];
  const customers = new Customers(terminal, deck, 6_800, random);
  try {
    while (!signal.aborted) {
      const { shown } = await nextStep(terminal, customers);
      const worked = shown !== "noConnection" && shown !== "noAnswer";
      await delay(worked ? 2 * random() * pauseMs : TRY_AGAIN_MS, undefined, { signal });
    }
  } catch (error) {
    if (!isShutdown(error, signal)) throw error;
  } finally {
    terminal.hangUp();
  }
}

async function nextStep(terminal: Terminal, customers: Customers): Promise<{ readonly shown: string }> {
  if (!terminal.memory.isSignedIn) return terminal.signIn();
  if (terminal.memory.journal.length >= SETTLE_AFTER) return terminal.settle();
  return customers.serveOne();
}

/** Sends reversals and advices until the terminal owes nothing. */
export async function payEverything(terminal: Terminal): Promise<void> {
  await waitUntil(
    `${terminal.de41} owes nothing`,
    async () => {
      await terminal.payDebts();
      const { reversal, advices } = terminal.memory;
      return reversal === undefined && advices.length === 0;
    },
    { withinMs: 60_000, everyMs: 100 },
  );
  terminal.hangUp();
}
