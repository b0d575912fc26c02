import { type Instant, momentOf } from "./domain/clock.ts";
import type { Seq } from "./domain/record.ts";
import { dayBefore } from "./runtime/believed-clock.ts";

interface LedgerEnd {
  /** The newest record. */
  readonly durable: Seq;
  page(from: Seq, limit: number): Promise<readonly { readonly envelope: Buffer }[]>;
}

/**
 * A time that has passed, by the newest record: a day before it, if its clock was synchronised. One that was not may have
 * been years ahead, and would make every right clock look wrong.
 */
export async function passedByLedger(ledger: LedgerEnd): Promise<Instant | undefined> {
  if (ledger.durable === 0) return undefined;
  const [newest] = await ledger.page(ledger.durable, 1);
  const envelope: unknown = newest === undefined ? undefined : JSON.parse(newest.envelope.toString("utf8"));
  const moment = typeof envelope === "object" && envelope !== null ? momentOf(envelope) : undefined;
  return moment?.clock.synced === true ? dayBefore(moment.at) : undefined;
}
