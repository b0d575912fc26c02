import { readFile } from "node:fs/promises";
import { loadConfig } from "../config/load.ts";
import { formatProblems } from "../config/problem.ts";
import { FAMILIES } from "../config-families.ts";
import { runGateway } from "../gateway.ts";
import { type GatewayConfig, type GatewaySecrets, readSecrets } from "../gateway-config.ts";
import { LedgerError } from "../queue/ledger-error.ts";
import { systemClock } from "../runtime/clock.ts";
import { journalLog } from "../runtime/journal-log.ts";
import { systemdNotify, takeServiceEnvironment, watchdogEveryMs } from "../runtime/sd-notify.ts";
import { Service } from "../runtime/service.ts";
import { formatEndpoint } from "../runtime/endpoint.ts";
import type { Log } from "../runtime/log.ts";
import { VERSION } from "../version.ts";

/** systemd's EX_CONFIG: with RestartPreventExitStatus=78 the service is not started again until somebody has looked. */
const BAD_CONFIG = 78;

/** `tillgate run`: the daemon, until SIGTERM or SIGINT. A second signal does not wait for the last records to be delivered. */
export async function run({ config: path }: { readonly config: string }): Promise<number> {
  const loaded = await load(path);
  if (loaded === undefined) return BAD_CONFIG;
  const log = journalLog();
  const clock = systemClock();
  const stop = new AbortController();
  const asked = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(1);
    log.info("gateway.stopping", { signal });
    stop.abort(new Error(signal));
  };
  process.on("SIGTERM", asked).on("SIGINT", asked);
  const ended = new AbortController();
  const service = await serviceOf(log);
  const starting = service?.starting(clock, AbortSignal.any([stop.signal, ended.signal]));
  try {
    await runGateway(
      loaded.config,
      loaded.secrets,
      { clock, log, version: VERSION, random: Math.random, ...(service === undefined ? {} : { service }) },
      stop.signal,
      (running) => {
        log.info("gateway.ready", {
          version: VERSION,
          http: formatEndpoint(running.http),
          acquirers: Object.fromEntries(running.ports),
          stream: running.ledger.stream,
        });
      },
    );
    log.info("gateway.stopped");
    return 0;
  } catch (error) {
    if (error instanceof LedgerError)
      log.error("gateway.failed", { code: error.code, detail: error.detail, remedy: error.remedy });
    else log.error("gateway.failed", { error });
    return 1;
  } finally {
    ended.abort();
    await starting;
    process.off("SIGTERM", asked).off("SIGINT", asked);
  }
}

/** The daemon as systemd started it; `undefined` when somebody else did. */
async function serviceOf(log: Log): Promise<Service | undefined> {
  const env = takeServiceEnvironment(process.env);
  const notify = await systemdNotify(env, { log });
  if (notify === undefined) return undefined;
  return new Service({ notify, watchdogEveryMs: watchdogEveryMs(env, process.pid) });
}

async function load(path: string): Promise<{ config: GatewayConfig; secrets: GatewaySecrets } | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    console.error(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
  const checked = loadConfig(text, FAMILIES);
  if (!checked.ok) {
    console.error(`${path} is not a valid config:\n\n${formatProblems(checked.problems)}`);
    return undefined;
  }
  const secrets = await readSecrets(checked.config, { credentialsDirectory: process.env["CREDENTIALS_DIRECTORY"] });
  if (!secrets.ok) {
    for (const { what, found, remedy } of secrets.faults) console.error(`${what}: ${found}\n  -> ${remedy}`);
    return undefined;
  }
  for (const { what, found, remedy } of secrets.warnings) console.error(`warning: ${what}: ${found}\n  -> ${remedy}`);
  return { config: checked.config, secrets: secrets.value };
}
