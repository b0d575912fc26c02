import { readFile } from "node:fs/promises";
import { loadConfig } from "../config/load.ts";
import type { Problem } from "../config/problem.ts";
import { readTls, type SecretSources, type TlsFiles } from "../config/secrets.ts";
import { FAMILIES } from "../config-families.ts";
import { type GatewayConfig, readSecrets } from "../gateway-config.ts";
import { askKernel } from "../health/clock/kernel-sync.ts";
import { type Clock, systemClock } from "../runtime/clock.ts";
import type { TlsOptions } from "../runtime/tls-options.ts";
import { backupCheck } from "./check/backup-check.ts";
import { certificateChecks } from "./check/certificate-check.ts";
import { exitCodeOf, failure, fileFinding, fine, type Finding, formatFindings, warning } from "./check/finding.ts";
import { acquirerCheck, brokerCheck, listenCheck } from "./check/network-check.ts";
import { storeCheck } from "./check/store-check.ts";
import { terminalChecks } from "./check/terminal-check.ts";

export interface CheckOptions {
  /** Path of the config. */
  readonly config: string;
  /** One JSON object `{findings}` instead of text. */
  readonly json?: boolean;
}

/** The machine that is checked. */
export interface Machine extends SecretSources {
  readonly clock: Clock;
}

/**
 * `tillgate check`: validates the config, then looks whether this machine can run it. Changes nothing.
 * Takes a little over 5 s at most, when everything that is to be reached is silent.
 *
 * @returns 0 all is well, 1 there are warnings, 2 there are errors.
 */
export async function check(
  options: CheckOptions,
  print: (text: string) => void,
  machine: Machine = { clock: systemClock(), credentialsDirectory: process.env["CREDENTIALS_DIRECTORY"] },
): Promise<0 | 1 | 2> {
  const findings = await findingsOf(options.config, machine);
  print(options.json === true ? JSON.stringify({ findings }, null, 2) : formatFindings(findings));
  return exitCodeOf(findings);
}

async function findingsOf(path: string, machine: Machine): Promise<Finding[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [failure(`config ${path}`, `cannot be read: ${reason}`, "name an existing file that you may read")];
  }
  const loaded = loadConfig(text, FAMILIES);
  if (!loaded.ok) return loaded.problems.map((problem) => configFinding("error", problem));
  return [
    fine(`config ${path}`, "valid"),
    ...loaded.warnings.map((problem) => configFinding("warning", problem)),
    ...(await machineFindings(loaded.config, machine)),
  ];
}

function configFinding(level: "warning" | "error", problem: Problem): Finding {
  return {
    level,
    what: `config line ${problem.line}, column ${problem.column}${problem.path === "" ? "" : `, ${problem.path}`}`,
    found: `${problem.found}; allowed: ${problem.allowed}`,
    remedy: problem.remedy,
  };
}

async function machineFindings(config: GatewayConfig, machine: Machine): Promise<Finding[]> {
  const { uplink, acquirers, terminals, http, store } = config;
  const { clock } = machine;
  const { signal } = new AbortController();
  const uplinkTls = await tlsFiles(uplink.tls, machine);
  const looked = await Promise.all([
    storeCheck(store),
    backupCheck(store),
    secretsCheck(config, machine),
    brokerCheck(uplink, uplinkTls, clock, signal),
    listenCheck("http", http.listen),
    terminalChecks(terminals, clock, signal),
    ...acquirers.map(async (acquirer) => {
      const tls = acquirer.tls === undefined ? undefined : await tlsFiles(acquirer.tls, machine);
      return [
        ...certificateChecks(`acquirer ${acquirer.id}`, tls ?? {}, clock.now()),
        ...(await acquirerCheck(acquirer, tls, clock, signal)),
        ...(await listenCheck(`acquirer ${acquirer.id}`, acquirer.listen)),
      ];
    }),
  ]);
  return [
    await clockCheck(clock, signal),
    ...certificateChecks("the broker", uplinkTls, clock.now()),
    ...looked.flat(),
  ];
}

async function secretsCheck(config: GatewayConfig, sources: SecretSources): Promise<Finding[]> {
  const secrets = await readSecrets(config, sources);
  return secrets.ok
    ? secrets.warnings.map((fault) => fileFinding("warning", fault))
    : secrets.faults.map((fault) => fileFinding("error", fault));
}

/** Nothing where a file cannot be read: that is a finding of its own already. */
async function tlsFiles(options: TlsOptions | undefined, machine: Machine): Promise<TlsFiles> {
  const reading = await readTls(options ?? {}, machine);
  return reading.ok ? reading.value : {};
}

async function clockCheck(clock: Clock, signal: AbortSignal): Promise<Finding> {
  if (clock.stamp().synced || (await askKernel(signal)) === true) return fine("clock", "synchronised");
  const remedy =
    "switch time synchronisation on: timedatectl set-ntp true, or chrony with rtcsync; check with timedatectl";
  return warning("clock", "not known to be synchronised: records would carry a time that may be wrong", remedy);
}
