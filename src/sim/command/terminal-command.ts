import { Command, Option } from "commander";
import { z } from "zod";
import { systemClock } from "../../runtime/clock.ts";
import type { Log } from "../../runtime/log.ts";
import { seededRandom } from "../seeded-random.ts";
import { TerminalMemory } from "../terminal/memory.ts";
import { shopTask } from "../terminal/shop.ts";
import { price } from "../terminal/shop-day.ts";
import { createTerminal, type Terminal } from "../terminal/terminal.ts";
import { consoleLog } from "./console-log.ts";
import { addFramingOptions, framingSchema } from "./framing-options.ts";
import { yuan } from "./money-text.ts";
import { readCount, readIdentity, readPem, readPort, readPositive, readSeconds, readYuan } from "./read-option.ts";

const schema = z.object({
  host: z.string(),
  port: z.number(),
  de41: z.string(),
  de42: z.string(),
  terminals: z.number(),
  sales: z.number().exactOptional(),
  amount: z.number().exactOptional(),
  batch: z.number(),
  settle: z.boolean().default(false),
  perMinute: z.number(),
  speed: z.number(),
  line: z.enum(["request", "operation", "long"]),
  receive: z.number(),
  resends: z.number(),
  tlsCa: z.string().exactOptional(),
  tlsCert: z.string().exactOptional(),
  tlsKey: z.string().exactOptional(),
  servername: z.string().exactOptional(),
  seed: z.number(),
});

type Options = z.output<typeof schema>;

/** Middle of what a shop sells for, in fen. */
const MEDIAN_AMOUNT = 6_800;

/** Runs one terminal or several until they have sold what they should, or until the signal fires. */
export function terminalCommand(print: (line: string) => void, signal: AbortSignal): Command {
  const command = new Command("terminal")
    .description("card terminals with invented cards: a shop's day until Ctrl-C, or a number of sales")
    .option("--host <address>", "of the gateway or the acquirer", "127.0.0.1")
    .option("--port <n>", "of the gateway or the acquirer", readPort, 9_001)
    .option("--de41 <id>", "terminal id, eight characters", readIdentity(8), "TG000001")
    .option("--de42 <id>", "merchant id, fifteen characters", readIdentity(15), "999290153110001")
    .option("--terminals <n>", "that many, with terminal ids counted up", readCount, 1)
    .option("--sales <n>", "sell that often, one after the other, and end; without it: a shop's day", readCount)
    .option("--amount <yuan>", "of each sale, e.g. 12.50; without it: as shops sell", readYuan)
    .addOption(
      // The host takes a trace number that it has seen in a batch for a repetition, and a new run begins at 1.
      new Option("--batch <n>", "its number").argParser(readCount).default(batchOfNow(), "from the clock"),
    )
    .option("--settle", "after the sales, settle the batch")
    .option("--per-minute <n>", "transactions a minute in a shop's day", readPositive, 2)
    .option("--speed <x>", "shop minutes in a real minute", readPositive, 1)
    .addOption(
      new Option("--line <use>", "a connection for each request, for each operation, or a long one")
        .choices(["request", "operation", "long"])
        .default("request"),
    )
    .addOption(
      new Option("--receive <seconds>", "how long to wait for an answer").argParser(readSeconds).default(60_000, "60"),
    )
    .option("--resends <n>", "how often a reversal is sent again before it is given up", readCount, 3)
    .option("--tls-ca <file>", "connect by TLS and trust this authority (PEM)", readPem)
    .option("--tls-cert <file>", "show this client certificate", readPem)
    .option("--tls-key <file>", "with this key", readPem)
    .option("--servername <name>", "that the host's certificate must bear")
    .option("--seed <n>", "of chance", readCount, 1);
  return addFramingOptions(command).action(async () => {
    const options = schema.parse(command.opts());
    const framing = framingSchema.parse(command.opts());
    const log = consoleLog(print);
    const terminals = Array.from({ length: options.terminals }, (_, n) =>
      createTerminal({
        de41: countedUp(options.de41, n),
        de42: options.de42,
        host: options.host,
        port: options.port,
        framing,
        lineUse: options.line,
        receiveMs: options.receive,
        reversalResends: options.resends,
        ...tlsOf(options),
        memory: new TerminalMemory(1, options.batch),
        random: seededRandom(options.seed + n),
        log,
      }),
    );
    print(`${terminals.length} terminal(s) to ${options.host}:${options.port}, Ctrl-C ends`);
    await Promise.all(terminals.map(async (terminal, n) => work(terminal, n, options, log, signal)));
    for (const terminal of terminals) print(summary(terminal));
  });
}

async function work(terminal: Terminal, n: number, options: Options, log: Log, signal: AbortSignal): Promise<void> {
  const random = seededRandom(options.seed * 1_000 + n);
  if (options.sales === undefined) {
    const { perMinute: transactionsPerMinute, speed } = options;
    await shopTask(terminal, { transactionsPerMinute, speed, clock: systemClock(), random, log }).run(signal);
    return;
  }
  const signedIn = await terminal.signIn();
  if (signedIn.shown !== "done") {
    log.error("terminal.notSignedIn", { terminal: terminal.de41, ...signedIn });
    process.exitCode = 1;
    return;
  }
  for (let sale = 1; sale <= options.sales && !signal.aborted; sale++) {
    const shown = await terminal.sale(options.amount ?? price(MEDIAN_AMOUNT, random));
    if (shown.shown === "signInFirst") await terminal.signIn();
    if (shown.shown === "journalFull") await terminal.settle();
  }
  await terminal.payDebts();
  if (options.settle) await terminal.settle();
  terminal.hangUp();
}

function summary(terminal: Terminal): string {
  const journal = terminal.journal();
  const counted = (result: string): number => journal.filter((entry) => entry.result === result).length;
  const sum = journal
    .filter(({ result }) => result === "approved")
    .reduce((total, entry) => total + (entry.approvedAmount ?? entry.amount), 0);
  return (
    `${terminal.de41}: ${journal.length} transactions, ${counted("approved")} approved (${yuan(sum)}), ` +
    `${counted("declined")} declined, ${counted("reversed")} reversed, ${counted("pending")} in doubt, ` +
    `${counted("reversalGivenUp")} given up, ${counted("notSent")} not sent`
  );
}

/** A number that another run will not have had for eleven days. */
function batchOfNow(): number {
  return 1 + (Math.floor(Date.now() / 1_000) % 999_000);
}

/** TG000001 and 2 is TG000003. */
function countedUp(de41: string, by: number): string {
  const digits = /\d*$/.exec(de41)?.[0] ?? "";
  if (by === 0 || digits === "") return de41;
  const number = String(Number(digits) + by).padStart(digits.length, "0");
  return de41.slice(0, de41.length - digits.length) + number.slice(-digits.length);
}

function tlsOf({ tlsCa, tlsCert, tlsKey, servername }: Options): {
  tls?: { ca: string; cert?: string; key?: string; servername?: string };
} {
  if (tlsCa === undefined) return {};
  return {
    tls: {
      ca: tlsCa,
      ...(tlsCert === undefined ? {} : { cert: tlsCert }),
      ...(tlsKey === undefined ? {} : { key: tlsKey }),
      ...(servername === undefined ? {} : { servername }),
    },
  };
}
