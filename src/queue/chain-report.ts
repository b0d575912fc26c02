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
  /** Good records from the first on. */
  readonly records: number;
  readonly firstBad?: ChainFault;
}

/** About 10 ms of work: a page that is asked for meanwhile waits no longer than that. */
const RECORDS_AT_ONCE = 2000;

/** Checks a part: the records from `from` on, whose predecessor's hash was `prevHash`. */
export type CheckPart = (from: Seq, prevHash: string, limit: number) => Promise<ChainPart> | ChainPart;

/** Checks the chain from the first record to `upTo`, part by part, and stops at the first record that is not as written. */
export async function checkChain(
  upTo: Seq,
  check: CheckPart,
  { signal, onProgress, pause = nextTurn }: VerifyOptions = {},
): Promise<ChainReport> {
  let records = 0;
  let hash = GENESIS_HASH;
  while (records < upTo) {
    signal?.throwIfAborted();
    const part = await check(seq(records + 1), hash, Math.min(upTo - records, RECORDS_AT_ONCE));
    records += part.checked;
    hash = part.hash;
    if (part.fault !== undefined) return { ok: false, records, firstBad: part.fault };
    if (part.checked === 0) return { ok: false, records, firstBad: { seq: seq(records + 1), reason: "missing" } };
    onProgress?.(records);
    await pause();
  }
  return { ok: true, records };
}
