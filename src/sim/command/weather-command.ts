import { createInterface } from "node:readline";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import type { Conditions } from "../weather/conditions.ts";
import { CONDITIONS_HELP, readConditions } from "../weather/conditions-text.ts";
import { startWeather } from "../weather/weather.ts";
import { readCount, readHostAndPort, readPort } from "./read-option.ts";

const schema = z.object({
  host: z.string(),
  port: z.number(),
  to: z.object({ host: z.string(), port: z.number() }),
  conditions: z.custom<Conditions>(),
  seed: z.number(),
});

/** Runs a line with weather on it until the signal fires; what is typed changes the weather. */
export function weatherCommand(print: (line: string) => void, signal: AbortSignal): Command {
  const command = new Command("weather")
    .description("a line with weather on it: a TCP proxy that is slow, loses, cuts or swallows")
    .option("--host <address>", "to listen on", "127.0.0.1")
    .option("--port <n>", "to listen on; 0 picks a free one", readPort, 0)
    .requiredOption("--to <host:port>", "where the line leads", readHostAndPort)
    .addOption(
      new Option("--conditions <text>", "to begin with, see below")
        .argParser(readWeather)
        .default({ kind: "clear" }, "clear"),
    )
    .option("--seed <n>", "of jitter and losses", readCount, 1)
    .addHelpText("after", `\n${CONDITIONS_HELP}\n\nType a condition while it runs to change the weather.`);
  return command.action(async () => {
    const options = schema.parse(command.opts());
    await using weather = await startWeather({
      target: options.to,
      host: options.host,
      port: options.port,
      seed: options.seed,
      conditions: options.conditions,
    });
    print(
      `line from ${weather.host}:${weather.port} to ${options.to.host}:${options.to.port}, ` +
        `${options.conditions.kind}; Ctrl-C ends`,
    );
    const typed = createInterface({ input: process.stdin });
    signal.addEventListener("abort", () => typed.close(), { once: true });
    for await (const line of typed) {
      if (line.trim() === "") continue;
      try {
        await weather.set(readConditions(line));
        print(`weather: ${weather.conditions().kind}`);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        print(`${error.message}\n${CONDITIONS_HELP}`);
      }
    }
    // Without a keyboard (`</dev/null`) the line goes on as it is.
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    const { accepted, bytesToTarget, bytesToClient } = weather.traffic();
    print(`${accepted} connections, ${bytesToTarget} bytes to the target, ${bytesToClient} back`);
  });
}

function readWeather(text: string): Conditions {
  try {
    return readConditions(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}
