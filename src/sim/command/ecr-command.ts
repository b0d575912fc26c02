import { createInterface } from "node:readline";
import { Command, Option } from "commander";
import { z } from "zod";
import { PLANS_HELP, readPlan } from "../ecr/plan-text.ts";
import { serveEcrTerminal } from "../ecr/serve-tcp.ts";
import { SIM_PROFILES } from "../ecr/wire.ts";
import { consoleLog } from "./console-log.ts";
import { readCount, readPort } from "./read-option.ts";

const schema = z.object({
  profile: z.enum(SIM_PROFILES),
  host: z.string(),
  port: z.number(),
  lrc: z.enum(["dataAndEnd", "data", "startDataAndEnd", "startAndData"]),
  step: z.number(),
  say: z.string().exactOptional(),
  every: z.number(),
});

/** Runs a card terminal that a till drives, until the signal fires; what is typed plans the next order. */
export function ecrCommand(print: (line: string) => void, signal: AbortSignal): Command {
  const command = new Command("ecr")
    .description("a card terminal that a till drives: Transbank POS Integrado, ECR17; or one that only speaks frames")
    .addOption(
      new Option("--profile <name>", "protocol that it speaks").choices([...SIM_PROFILES]).default("transbank"),
    )
    .option("--host <address>", "to listen on", "127.0.0.1")
    .option("--port <n>", "to listen on; 0 picks a free one", readPort, 0)
    .addOption(
      new Option("--lrc <bytes>", "what an ECR17 checksum covers")
        .choices(["dataAndEnd", "data", "startDataAndEnd", "startAndData"])
        .default("dataAndEnd"),
    )
    .option("--step <ms>", "for each thing that the customer is asked for", readCount, 500)
    .option("--say <text>", "say this of its own accord, again and again")
    .option("--every <ms>", "how often", readCount, 1_000)
    .addHelpText(
      "after",
      `\n${PLANS_HELP}\n\nAs a serial port: socat pty,raw,echo=0,link=/tmp/tty-ecr tcp:127.0.0.1:<port>`,
    );
  return command.action(async () => {
    const { profile, host, port, lrc, step, say, every } = schema.parse(command.opts());
    const log = consoleLog(print);
    await using served = await serveEcrTerminal({
      profile,
      host,
      port,
      lrc,
      stepMs: step,
      log: (event, fields) => log.info(event, fields),
    });
    const { terminal } = served;
    print(`${profile} terminal on ${served.host}:${served.port}, Ctrl-C ends it`);
    const saying = say === undefined ? undefined : setInterval(() => terminal.say(say), every);
    const typed = createInterface({ input: process.stdin });
    signal.addEventListener("abort", () => typed.close(), { once: true });
    for await (const line of typed) {
      if (line.trim() === "") continue;
      try {
        terminal.next(readPlan(line));
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        print(`${error.message}\n${PLANS_HELP}`);
      }
    }
    // Without a keyboard (`</dev/null`) it goes on as it is.
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    clearInterval(saying);
    const { charges, open } = terminal.books;
    print(`${charges.length} charges, ${open.length} of them open; commands: ${terminal.commands.length}`);
  });
}
