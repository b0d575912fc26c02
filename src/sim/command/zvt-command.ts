import { Command, Option } from "commander";
import { z } from "zod";
import { aborted } from "../../runtime/aborted.ts";
import { seededRandom } from "../seeded-random.ts";
import { ZVT_STEPS, type ZvtConduct } from "../zvt/conduct.ts";
import { serveZvtPort, serveZvtTcp } from "../zvt/serve.ts";
import { ZvtTerminal } from "../zvt/terminal.ts";
import { consoleLog } from "./console-log.ts";
import { readCount, readHexByte, readListenPlace, readIdentity, readMsRange, readRate } from "./read-option.ts";

const schema = z.object({
  listen: z.object({ host: z.string(), port: z.number() }),
  pty: z.string().exactOptional(),
  baud: z.number(),
  terminal: z.string(),
  status: z.number(),
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
  refuse: z.number().exactOptional(),
  decline: z.number().exactOptional(),
  dieAt: z.enum(ZVT_STEPS).exactOptional(),
  muteFrom: z.enum(ZVT_STEPS).exactOptional(),
  deaf: z.boolean().default(false),
  floods: z.boolean().default(false),
  showsCard: z.boolean().default(false),
  loseCompletion: z.boolean().default(false),
  wrongCrc: z.number().exactOptional(),
  nak: z.number().exactOptional(),
  garbage: z.number().exactOptional(),
  times: z.number().exactOptional(),
  seed: z.number(),
});

type Options = z.output<typeof schema>;

/** Runs a ZVT terminal until the signal fires. */
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
    .option("--terminal <digits>", "its number", readIdentity(8), "52001234")
    .option("--status <hex>", "what it answers to 05 01 at first, e.g. 51", readHexByte, 0)
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
    .option("--refuse <hex>", "the next order with 84 xx, e.g. 9C or CC", readHexByte)
    .option("--decline <hex>", "the next order with this result, e.g. 33 for the host's 51", readHexByte)
    .addOption(new Option("--die-at <step>", "power fails there in the next order").choices(ZVT_STEPS))
    .addOption(new Option("--mute-from <step>", "silent from there in the next order").choices(ZVT_STEPS))
    .option("--deaf", "does not hear the next order")
    .option("--floods", "sends without end in the next order")
    .option("--shows-card", "tells whole card numbers in the next order, as no terminal should")
    .option("--lose-completion", "the next order's completion does not come")
    .option("--wrong-crc <n>", "so many blocks of the next order", readCount)
    .option("--nak <n>", "refuses the block of the next order so often", readCount)
    .option("--garbage <n>", "so many bytes before each block of the next order", readCount)
    .option("--times <n>", "the next so many orders, in place of one", readCount)
    .option("--seed <n>", "of chance", readCount, 1);
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
    terminal.device.status = options.status;
    const conduct = conductOf(options);
    if (Object.keys(conduct).length > 0) terminal.next({ ...conduct, times: options.times ?? 1 });
    await using place = await serve(terminal, options);
    print(`ZVT terminal ${options.terminal} on ${place.name}, Ctrl-C ends it`);
    await aborted(signal);
    for (const { arrival, kind, ordered, outcome, amount, receipt, told } of terminal.books.bookings) {
      print(
        `${arrival}. ${kind} ordered ${ordered ?? "-"} ${outcome} ${amount}, ` +
          `receipt ${receipt ?? "-"}, ${told ? "told to the till" : "not told"}`,
      );
    }
    const { charges, charged, refunds, refunded, holds, held } = terminal.books.totals();
    print(`${charges} charges (${charged}), ${refunds} refunds (${refunded}), ${holds} open holds (${held})`);
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

function conductOf(options: Options): ZvtConduct {
  const { refuse, decline, dieAt, muteFrom, wrongCrc, nak, garbage } = options;
  return {
    ...(refuse === undefined ? {} : { refuse }),
    ...(decline === undefined ? {} : { decline }),
    ...(dieAt === undefined ? {} : { dieAt }),
    ...(muteFrom === undefined ? {} : { muteFrom }),
    ...(wrongCrc === undefined ? {} : { wrongCrc }),
    ...(nak === undefined ? {} : { nak }),
    ...(garbage === undefined ? {} : { garbage }),
    ...(options.deaf ? { deaf: true } : {}),
    ...(options.floods ? { floods: true } : {}),
    ...(options.showsCard ? { showsCard: true } : {}),
    ...(options.loseCompletion ? { completion: "lost" } : {}),
  };
}
