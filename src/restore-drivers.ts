import { z } from "zod";
import { type Seq, seq } from "./domain/record.ts";
import type { TransactionRecord } from "./domain/transaction.ts";
import type { Driver } from "./drivers/driver.ts";

/** What a replay needs of the ledger. */
export interface ReplaySource {
  /** The oldest record, and the newest. */
  readonly first: Seq;
  readonly durable: Seq;
  page(
    from: Seq,
    limit: number,
  ): Promise<readonly { readonly seq: Seq; readonly kind: string; readonly envelope: Uint8Array | string }[]>;
  loadSnapshot(name: string): Promise<{ readonly seq: Seq; readonly state: string } | undefined>;
}

const PAGE = 500;

/** Our own records come back as we wrote them; only what the replay steers by is checked. */
const replayed = z.object({
  body: z.object({ event: z.string(), transaction: z.object({ id: z.string(), acquirer: z.string() }) }),
});

/**
 * Gives each driver its memory back: its snapshot, then what the ledger holds after it. Drivers are named by acquirer.
 *
 * @returns How many records were replayed.
 */
export async function restoreDrivers(ledger: ReplaySource, drivers: ReadonlyMap<string, Driver>): Promise<number> {
  const from = new Map<string, Seq>();
  for (const [acquirer, driver] of drivers) {
    const snapshot = await ledger.loadSnapshot(driver.name);
    const restored = snapshot !== undefined && driver.restoreSnapshot(snapshot.state, snapshot.seq);
    from.set(acquirer, restored ? snapshot.seq : seq(0));
  }
  let count = 0;
  const head = ledger.durable;
  // What retention has freed is in the snapshots; a driver that lost its own goes without.
  let next = Math.max(Math.min(head, ...from.values()) + 1, ledger.first);
  while (next <= head) {
    const page = await ledger.page(seq(next), PAGE);
    const last = page.at(-1);
    if (last === undefined) break;
    for (const row of page) {
      if (row.kind !== "transaction") continue;
      const record = transactionOf(row.envelope);
      const after = record === undefined ? undefined : from.get(record.transaction.acquirer);
      if (record === undefined || after === undefined || row.seq <= after) continue;
      drivers.get(record.transaction.acquirer)?.restore(record, row.seq);
      count += 1;
    }
    next = last.seq + 1;
  }
  return count;
}

function transactionOf(envelope: Uint8Array | string): TransactionRecord | undefined {
  const text = typeof envelope === "string" ? envelope : Buffer.from(envelope).toString("utf8");
  const parsed: unknown = JSON.parse(text);
  return isReplayed(parsed) ? parsed.body : undefined;
}

function isReplayed(value: unknown): value is { readonly body: TransactionRecord } {
  return replayed.safeParse(value).success;
}
