import { z } from "zod";
import { carriedBy, keyOf, type RecordKey, recordWithin } from "./domain/carried.ts";
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
  /** @returns with `of`, when it was taken under the stream before, how far it reached in that. */
  loadSnapshot(
    name: string,
  ): Promise<{ readonly seq: Seq; readonly state: string; readonly of?: RecordKey } | undefined>;
}

const PAGE = 500;

/** Our own records come back as we wrote them; only what the replay steers by is checked. */
const replayed = z.object({
  kind: z.literal("transaction"),
  body: z.object({ event: z.string(), transaction: z.object({ id: z.string(), acquirer: z.string() }) }),
});

/** What a driver's memory holds already. */
interface Known {
  readonly upTo: Seq;
  /** And carried records of this stream up to there. */
  readonly of?: RecordKey | undefined;
}

/**
 * Gives each driver its memory back: its snapshot, then what the ledger holds after it. Drivers are named by acquirer.
 *
 * @returns How many records were replayed.
 */
export async function restoreDrivers(ledger: ReplaySource, drivers: ReadonlyMap<string, Driver>): Promise<number> {
  const known = new Map<string, Known>();
  for (const [acquirer, driver] of drivers) {
    const snapshot = await ledger.loadSnapshot(driver.name);
    const restored = snapshot !== undefined && driver.restoreSnapshot(snapshot.state, snapshot.seq);
    known.set(acquirer, restored ? { upTo: snapshot.seq, of: snapshot.of } : { upTo: seq(0) });
  }
  let count = 0;
  const head = ledger.durable;
  // What retention has freed is in the snapshots; a driver that lost its own goes without.
  let next = Math.max(Math.min(head, ...[...known.values()].map(({ upTo }) => upTo)) + 1, ledger.first);
  while (next <= head) {
    const page = await ledger.page(seq(next), PAGE);
    const last = page.at(-1);
    if (last === undefined) break;
    for (const row of page) {
      if (row.kind !== "transaction" && row.kind !== "carried") continue;
      const { record, carried } = readRow(row.envelope);
      const acquirer = record?.transaction.acquirer;
      const driver = acquirer === undefined ? undefined : drivers.get(acquirer);
      const before = acquirer === undefined ? undefined : known.get(acquirer);
      if (record === undefined || driver === undefined || before === undefined) continue;
      if (row.seq <= before.upTo || isIn(carried, before.of)) continue;
      driver.restore(record, row.seq);
      count += 1;
    }
    next = last.seq + 1;
  }
  return count;
}

/** What a row tells of a transaction, and where the record counts that it carries, if it carries one. */
function readRow(envelope: Uint8Array | string): {
  readonly record: TransactionRecord | undefined;
  readonly carried: RecordKey | undefined;
} {
  const text = typeof envelope === "string" ? envelope : Buffer.from(envelope).toString("utf8");
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null) return { record: undefined, carried: undefined };
  const inner: object | undefined = carriedBy(parsed);
  const within: object = recordWithin(parsed);
  return {
    record: isReplayed(within) ? within.body : undefined,
    carried: inner === undefined ? undefined : keyOf(inner),
  };
}

function isIn(carried: RecordKey | undefined, known: RecordKey | undefined): boolean {
  return carried !== undefined && carried.stream === known?.stream && carried.seq <= known.seq;
}

function isReplayed(value: unknown): value is { readonly body: TransactionRecord } {
  return replayed.safeParse(value).success;
}
