import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { recordWithin } from "../../domain/carried.ts";
import type { TransactionId } from "../../domain/transaction.ts";
import { LedgerError } from "../../queue/ledger-error.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { StoredRecord } from "../../queue/page.ts";
import type { Output } from "../output.ts";
import { CSV_HEAD, csvRow } from "./csv.ts";
import { Dating } from "./dating.ts";
import type { ExportFormat } from "./export-format.ts";
import { envelopeOf, isSelected, newestStates, type Selection, selectsTransactions, toldBy } from "./selection.ts";

const CANNOT_WRITE = 2;
/** Characters gathered before they are written. */
const CHUNK = 65_536;

/**
 * `journal export`, oldest first. CSV: a line for each transaction as it stands now. JSON Lines: the envelopes as
 * stored, so that whoever gets them can check the chain; with a filter on transactions, every record about those.
 *
 * @param file  Appears only when it is complete. Standard output when absent.
 */
export async function exportTo(
  ledger: OfflineLedger,
  selection: Selection,
  format: ExportFormat,
  file: string | undefined,
  output: Output,
): Promise<number> {
  const lines = format === "csv" ? csvLines(ledger, selection) : jsonLines(ledger, selection);
  let written: number;
  try {
    written = file === undefined ? await write(lines, process.stdout) : await writeFileWhole(lines, file);
  } catch (error) {
    if (error instanceof LedgerError || file === undefined) throw error;
    output.complain(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
    return CANNOT_WRITE;
  }
  const head = format === "csv" ? 1 : 0;
  output.complain(
    `${written - head} ${format === "csv" ? "transactions" : "records"}${file === undefined ? "" : ` in ${file}`}.`,
  );
  return 0;
}

function* csvLines(ledger: OfflineLedger, selection: Selection): Generator<string> {
  yield CSV_HEAD;
  const wanted = new Set<number>();
  const dating = new Dating(ledger);
  for (const told of newestStates(ledger.backward())) {
    if (isSelected(told, selection, () => dating.requestedAt(told).time)) wanted.add(told.seq);
  }
  for (const record of wanted.size === 0 ? [] : ledger.forward()) {
    const told = wanted.has(record.seq) ? toldBy(record) : undefined;
    if (told !== undefined) yield csvRow(told, dating.requestedAt(told));
  }
}

function* jsonLines(ledger: OfflineLedger, selection: Selection): Generator<string> {
  const isWanted = selectsTransactions(selection)
    ? aboutSelected(ledger, selection)
    : inTimeAndPlace(ledger, selection);
  for (const record of ledger.forward()) {
    if (isWanted(record)) yield `${record.envelope.toString("utf8")}\n`;
  }
}

function aboutSelected(ledger: OfflineLedger, selection: Selection): (record: StoredRecord) => boolean {
  const wanted = new Set<TransactionId>();
  const dating = new Dating(ledger);
  for (const told of newestStates(ledger.backward())) {
    if (isSelected(told, selection, () => dating.requestedAt(told).time)) wanted.add(told.transaction.id);
  }
  return (record) => {
    const told = toldBy(record);
    return told !== undefined && wanted.has(told.transaction.id);
  };
}

function inTimeAndPlace(ledger: OfflineLedger, { terminal, from, to }: Selection): (record: StoredRecord) => boolean {
  const dating = new Dating(ledger);
  return (record) => {
    // A carried record stands under its terminal only while HQ waits for it.
    const within: object = recordWithin(envelopeOf(record));
    if (terminal !== undefined && !("terminal" in within && within.terminal === terminal)) return false;
    if (from === undefined && to === undefined) return true;
    const at = dating.written(record);
    return at !== undefined && (from === undefined || at >= from) && (to === undefined || at < to);
  };
}

async function writeFileWhole(lines: Iterable<string>, file: string): Promise<number> {
  const part = `${file}.part`;
  const stream = createWriteStream(part, { mode: 0o600 });
  try {
    const written = await write(lines, stream);
    stream.end();
    await finished(stream);
    await rename(part, file);
    return written;
  } catch (error) {
    stream.destroy();
    await rm(part, { force: true });
    throw error;
  }
}

/** @returns the number of lines. */
async function write(lines: Iterable<string>, stream: Writable): Promise<number> {
  let written = 0;
  let chunk = "";
  const flush = async (): Promise<void> => {
    if (!stream.write(chunk)) await once(stream, "drain");
    chunk = "";
  };
  for (const line of lines) {
    written += 1;
    chunk += line;
    if (chunk.length >= CHUNK) await flush();
  }
  await flush();
  return written;
}
