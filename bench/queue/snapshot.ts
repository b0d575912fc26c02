import { seq } from "../../src/domain/record.ts";
import type { Ledger } from "../../src/queue/ledger.ts";

export const SNAPSHOT = "bench";
/** Records after the snapshot. */
export const TAIL = 2_000;

/** A state as large as a busy shop's reducers keep: 2,000 live cards, some hundred kilobytes. */
export async function saveSnapshot(ledger: Ledger): Promise<void> {
  const cards = Array.from({ length: 2_000 }, (_, n) => ({
    token: `${n}`.padStart(16, "0"),
    seen: [n, n + 1, n + 2],
    sum: n * 100,
  }));
  await ledger.saveSnapshot(SNAPSHOT, seq(ledger.durable - TAIL), JSON.stringify({ cards }));
}
