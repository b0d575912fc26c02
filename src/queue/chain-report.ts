import { setImmediate as nextTurn } from "node:timers/promises";
import { type Seq, seq } from "../domain/record.ts";
import { GENESIS_HASH } from "./envelope-text.ts";
import type { ChainFault, ChainPart } from "./record-reader.ts";

export interface VerifyOptions {
  readonly signal?: AbortSignal;
  /** Called about a hundred times a second with the number of good records so far. */
  readonly onProgress?: (records: number) => void;
  /** Between two parts; by default only other callbacks get their turn. */
  readonly pause?: () => Promise<void>;
}

export interface ChainReport {
  readonly ok: boolean;
  /** Good records from the oldest that the ledger holds on. */
  readonly records: number;
  /** Records below those, which retention has freed: only the hash of the newest of them is known. Absent when there are none. */
  readonly freed?: number;
  readonly firstBad?: ChainFault;
}

/** About 10 ms of work: a page that is asked for meanwhile waits no longer than that. */
const RECORDS_AT_ONCE = 2000;

/** Checks a part: the records from `from` on, whose predecessor's hash was `prevHash`. */
export type CheckPart = (from: Seq, prevHash: string, limit: number) => Promise<ChainPart> | ChainPart;

/** Checks the chain from the oldest record to `upTo`, part by part, and stops at the first record that is not as written. */
export async function checkChain(
  upTo: Seq,
  check: CheckPart,
  { signal, onProgress, pause = nextTurn }: VerifyOptions = {},
): Promise<ChainReport> {
  let records = 0;
  let freed = 0;
  let next = 1;
  let hash = GENESIS_HASH;
  const report = (firstBad?: ChainFault): ChainReport => ({
    ok: firstBad === undefined,
    records,
    ...(freed === 0 ? {} : { freed }),
    ...(firstBad === undefined ? {} : { firstBad }),
  });
  while (next <= upTo) {
    signal?.throwIfAborted();
    const part = await check(seq(next), hash, Math.min(upTo - next + 1, RECORDS_AT_ONCE));
    // At the beginning, or because retention overtook us.
    const skipped = part.from - next;
    freed += skipped;
    records += part.checked;
    next = part.from + part.checked;
    hash = part.hash;
    if (part.fault !== undefined) return report(part.fault);
    if (part.checked === 0 && skipped === 0) return report({ seq: seq(next), reason: "missing" });
    onProgress?.(records);
    await pause();
  }
  return report();
}
