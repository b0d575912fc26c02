import { readdir } from "node:fs/promises";
import { instant } from "../../../src/domain/clock.ts";
import type { Seq } from "../../../src/domain/record.ts";
import { type BackupJob, type BackupMade, makeBackup } from "../../../src/queue/backup/make-backup.ts";
import { LedgerError } from "../../../src/queue/ledger-error.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { ledgerIn, sale } from "../../contract/ledger/a-ledger.ts";

/** 2026-11-25, quarter past six in the evening. */
export const AT = instant(Date.UTC(2026, 10, 25, 18, 15));

/** Appends that wait for the disk together. */
const AT_ONCE = 500;

/** Appends so many sales to the store in that directory. @returns its newest record. */
export async function sell(directory: string, count: number): Promise<Seq> {
  await using ledger = await ledgerIn(directory);
  await sellIn(ledger, count);
  return ledger.durable;
}

/** @param padding  Characters, to make a ledger of many pages of few records. */
export async function sellIn(ledger: Ledger, count: number, padding = 0): Promise<void> {
  const pad = "x".repeat(padding);
  for (let from = 0; from < count; from += AT_ONCE) {
    const appends = Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, n) =>
      ledger.append(sale(n, { body: { event: "answered", n: from + n, pad } })),
    );
    await Promise.all(appends);
  }
}

export function aJob(directory: string, to: string): BackupJob {
  return { directory, to, at: AT, version: "0.0.0", clockSynced: true };
}

export async function backUp(
  directory: string,
  to: string,
  differs: { readonly keep?: number; readonly clockSynced?: boolean; readonly signal?: AbortSignal } = {},
): Promise<BackupMade> {
  const { signal = new AbortController().signal, ...job } = differs;
  return makeBackup({ ...aJob(directory, to), ...job }, signal);
}

/** What it was refused with. */
export async function refusal(work: () => unknown): Promise<LedgerError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof LedgerError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

export async function namesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).toSorted();
}
