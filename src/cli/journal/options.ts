import { type Command, InvalidArgumentError, Option } from "commander";
import { type TerminalId, isName, terminalId } from "../../domain/terminal.ts";
import { type Outcome, OUTCOMES } from "../../domain/transaction.ts";
import { type Seq, seq } from "../../domain/record.ts";
import type { Selection } from "./selection.ts";
import type { StoreOptions } from "./store.ts";

export type LedgerCommandOptions = StoreOptions & Selection;

export function withStoreOptions(command: Command): Command {
  return command
    .option("--config <file>", "the gateway's config, which names its store")
    .option("--store <directory>", "the store itself, e.g. /var/lib/tillgate");
}

export function withSelectionOptions(command: Command): Command {
  return withStoreOptions(command)
    .addOption(timeOption("--from <time>", "from this time on"))
    .addOption(timeOption("--to <time>", "before this time"))
    .addOption(new Option("--terminal <name>", "of this terminal").argParser(readTerminal))
    .addOption(new Option("--outcome <outcome>", "as it stands now").choices(OUTCOMES).argParser(readOutcome))
    .addOption(
      new Option("--code <code>", "the acquirer's answer, e.g. 51").argParser(
        matching(/^[0-9A-Z]{2}$/, "two letters or digits"),
      ),
    )
    .addOption(
      new Option("--last4 <digits>", "last four digits of the card").argParser(
        matching(/^[0-9]{4}$/, "four digits; never write more of a card number on a command line"),
      ),
    )
    .addOption(
      new Option("--amount <amount>", "in the currency's main unit, e.g. 123.45").argParser(
        matching(/^[0-9]{1,12}(\.[0-9]{1,3})?$/, "an amount such as 123.45"),
      ),
    );
}

/** What of the parsed options says which transactions; commander keeps all options of a command in one object. */
export function selectionOf(options: LedgerCommandOptions): Selection {
  const { config: _config, store: _store, ...selection } = options;
  return selection;
}

function matching(pattern: RegExp, allowed: string): (value: string) => string {
  return (value) => {
    const normal = value.toUpperCase();
    if (!pattern.test(normal)) throw new InvalidArgumentError(`Allowed: ${allowed}.`);
    return normal;
  };
}

function readTerminal(value: string): TerminalId {
  if (!isName(value)) throw new InvalidArgumentError("Allowed: a terminal's name as in the config.");
  return terminalId(value);
}

function readOutcome(value: string): Outcome {
  const outcome = OUTCOMES.find((known) => known === value);
  if (outcome === undefined) throw new InvalidArgumentError(`Allowed: ${OUTCOMES.join(", ")}.`);
  return outcome;
}

export function readSeq(value: string): Seq {
  if (!/^[1-9][0-9]{0,14}$/.test(value)) throw new InvalidArgumentError("Allowed: a record's number, from 1.");
  return seq(Number(value));
}

export function readLimit(value: string): number {
  if (!/^[1-9][0-9]{0,6}$/.test(value)) throw new InvalidArgumentError("Allowed: a number from 1 to 9999999.");
  return Number(value);
}

const TIME = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?( ?(Z|[+-]\d{2}:\d{2}))?)?$/;

function timeOption(flags: string, description: string): Option {
  return new Option(flags, `${description}: 2026-01-31, '2026-01-31 18:00' (local) or with an offset`).argParser(
    readTime,
  );
}

/** As people write it; without an offset in the machine's own zone, a date alone from its midnight. In UTC for the ledger. */
export function readTime(value: string): string {
  const clock = value.length > 10 ? value.slice(11).replace(" ", "") : "00:00";
  const day = value.slice(0, 10);
  const time = new Date(`${day}T${clock}`);
  if (!TIME.test(value) || Number.isNaN(time.getTime()) || !isDay(day)) {
    throw new InvalidArgumentError("Allowed: 2026-01-31, '2026-01-31 18:00', 2026-01-31T18:00:00+08:00.");
  }
  return time.toISOString();
}

/** Date reads 31 February as 3 March. */
function isDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}
