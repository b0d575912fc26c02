import { type Acquirer, type AcquirerOptions, startAcquirer } from "../../../src/sim/acquirer/acquirer.ts";
import type { BookEntry } from "../../../src/sim/acquirer/books.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import type { JournalEntry } from "../../../src/sim/terminal/journal.ts";
import type { Shown } from "../../../src/sim/terminal/shown.ts";
import { createTerminal, type Terminal, type TerminalOptions } from "../../../src/sim/terminal/terminal.ts";

/** One terminal at one host, with time-outs that a test can wait for. */
export interface Counter extends AsyncDisposable {
  readonly acquirer: Acquirer;
  readonly terminal: Terminal;
}

/** ms. Short for a terminal, long for a loopback connection on a busy machine. */
export const RECEIVE_MS = 400;

export async function counter(
  acquirerOptions: AcquirerOptions = {},
  terminalOptions: Partial<TerminalOptions> = {},
): Promise<Counter> {
  const acquirer = await startAcquirer(acquirerOptions);
  const terminal = terminalAt(acquirer.port, terminalOptions);
  await terminal.signIn();
  return {
    acquirer,
    terminal,
    [Symbol.asyncDispose]: async () => {
      await terminal[Symbol.asyncDispose]();
      await acquirer[Symbol.asyncDispose]();
    },
  };
}

export function terminalAt(port: number, options: Partial<TerminalOptions> = {}): Terminal {
  return createTerminal({
    de41: "TG000001",
    de42: "999290153110001",
    host: "127.0.0.1",
    port,
    receiveMs: RECEIVE_MS,
    random: seededRandom(7),
    ...options,
  });
}

/** @throws Error when the terminal showed anything but an approval. */
export function approved(shown: Shown): JournalEntry {
  if (shown.shown !== "approved") throw new Error(`not approved: ${JSON.stringify(shown)}`);
  return shown.entry;
}

export function shownEntry(shown: Shown): JournalEntry {
  if (shown.entry === undefined) throw new Error(`no transaction was made: ${shown.shown}`);
  return shown.entry;
}

export function inBooks(acquirer: Acquirer, entry: JournalEntry): Readonly<BookEntry> | undefined {
  return acquirer.books().find(({ stan, batch }) => stan === entry.stan && batch === entry.batch);
}

/** What both sides must agree on, one line each, in order of trace number. */
export function asLines(entries: readonly (Readonly<BookEntry> | JournalEntry)[]): readonly string[] {
  return entries
    .map((entry) => {
      const state = "state" in entry ? entry.state : entry.result;
      const { batch, stan, kind, amount, approvedAmount, code, rrn, authCode, card } = entry;
      const number = card === undefined ? "no card" : `${card.first6}…${card.last4} ${card.length}`;
      return [batch, stan, kind, amount, approvedAmount, state, code, rrn, authCode, number].join(" ");
    })
    .sort();
}
