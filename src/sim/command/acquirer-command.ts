import { Command, Option } from "commander";
import { z } from "zod";
import { startAcquirer } from "../acquirer/acquirer.ts";
import { AMOUNT_CODES } from "../acquirer/amount-code.ts";
import { seededRandom } from "../seeded-random.ts";
import { consoleLog } from "./console-log.ts";
import { addFramingOptions, framingSchema } from "./framing-options.ts";
import { yuan } from "./money-text.ts";
import { readCount, readMsRange, readPem, readPort, readRate, readSeconds } from "./read-option.ts";

const schema = z.object({
  host: z.string(),
  port: z.number(),
  declineRate: z.number(),
  silentRate: z.number(),
  lateRate: z.number(),
  lateAfter: z.number(),
  delay: z.tuple([z.number(), z.number()]),
  amountCoded: z.boolean().default(false),
  requireSignIn: z.boolean().default(false),
  tpduSwap: z.boolean(),
  tlsKey: z.string().exactOptional(),
  tlsCert: z.string().exactOptional(),
  tlsClientCa: z.string().exactOptional(),
  books: z.string().exactOptional(),
  seed: z.number(),
  quiet: z.boolean().default(false),
});

/** Runs an acquirer's host until the signal fires. */
export function acquirerCommand(print: (line: string) => void, signal: AbortSignal): Command {
  const command = new Command("acquirer")
    .description("an acquirer's host: approves, declines, is late or silent, and keeps books of what it did")
    .option("--host <address>", "to listen on", "127.0.0.1")
    .option("--port <n>", "to listen on; 0 picks a free one", readPort, 9_001)
    .option("--decline-rate <rate>", "share of transactions that are declined, by codes as shops see them", readRate, 0)
    .option("--silent-rate <rate>", "share that gets no answer: half booked, half lost on the way in", readRate, 0)
    .option("--late-rate <rate>", "share that is answered late", readRate, 0)
    .addOption(new Option("--late-after <seconds>", "how late").argParser(readSeconds).default(70_000, "70"))
    .addOption(
      new Option("--delay <ms>", "before each answer: 50, or from 50 to 200 as 50-200")
        .argParser(readMsRange)
        .default([0, 0], "none"),
    )
    .option("--amount-coded", "the amount says what to do, see below")
    .option("--require-sign-in", "terminals that have not signed in since start get code 77")
    .option("--no-tpdu-swap", "replies keep the TPDU as it came")
    .option("--tls-cert <file>", "serve TLS with this certificate (PEM)", readPem)
    .option("--tls-key <file>", "and this key", readPem)
    .option("--tls-client-ca <file>", "ask for a client certificate of this authority", readPem)
    .option("--books <file>", "keep the books as JSON lines, and go on from them")
    .option("--seed <n>", "of chance", readCount, 1)
    .option("--quiet", "no line for each request")
    .addHelpText("after", `\n${AMOUNT_CODES}`);
  return addFramingOptions(command).action(async () => {
    const options = schema.parse(command.opts());
    const framing = framingSchema.parse(command.opts());
    await using acquirer = await startAcquirer({
      host: options.host,
      ports: [options.port],
      framing,
      tpduSwap: options.tpduSwap,
      requireSignIn: options.requireSignIn,
      habits: {
        declineRate: options.declineRate,
        silentRate: options.silentRate,
        lateRate: options.lateRate,
        lateMs: options.lateAfter,
        delayMs: options.delay,
        amountCoded: options.amountCoded,
      },
      random: seededRandom(options.seed),
      ...tlsOf(options, command),
      ...(options.books === undefined ? {} : { booksFile: options.books }),
      ...(options.quiet ? {} : { log: consoleLog(print) }),
    });
    print(`acquirer on ${acquirer.host}:${acquirer.port}, Ctrl-C ends it`);
    await fired(signal);
    const { transactions, approved, approvedAmount, declined, reversed, repeatedRequests } = acquirer.totals();
    print(
      `${transactions} transactions: ${approved} approved (${yuan(approvedAmount)}), ${declined} declined, ` +
        `${reversed} reversed; requests that came twice: ${repeatedRequests}`,
    );
  });
}

function tlsOf(
  { tlsKey, tlsCert, tlsClientCa }: z.output<typeof schema>,
  command: Command,
): { tls?: { key: string; cert: string; clientCa?: string } } {
  if (tlsKey === undefined && tlsCert === undefined && tlsClientCa === undefined) return {};
  if (tlsKey === undefined || tlsCert === undefined) command.error("TLS needs both --tls-cert and --tls-key");
  return { tls: { key: tlsKey, cert: tlsCert, ...(tlsClientCa === undefined ? {} : { clientCa: tlsClientCa }) } };
}

async function fired(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
