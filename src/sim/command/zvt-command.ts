import { createInterface } from "node:readline";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { assertNever } from "../../domain/assert-never.ts";
import { aborted } from "../../runtime/aborted.ts";
import { seededRandom } from "../seeded-random.ts";
import type { ZvtNext } from "../zvt/conduct.ts";
import { CONDUCTS_HELP, readConduct, readSwitch, type ZvtSwitch } from "../zvt/conduct-text.ts";
import { serveZvtPort, serveZvtTcp } from "../zvt/serve.ts";
import { ZvtTerminal } from "../zvt/terminal.ts";
import { consoleLog } from "./console-log.ts";
import { readCount, readIdentity, readListenPlace, readMsRange, readRate } from "./read-option.ts";

const schema = z.object({
  listen: z.object({ host: z.string(), port: z.number() }),
  pty: z.string().exactOptional(),
  baud: z.number(),
  terminal: z.string(),
  step: z.number(),
  hostMs: z.tuple([z.number(), z.number()]),
  declineRate: z.number(),
  abortRate: z.number(),
  busyRate: z.number(),
  muteRate: z.number(),
  dieRate: z.number(),
  lostCompletionRate: z.number(),
  powerAway: z.number(),
  needsTill: z.boolean().default(false),
  next: z.array(z.custom<ZvtNext>()),
  seed: z.number(),
});

type Options = z.output<typeof schema>;

/** Runs a ZVT terminal until the signal fires; what is typed plans its conduct at the next order. */
export function zvtCommand(print: (line: string) => void, signal: AbortSignal): Command {
  const command = new Command("zvt")
    .description("a card terminal that a till drives by ZVT, with invented cards; keeps books of what it charged")
    .addOption(
      new Option("--listen <host:port>", "on TCP; port 0 picks a free one")
        .argParser(readListenPlace)
        .default({ host: "127.0.0.1", port: 20_007 }, "127.0.0.1:20007"),
    )
    .option("--pty <path>", "on this serial port or pseudo-terminal instead")
    .option("--baud <n>", "of a serial port", readCount, 115_200)
    .option("--terminal <digits>", "its number, eight digits", readIdentity(8), "52001234")
    .option("--step <ms>", "that the customer takes for each thing", readCount, 500)
    .addOption(
      new Option("--host-ms <ms>", "that the host takes: 50, or from 50 to 200 as 50-200")
        .argParser(readMsRange)
        .default([200, 900], "200-900"),
    )
    .option("--decline-rate <rate>", "share of orders that are declined", readRate, 0)
    .option("--abort-rate <rate>", "share that the customer breaks off", readRate, 0)
    .option("--busy-rate <rate>", "share that is answered with 84 9C", readRate, 0)
    .option("--mute-rate <rate>", "share in which it falls silent at some step, and goes on", readRate, 0)
    .option("--die-rate <rate>", "share in which its power fails at some step", readRate, 0)
    .option("--lost-completion-rate <rate>", "share whose completion does not come", readRate, 0)
    .option("--power-away <ms>", "how long a failed power stays away", readCount, 3_000)
    .option("--needs-till", "gives an order up when the till is gone before the host was asked")
    .addOption(
      new Option("--next <text>", "conduct at the next order, see below; again for the one after it")
        .argParser(readNext)
        .default([], "as it should"),
    )
    .option("--seed <n>", "of chance", readCount, 1)
    .addHelpText("after", `\n${CONDUCTS_HELP}`);
  return command.action(async () => {
    const options = schema.parse(command.opts());
    const { declineRate, abortRate, busyRate, muteRate, dieRate, lostCompletionRate, hostMs } = options;
    using terminal = new ZvtTerminal({
      identity: { terminalNumber: options.terminal },
      times: { stepMs: options.step },
      habits: { declineRate, abortRate, busyRate, muteRate, dieRate, lostCompletionRate, hostMs },
      needsTill: options.needsTill,
      powerAwayMs: options.powerAway,
      random: seededRandom(options.seed),
      log: consoleLog(print),
    });
    for (const next of options.next) terminal.next(next);
    await using place = await serve(terminal, options);
    print(`ZVT terminal ${options.terminal} on ${place.name}, Ctrl-C ends it`);
    const typed = createInterface({ input: process.stdin });
    signal.addEventListener("abort", () => typed.close(), { once: true });
    for await (const line of typed) if (line.trim() !== "") obey(terminal, line, print);
    // Without a keyboard (`</dev/null`) it goes on as it is.
    await aborted(signal);
    for (const line of bookLines(terminal)) print(line);
  });
}

async function serve(
  terminal: ZvtTerminal,
  { pty, baud, listen }: Options,
): Promise<AsyncDisposable & { readonly name: string }> {
  if (pty !== undefined) {
    const port = await serveZvtPort(terminal, pty, baud);
    return { name: pty, [Symbol.asyncDispose]: async () => port[Symbol.asyncDispose]() };
  }
  const tcp = await serveZvtTcp(terminal, listen.port, listen.host);
  return { name: `${tcp.host}:${tcp.port}`, [Symbol.asyncDispose]: async () => tcp[Symbol.asyncDispose]() };
}

function readNext(text: string, before: readonly ZvtNext[] = []): readonly ZvtNext[] {
  try {
    return [...before, readConduct(text)];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function obey(terminal: ZvtTerminal, line: string, print: (line: string) => void): void {
  try {
    const turned = readSwitch(line);
    if (turned === undefined) terminal.next(readConduct(line));
    else turn(terminal, turned);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    print(`${error.message}\n${CONDUCTS_HELP}`);
  }
}

function turn(terminal: ZvtTerminal, turned: ZvtSwitch): void {
  switch (turned.set) {
    case "status":
      terminal.device.status = turned.status;
      return;
    case "locked":
      terminal.device.isLocked = turned.isLocked;
      return;
    case "power":
      terminal.failPower(turned.awayMs);
      return;
    default:
      assertNever(turned);
  }
}

function bookLines({ books }: ZvtTerminal): readonly string[] {
  const { charges, charged, refunds, refunded, holds, held } = books.totals();
  return [
    ...books.bookings.map(
      ({ arrival, kind, ordered, outcome, amount, receipt, told }) =>
        `${arrival}. ${kind} ordered ${ordered ?? "-"} ${outcome} ${amount}, ` +
        `receipt ${receipt ?? "-"}, ${told ? "told to the till" : "not told"}`,
    ),
    `${charges} charges (${charged}), ${refunds} refunds (${refunded}), ${holds} open holds (${held})`,
  ];
}
