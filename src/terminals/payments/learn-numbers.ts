import type { TerminalClaim } from "../claim.ts";
import type { DeskDeps } from "./ports.ts";
import type { Standing } from "./standing.ts";

/** ms. A customer waits: without an answer the order goes out all the same. */
const WITHIN_MS = 3_000;

/**
 * Before the first order that a terminal gets from this ledger: what it counts by. Without that nothing that it remembers
 * later could be evidence. Each later order has the numbers from the one before.
 */
export async function learnNumbers(
  { clock, log }: DeskDeps,
  standing: Standing,
  { terminal, abilities, session }: Omit<TerminalClaim, keyof Disposable>,
): Promise<void> {
  if (!abilities.tellsLastTransaction || standing.newest(terminal) !== undefined) return;
  const over = new AbortController();
  const patience = new AbortController();
  const tooLong = clock.sleep(WITHIN_MS, patience.signal).then(
    () => over.abort(new Error("no answer in time")),
    () => undefined,
  );
  try {
    const last = await session.lastTransaction(over.signal);
    if (last !== undefined) standing.tell(terminal, last.transaction);
  } catch (error) {
    log.warn("payment.numbersNotKnown", { terminal, error });
  } finally {
    patience.abort();
    await tooLong;
  }
}
