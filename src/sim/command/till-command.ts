import { readFileSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { systemClock } from "../../runtime/clock.ts";
import { Secret } from "../../runtime/secret.ts";
import { seededRandom } from "../seeded-random.ts";
import { gapMs, price } from "../terminal/shop-day.ts";
import type { Sold } from "../till/sell.ts";
import { TillApi } from "../till/till-api.ts";
import { tillTask } from "../till/till.ts";
import { consoleLog } from "./console-log.ts";
import { readCount, readPositive, readRate, readSeconds } from "./read-option.ts";

const schema = z.object({
  url: z.string(),
  tokenFile: z.instanceof(Secret),
  name: z.string(),
  terminal: z.string().exactOptional(),
  currency: z.string(),
  perMinute: z.number(),
  patience: z.number(),
  cancelAfter: z.number(),
  twiceRate: z.number(),
  seed: z.number(),
});

/** Middle of what a shop sells for, in minor units. */
const MEDIAN_AMOUNT = 6_800;
const POLL_MS = 500;
const GIVE_UP_AFTER_MS = 300_000;

/** Runs a till that has tillgate's terminals paid over HTTP, until the signal fires. */
export function tillCommand(print: (line: string) => void, signal: AbortSignal): Command {
  const command = new Command("till")
    .description(
      "a till that has a gateway's terminals paid over HTTP: one key for one request, repeats, polls, cancels",
    )
    .option("--url <url>", "of the gateway's local endpoint", "http://127.0.0.1:8480")
    .addOption(
      new Option("--token-file <file>", "with its token, e.g. local.token in the store")
        .argParser(readToken)
        .makeOptionMandatory(),
    )
    .option("--name <word>", "that its orders begin with; another one for each run", `till-${process.pid}`)
    .option("--terminal <id>", "order at this one; without it: at any that is free")
    .option("--currency <letters>", "ISO 4217", "EUR")
    .option("--per-minute <n>", "customers a minute", readPositive, 4)
    .addOption(
      new Option("--patience <seconds>", "until it asks again, with the same key")
        .argParser(readSeconds)
        .default(30_000, "30"),
    )
    .addOption(
      new Option("--cancel-after <seconds>", "until the cashier calls a payment back")
        .argParser(readSeconds)
        .default(60_000, "60"),
    )
    .option("--twice-rate <rate>", "share of paid orders that the cashier tries to take again", readRate, 0)
    .option("--seed <n>", "of chance", readCount, 1);
  return command.action(async () => {
    const options = schema.parse(command.opts());
    const { terminal, currency, perMinute, twiceRate, name } = options;
    const random = seededRandom(options.seed);
    const log = consoleLog(print);
    const ends: Sold["end"][] = [];
    print(`till ${name} at ${options.url}, Ctrl-C ends it`);
    const till = tillTask({
      name,
      api: new TillApi(options.url, options.tokenFile),
      nextOrder: (orderId) => {
        const order = { orderId, amount: price(MEDIAN_AMOUNT, random), currency };
        return terminal === undefined ? order : { ...order, terminal };
      },
      habits: {
        patienceMs: options.patience,
        pollMs: POLL_MS,
        cancelAfterMs: options.cancelAfter,
        giveUpAfterMs: GIVE_UP_AFTER_MS,
      },
      twiceRate,
      gapMs: () => gapMs(perMinute, random),
      clock: systemClock(),
      random,
      onSold: ({ order, end, problem = "", repeats, polls }) => {
        ends.push(end);
        log.info("till.sold", { order: order.orderId, amount: order.amount, end, problem, repeats, polls });
      },
    });
    await till.run(signal);
    const counted = Map.groupBy(ends, (end) => end);
    print([...counted].map(([end, all]) => `${end} ${all.length}`).join(", "));
  });
}

function readToken(path: string): Secret {
  try {
    return new Secret(readFileSync(path, "utf8").trim());
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
