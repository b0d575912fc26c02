import { readFile } from "node:fs/promises";
import { loadConfig } from "../../src/config/load.ts";
import { FAMILIES } from "../../src/config-families.ts";
import { seq } from "../../src/domain/record.ts";
import { NO_SECRETS } from "../../src/gateway-config.ts";
import { runGateway } from "../../src/gateway.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { journalLog } from "../../src/runtime/journal-log.ts";

/** The gateway under test: the composition that `tillgate run` runs, with the number of its transaction records told to whoever asks. */
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
    let read = 0;
    let told = 0;
    // The ledger also holds what link and machine had to say meanwhile.
    const count = async (): Promise<number> => {
      while (read < ledger.durable) {
        const page = await ledger.page(seq(read + 1), 500);
        told += page.filter(({ kind }) => kind === "transaction").length;
        read += page.length;
      }
      return told;
    };
    process.on("message", () => void count().then((transactions) => process.send?.(transactions)));
    process.send?.([...ports.values()][0]);
  },
);
