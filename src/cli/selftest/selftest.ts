import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock } from "../../runtime/clock.ts";
import { readConfigFile } from "../config-file.ts";
import { BAD_CONFIG } from "../exit-codes.ts";
import { Interrupted, interruptible } from "../interruptible.ts";
import type { Output } from "../output.ts";
import { printable } from "../text.ts";
import { blackHole } from "./black-hole.ts";
import { crash } from "./crash.ts";
import { durability } from "./durability.ts";
import { fileSystemOf } from "./file-system.ts";
import { fullDisk } from "./full-disk.ts";
import type { SelftestOptions } from "./options.ts";
import type { Finding, Trial, TrialPlace } from "./trial.ts";
import { type Status, STATUS_OF, type TrialName, TRIALS, type Words, WORDS } from "./words.ts";

const TRIAL: Readonly<Record<TrialName, Trial>> = { durability, crash, fullDisk, blackHole };
/** Together below a minute, also where one of them hangs. ms. */
const LIMIT_MS: Readonly<Record<TrialName, number>> = {
  durability: 11_000,
  crash: 20_000,
  fullDisk: 22_000,
  blackHole: 25_000,
};
const ALL_WITHIN_MS = 56_000;
/** Their contents are gone after a restart, or lie in a container's layer. */
const VOLATILE = new Set(["tmpfs", "ramfs", "overlay"]);

const CANNOT = 1;

interface Result {
  readonly trial: TrialName;
  readonly status: Status;
  readonly found: string;
  readonly remedy?: string;
  readonly figures: Finding["figures"];
}

/** `tillgate selftest`. @returns 0 when nothing failed. */
export async function selftest(options: SelftestOptions, output: Output): Promise<number> {
  const words = WORDS[options.lang];
  const parent = await parentOf(options, output);
  if (parent === undefined) return BAD_CONFIG;
  let directory: string;
  try {
    directory = await mkdtemp(join(parent, ".tillgate-selftest-"));
  } catch (error) {
    output.complain(error instanceof Error ? error.message : String(error));
    return CANNOT;
  }
  try {
    const results = await interruptible(async (signal) => tryAll(directory, options, words, output, signal));
    return results.some(({ status }) => status === "fail") ? CANNOT : 0;
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    output.complain(words.stopped);
    return CANNOT;
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

/** Where the scratch directory is made: the trial of another file system than the store's would say nothing. */
async function parentOf({ directory, config }: SelftestOptions, output: Output): Promise<string | undefined> {
  if (directory !== undefined) return directory;
  if (config === undefined) return tmpdir();
  const store = (await readConfigFile(config, "--directory DIRECTORY does without one", output))?.store.directory;
  return store === undefined || existsSync(store) ? store : dirname(store);
}

async function tryAll(
  directory: string,
  { json }: SelftestOptions,
  words: Words,
  output: Output,
  signal: AbortSignal,
): Promise<readonly Result[]> {
  const fileSystem = await fileSystemOf(directory);
  if (json !== true) output.print(words.where({ directory: dirname(directory), fileSystem: fileSystem.text }));
  const place: TrialPlace = { directory, clock: systemClock(), random: Math.random };
  const all = AbortSignal.any([signal, AbortSignal.timeout(ALL_WITHIN_MS)]);
  const results: Result[] = [];
  const note = (trial: TrialName, { name, figures }: Finding): void => {
    const { found, remedy } = words.findings[name];
    const told = { trial, status: STATUS_OF[name], found: printable(found(figures)), figures };
    results.push({ ...told, ...(remedy === undefined ? {} : { remedy }) });
    const result = results.at(-1);
    if (json !== true && result !== undefined) for (const line of linesOf(result, words)) output.print(line);
  };
  if (VOLATILE.has(fileSystem.type)) note("durability", { name: "volatile", figures: { fileSystem: fileSystem.type } });
  for (const trial of TRIALS) {
    for (const finding of await attempt(trial, place, AbortSignal.any([all, AbortSignal.timeout(LIMIT_MS[trial])]))) {
      note(trial, finding);
    }
    signal.throwIfAborted();
  }
  const failed = results.filter(({ status }) => status === "fail").length;
  if (json === true) {
    output.print(JSON.stringify({ directory: dirname(directory), fileSystem: fileSystem.text, results }, null, 2));
  } else output.print(failed === 0 ? words.allGood : words.notGood(failed));
  return results;
}

async function attempt(trial: TrialName, place: TrialPlace, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    return await TRIAL[trial](place, signal);
  } catch (error) {
    if (signal.aborted) return [{ name: "tooLate", figures: {} }];
    const reason = error instanceof Error ? error.message : String(error);
    return [{ name: "broken", figures: { reason } }];
  }
}

function linesOf({ trial, status, found, remedy }: Result, { statuses, trials, todo }: Words): readonly string[] {
  const line = `${statuses[status].padEnd(8)}${trials[trial]}: ${found}`;
  return remedy === undefined ? [line] : [line, `        ${todo} ${remedy}`];
}
