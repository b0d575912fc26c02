import { cp, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Envelope } from "../../src/domain/record.ts";
import { openOfflineLedger } from "../../src/queue/offline.ts";
import { parseEnvelope } from "../../src/contract/envelope-hash.ts";
import type { LedgerOptions } from "../../src/queue/open-ledger.ts";
import { ledgerIn, sale } from "../contract/ledger/a-ledger.ts";

/** A sale of 100 + n fen; every 37th is longer than a page, every 50th is no transaction. */
function draft(n: number): ReturnType<typeof sale> {
  if (n % 50 === 0) return { kind: "clock", body: { event: "started", n } };
  const text = "x".repeat(n % 37 === 0 ? 5_000 : 200 + (n % 300));
  return sale(n, { body: { event: "answered", n, text, transaction: { amount: 100 + n, currency: "CNY" } } });
}

/** Appends records until the ledger holds so many. */
export async function fillLedger(
  directory: string,
  records: number,
  commitEach = 500,
  options: Partial<LedgerOptions> = {},
): Promise<void> {
  await using ledger = await ledgerIn(directory, options);
  for (let next: number = ledger.durable; next < records;) {
    const many = Math.min(commitEach, records - next);
    await Promise.all(Array.from({ length: many }, async (_, n) => ledger.append(draft(next + n))));
    next += many;
  }
}

/**
 * Fills a ledger and leaves its files as a kill -9 would: with what was committed last in the log alone.
 *
 * @param commitEach  Records in one commit.
 */
export async function fillAndCrash(directory: string, records: number, commitEach = 500): Promise<void> {
  const aside = join(directory, "..", `${Math.random().toString(36).slice(2)}-crashed`);
  await mkdir(aside);
  try {
    await using ledger = await ledgerIn(directory);
    for (let next: number = ledger.durable; next < records; next += commitEach) {
      const many = Math.min(commitEach, records - next);
      await Promise.all(Array.from({ length: many }, async (_, n) => ledger.append(draft(next + n))));
    }
    for (const name of await ledgerFiles(directory)) await cp(join(directory, name), join(aside, name));
    await ledger[Symbol.asyncDispose]();
    for (const name of await ledgerFiles(directory)) await rm(join(directory, name));
    for (const name of await readdir(aside)) await cp(join(aside, name), join(directory, name));
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function ledgerFiles(directory: string): Promise<readonly string[]> {
  return (await readdir(directory)).filter((name) => /^ledger\.db(-wal|-shm)?$/.test(name));
}

/** Every record that a stopped ledger holds, before anything is done to it. */
export function recordsIn(directory: string): readonly Envelope[] {
  using offline = openOfflineLedger(directory);
  return [...offline.forward()].map(({ envelope }) => {
    const parsed = parseEnvelope(envelope);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.envelope;
  });
}

export async function overwrite(path: string, at: number, bytes: Buffer): Promise<void> {
  await using file = await open(path, "r+");
  await file.write(bytes, 0, bytes.length, at);
}

/** Turns one bit over. */
export async function flipBit(path: string, at: number, bit: number): Promise<void> {
  await using file = await open(path, "r+");
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  await file.write(Buffer.from([(byte[0] ?? 0) ^ (1 << bit)]), 0, 1, at);
}
