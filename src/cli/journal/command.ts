import { type Command, Option } from "commander";
import type { Seq } from "../../domain/record.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import type { Output } from "../output.ts";
import { EXPORT_FORMATS, type ExportFormat } from "./export-format.ts";
import {
  type LedgerCommandOptions,
  readLimit,
  readSeq,
  selectionOf,
  withSelectionOptions,
  withStoreOptions,
} from "./options.ts";
import { DEFAULT_URL, readUrl } from "../url-option.ts";
import type { ResendOptions } from "./resend.ts";

const DEFAULT_LIMIT = 50;

/** `tillgate journal …`. @param ended  Gets the exit code. */
export function addJournal(program: Command, output: Output, ended: (code: number) => void): void {
  const journal = program
    .command("journal")
    .description("read the ledger of a running or stopped gateway; only resend changes anything");
  const run = async (
    options: LedgerCommandOptions,
    work: (ledger: OfflineLedger) => Promise<number> | number,
  ): Promise<void> => {
    const { withLedger } = await import("./store.ts");
    ended(await withLedger(options, output, async (ledger) => work(ledger)));
  };

  withSelectionOptions(journal.command("list"))
    .description("transactions as they stand now, the newest at the bottom")
    .addOption(new Option("--limit <n>", "show at most so many").default(DEFAULT_LIMIT).argParser(readLimit))
    .action(async ({ limit, ...options }: LedgerCommandOptions & { readonly limit: number }) => {
      const { list } = await import("./list.ts");
      await run(options, (ledger) => list(ledger, selectionOf(options), limit, output));
    });

  withStoreOptions(journal.command("show"))
    .description("one record")
    .argument("<seq>", "its number", readSeq)
    .action(async (seq: Seq, options: LedgerCommandOptions) => {
      const { show } = await import("./show.ts");
      await run(options, (ledger) => show(ledger, seq, output));
    });

  withStoreOptions(journal.command("verify"))
    .description("check the whole hash chain; exit code 1 names the first bad record")
    .action(async (options: LedgerCommandOptions) => {
      const { verify } = await import("./verify.ts");
      await run(options, async (ledger) => verify(ledger, output));
    });

  withStoreOptions(journal.command("parked"))
    .description("records that the broker cannot be given, each with the reason")
    .action(async (options: LedgerCommandOptions) => {
      const { parked } = await import("./parked.ts");
      await run(options, (ledger) => parked(ledger, output));
    });

  withStoreOptions(journal.command("resend"))
    .description("have a running gateway send parked records after all; as its own user, or root")
    .argument("<seq>", "a record's number, or all", (value) => (value === "all" ? value : readSeq(value)))
    .option("--url <url>", "of its local endpoint", readUrl, DEFAULT_URL)
    .action(async (which: Seq | "all", options: ResendOptions) => {
      const { resend } = await import("./resend.ts");
      ended(await resend(which, options, output));
    });

  withSelectionOptions(journal.command("export"))
    .description("write transactions as CSV, or records as JSON Lines")
    .addOption(new Option("--format <format>", "what to write").choices(EXPORT_FORMATS).makeOptionMandatory())
    .option("-o, --output <file>", "where to; standard output when absent")
    .action(
      async ({
        format,
        output: file,
        ...options
      }: LedgerCommandOptions & { readonly format: ExportFormat; readonly output?: string }) => {
        const { exportTo } = await import("./export.ts");
        await run(options, async (ledger) => exportTo(ledger, selectionOf(options), format, file, output));
      },
    );
}
