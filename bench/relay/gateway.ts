import { readFile } from "node:fs/promises";
import { loadConfig } from "../../src/config/load.ts";
import { FAMILIES } from "../../src/config-families.ts";
import { NO_SECRETS } from "../../src/gateway-config.ts";
import { runGateway } from "../../src/gateway.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { journalLog } from "../../src/runtime/journal-log.ts";

/** The gateway under test: the composition that `tillgate run` runs, with its ledger's head told to whoever asks. */
const [path = ""] = process.argv.slice(2);

const stop = new AbortController();
process.once("disconnect", () => stop.abort(new Error("the benchmark is over")));

const loaded = loadConfig(await readFile(path, "utf8"), FAMILIES);
if (!loaded.ok) throw new Error(`${path}: ${JSON.stringify(loaded.problems)}`);

await runGateway(
  loaded.config,
  NO_SECRETS,
  { clock: systemClock(), log: journalLog({ level: "error" }), version: "bench", random: Math.random },
  stop.signal,
  ({ ports, ledger }) => {
    process.on("message", () => process.send?.(ledger.durable));
    process.send?.([...ports.values()][0]);
  },
);
