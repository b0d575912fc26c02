import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { z } from "zod";
import { TRANSACTION_KINDS } from "../../domain/transaction.ts";
import { type BookEntry, bookKey } from "./books.ts";

/** What uses up an original is not written: it follows from the voids and completions themselves. */
const entrySchema = z.object({
  de41: z.string(),
  de42: z.string(),
  batch: z.string(),
  stan: z.string(),
  mti: z.string(),
  kind: z.enum(TRANSACTION_KINDS),
  amount: z.number(),
  approvedAmount: z.number().exactOptional(),
  state: z.enum(["approved", "declined", "reversed"]),
  code: z.string(),
  rrn: z.string(),
  authCode: z.string().exactOptional(),
  card: z.object({ first6: z.string(), last4: z.string(), length: z.number() }).exactOptional(),
  day: z.string(),
  bookedAt: z.number(),
  answeredAt: z.number().exactOptional(),
  reversedAt: z.number().exactOptional(),
  afterItsReversal: z.literal(true).exactOptional(),
  original: z.string().exactOptional(),
  connection: z.number(),
  endpoint: z.number(),
});

/** Where the books survive the process: one JSON line a change, the newest line of a transaction counts. */
export interface BookFile {
  append(entry: BookEntry): void;
  close(): void;
}

/** Each line is handed to the kernel before the answer goes out, so a killed process loses none. */
export function openBookFile(path: string): BookFile {
  const file = openSync(path, "a", 0o600);
  return {
    append: (entry) => {
      writeSync(file, `${JSON.stringify(entry)}\n`);
    },
    close: () => {
      closeSync(file);
    },
  };
}

/**
 * The books of a host that may be running, stopped or killed. Empty when there is no such file.
 *
 * @throws Error when a line is not an entry. An unfinished last line is left out: its answer never went out.
 */
export function readBookFile(path: string): readonly BookEntry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n");
  const newest = new Map<string, BookEntry>();
  for (const line of lines.slice(0, -1)) {
    const entry = entrySchema.parse(JSON.parse(line));
    newest.set(bookKey(entry.de41, entry.batch, entry.stan), entry);
  }
  return [...newest.values()];
}
