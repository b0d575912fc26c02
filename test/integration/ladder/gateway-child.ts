// The real gateway, judged faster than in the field, in the shop's namespace. Says the link node of its own /health, as
// one JSON line, whenever its fault changes. Ends with its standard input.
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { loadConfig } from "../../../src/config/load.ts";
import { formatProblems } from "../../../src/config/problem.ts";
import { FAMILIES } from "../../../src/config-families.ts";
import { runGateway } from "../../../src/gateway.ts";
import { readSecrets } from "../../../src/gateway-config.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { formatEndpoint } from "../../../src/runtime/endpoint.ts";
import { silentLog } from "../../../src/runtime/log.ts";

const LOOK_EVERY_MS = 50;

const node = z.looseObject({ name: z.string(), status: z.string(), observedValue: z.unknown().optional() });
const health = z.looseObject({
  parts: z.array(node.extend({ reason: z.string().optional(), parts: z.array(node).optional() })),
});
type LinkNode = z.output<typeof health>["parts"][number];

/** All is well only once headquarters has answered over a session. */
function faultOf({ observedValue, parts = [] }: LinkNode): unknown {
  const hasSession = parts.some(({ name, status }) => name.startsWith("hqMqtt") && status === "pass");
  return observedValue === "none" && !hasSession ? "not yet" : observedValue;
}

const [, , file = "", speed = "1"] = process.argv;
const loaded = loadConfig(await readFile(file, "utf8"), FAMILIES);
if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
const secrets = await readSecrets(loaded.config, { credentialsDirectory: undefined });
if (!secrets.ok) throw new Error(secrets.faults.map(({ found }) => found).join("; "));
const stop = new AbortController();
process.stdin.resume().on("end", () => stop.abort(new Error("told to stop")));

async function watch(origin: string): Promise<void> {
  let told: unknown;
  while (!stop.signal.aborted) {
    const answer = await fetch(`${origin}/health`);
    const link = health.parse(await answer.json()).parts.find(({ name }) => name === "link");
    if (link !== undefined && faultOf(link) !== told) {
      told = faultOf(link);
      process.stdout.write(`${JSON.stringify({ fault: told, reason: link.reason })}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

await runGateway(
  loaded.config,
  secrets.value,
  {
    clock: systemClock(),
    log: silentLog,
    version: "0.0.0-lab",
    random: Math.random,
    linkSpeed: Number(speed),
    uplinkTiming: {
      retryFloorMs: 50,
      retryFirstMs: 200,
      retryCeilingMs: 1_000,
      refusedRetryMs: 1_000,
      bootSpreadMs: 0,
    },
  },
  stop.signal,
  ({ http }) => {
    watch(`http://${formatEndpoint(http)}`).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    });
  },
);
