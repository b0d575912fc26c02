import type { Ledger } from "../../src/queue/ledger.ts";
import { type BareSqlite, SALE } from "./subjects.ts";

/** Appends one after the other, closed loop. @returns ms of each, from the call to durable. */
export async function appendOneByOne(ledger: Ledger, count: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const start = performance.now();
    await ledger.append(SALE);
    times.push(performance.now() - start);
  }
  return times;
}

export function commitOneByOne(bare: BareSqlite, count: number): readonly number[] {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const start = performance.now();
    bare.commit(1);
    times.push(performance.now() - start);
  }
  return times;
}

/** Appends with this many callers at once, each waiting for its record before the next. @returns records a second. */
export async function appendTogether(ledger: Ledger, callers: number, count: number): Promise<number> {
  let left = count;
  const start = performance.now();
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (left > 0) {
        left -= 1;
        await ledger.append(SALE);
      }
    }),
  );
  return (count / (performance.now() - start)) * 1000;
}

/** @returns rows a second. */
export function commitTogether(bare: BareSqlite, rowsInCommit: number, count: number): number {
  const start = performance.now();
  for (let row = 0; row < count; row += rowsInCommit) bare.commit(rowsInCommit);
  return (count / (performance.now() - start)) * 1000;
}
