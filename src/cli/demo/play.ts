import type { Clock } from "../../runtime/clock.ts";
import { formatEndpoint } from "../../runtime/endpoint.ts";
import { isShutdown, type Task } from "../../runtime/task.ts";
import { seededRandom } from "../../sim/seeded-random.ts";
import { shopTask } from "../../sim/terminal/shop.ts";
import type { ActName, Scene } from "./acts.ts";
import type { DemoShop } from "./shop.ts";
import { count, countSold, emptyTally, emptyTillTally, type Tally, type TillTally } from "./tally.ts";
import { tillTasks } from "./tills.ts";

export interface PlayOptions {
  readonly scenes: readonly Scene[];
  /** Seconds; without it the last scene lasts until the signal fires. */
  readonly seconds: number | undefined;
  /** Shop minutes in a real minute. */
  readonly speed: number;
  readonly clock: Clock;
  readonly onAct: (act: ActName) => void;
  readonly onActEnded: (act: ActName, tally: Tally, tills: TillTally) => void;
}

/** A terminal's mean in the shop's own time. */
const TRANSACTIONS_PER_MINUTE = 2;

/** The shop sells while the weather changes scene by scene; afterwards the lines are clear and the shop is closed. */
export async function playScenes(shop: DemoShop, options: PlayOptions, signal: AbortSignal): Promise<void> {
  const { clock, scenes, seconds, speed } = options;
  const closing = new AbortController();
  const open = AbortSignal.any([signal, closing.signal]);
  let tally = emptyTally();
  let tillTally = emptyTillTally();
  const selling = shop.terminals.map((terminal, number): Task =>
    shopTask(terminal, {
      transactionsPerMinute: TRANSACTIONS_PER_MINUTE,
      speed,
      clock,
      random: seededRandom(number + 1),
      onShown: (shown, waitedMs) => count(tally, shown, waitedMs),
    }),
  );
  const tills = tillTasks(shop.tills, shop.journal, {
    url: urlOf(shop),
    transactionsPerMinute: TRANSACTIONS_PER_MINUTE,
    speed,
    clock,
    onSold: (one) => countSold(tillTally, one),
  });
  const sold = Promise.all([...selling, ...tills].map(async (task) => task.run(open)));
  let act: ActName | undefined;
  const endAct = (): void => {
    if (act !== undefined) options.onActEnded(act, tally, tillTally);
    tally = emptyTally();
    tillTally = emptyTillTally();
  };
  try {
    for (const scene of scenes) {
      if (scene.act !== act) {
        endAct();
        act = scene.act;
        options.onAct(act);
      }
      await shop.lines.hq.set(scene.lines.hq);
      await shop.lines.acquirer.set(scene.lines.acquirer);
      if (scene.breaksTerminals === true) for (const { driven } of shop.tills) driven.breakInNextSale();
      await clock.sleep(seconds === undefined ? FOR_EVER_MS : scene.share * seconds * 1_000, signal);
      if (scene.breaksTerminals === true) {
        await allBroken(shop, clock, signal);
        await mendTerminals(shop);
      }
    }
  } catch (error) {
    if (!isShutdown(error, signal)) throw error;
  } finally {
    await shop.lines.hq.set({ kind: "clear" });
    await shop.lines.acquirer.set({ kind: "clear" });
    await mendTerminals(shop);
    closing.abort(new Error("the shop closes"));
    await sold;
    endAct();
  }
}

/** ms that a scene lasts longer at most, on a machine that is slow, until each link has broken in a sale. */
const BROKEN_WITHIN_MS = 5_000;

async function allBroken({ tills }: DemoShop, clock: Clock, signal: AbortSignal): Promise<void> {
  const deadline = clock.monotonicMs() + BROKEN_WITHIN_MS;
  while (tills.some(({ driven }) => driven.isAboutToBreak()) && clock.monotonicMs() < deadline) {
    await clock.sleep(50, signal);
  }
}

async function mendTerminals({ tills }: DemoShop): Promise<void> {
  await Promise.all(tills.map(async ({ driven }) => driven.mend()));
}

function urlOf({ gateway }: DemoShop): string {
  return `http://${formatEndpoint(gateway.http)}`;
}

/** Longest time that a timer takes (2³¹ - 1 ms, 24 days). */
const FOR_EVER_MS = 2_147_483_647;

/** How long the shop is given to set everything right after the play. ms. */
const SETTLE_WITHIN_MS = 45_000;

/**
 * The lines are clear: each terminal sends the reversals and advices that it owes and settles its batch, doubts about orders
 * of tills are ended, then headquarters is waited for.
 *
 * @returns Records that headquarters has still not confirmed.
 */
export async function settleEverything(shop: DemoShop, clock: Clock, signal: AbortSignal): Promise<number> {
  const deadline = clock.monotonicMs() + SETTLE_WITHIN_MS;
  const patient = (): boolean => clock.monotonicMs() < deadline && !signal.aborted;
  await Promise.all([
    endDoubts(shop, clock, patient),
    ...shop.terminals.map(async (terminal) => {
      while (patient() && (await terminal.payDebts()) !== undefined) await clock.sleep(300, AbortSignal.timeout(1_000));
      if (patient() && terminal.memory.isSignedIn) await terminal.settle();
      terminal.hangUp();
    }),
  ]);
  const { ledger } = shop.gateway;
  while (patient() && ledger.mark() < ledger.durable) await clock.sleep(50, AbortSignal.timeout(1_000));
  return ledger.durable - ledger.mark();
}

/** ms that the terminals get to be asked what they remember; after that the supervisor looks at their own lists. */
const EVIDENCE_WITHIN_MS = 12_000;

async function endDoubts(shop: DemoShop, clock: Clock, patient: () => boolean): Promise<void> {
  const { supervisor, tills } = shop;
  const url = urlOf(shop);
  const began = clock.monotonicMs();
  for (
    let doubts = await supervisor.doubts(url);
    doubts.length > 0 && patient();
    doubts = await supervisor.doubts(url)
  ) {
    if (clock.monotonicMs() - began > EVIDENCE_WITHIN_MS) {
      for (const doubt of doubts) {
        const till = tills.find(({ driven }) => driven.id === doubt.terminal);
        if (till !== undefined && !till.driven.isBusy()) await supervisor.resolve(url, doubt, till.driven);
      }
    }
    await clock.sleep(200, AbortSignal.timeout(1_000));
  }
}
