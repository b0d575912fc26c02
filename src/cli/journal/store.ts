import { LedgerError } from "../../queue/ledger-error.ts";
import { type OfflineLedger, openOfflineLedger } from "../../queue/offline.ts";
import { readConfigFile } from "../config-file.ts";
import { BAD_CONFIG, BAD_USAGE } from "../exit-codes.ts";
import type { Output } from "../output.ts";

/** Which ledger: the one that a config names, or a directory. */
export interface StoreOptions {
  readonly config?: string;
  readonly store?: string;
}

const CANNOT_READ = 2;

/** Opens the ledger for `work` and closes it afterwards. @returns what `work` does, or an exit code for why it could not begin. */
export async function withLedger(
  options: StoreOptions,
  output: Output,
  work: (ledger: OfflineLedger) => Promise<number>,
): Promise<number> {
  const directory = await storeDirectory(options, output);
  if (typeof directory === "number") return directory;
  try {
    using ledger = openOfflineLedger(directory);
    return await work(ledger);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    output.complain(error.code === "store.missing" ? `There is no ledger in ${directory}.` : error.message);
    return CANNOT_READ;
  }
}

/** @returns an exit code when it said why not. */
export async function storeDirectory({ store, config }: StoreOptions, output: Output): Promise<string | number> {
  if (store !== undefined) return store;
  if (config === undefined) {
    output.complain("Say which ledger: --config FILE, or --store DIRECTORY.");
    return BAD_USAGE;
  }
  // A store can be read on a machine, or beside a config, that this version would not run with.
  const loaded = await readConfigFile(config, "--store DIRECTORY reads a ledger without one", output);
  return loaded?.store.directory ?? BAD_CONFIG;
}
