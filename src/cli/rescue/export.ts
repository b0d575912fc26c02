import type { GatewayAddress } from "../../contract/topics.ts";
import { type Seq, seq } from "../../domain/record.ts";
import type { GatewayConfig } from "../../gateway-config.ts";
import { LedgerError } from "../../queue/ledger-error.ts";
import type { OfflineLedger } from "../../queue/offline.ts";
import { openFoundStore } from "../../queue/offline-copy.ts";
import type { StoredRecord } from "../../queue/page.ts";
import { gatewayKey } from "../../rescue/gateway-key.ts";
import type { RescueManifest } from "../../rescue/manifest.ts";
import { RescueError } from "../../rescue/rescue-error.ts";
import { seal } from "../../rescue/seal.ts";
import { rfc3339, systemClock } from "../../runtime/clock.ts";
import { VERSION } from "../../version.ts";
import { readConfigFile } from "../config-file.ts";
import { BAD_CONFIG, BAD_USAGE } from "../exit-codes.ts";
import { Interrupted, interruptible } from "../interruptible.ts";
import type { Output } from "../output.ts";
import type { RescueExportOptions } from "./options.ts";
import { describeSums } from "./sums.ts";

const CANNOT = 1;

/** `tillgate rescue export`. @returns 0 when everything that headquarters lacks is in the file, or nothing is. */
export async function rescueExport(options: RescueExportOptions, output: Output): Promise<number> {
  const carrying = await carryingOf(options, output);
  if (typeof carrying === "number") return carrying;
  try {
    return await interruptible(async (signal) => carry(carrying, output, signal));
  } catch (error) {
    if (!(error instanceof LedgerError || error instanceof RescueError || error instanceof Interrupted)) throw error;
    output.complain(error.message);
    if (error instanceof LedgerError && (error.code === "store.damaged" || error.code === "record.missing")) {
      output.complain("A gateway that starts on this store salvages what can be read: start one, then export again.");
    }
    return CANNOT;
  }
}

interface Carrying {
  readonly directory: string;
  readonly recipient: string;
  readonly gateway: GatewayAddress | undefined;
  readonly options: RescueExportOptions;
}

/** @returns an exit code when it said what is missing. */
async function carryingOf(options: RescueExportOptions, output: Output): Promise<Carrying | number> {
  let config: GatewayConfig | undefined;
  if (options.config !== undefined) {
    config = await readConfigFile(options.config, "--store DIRECTORY and --recipient KEY do without one", output);
    if (config === undefined) return BAD_CONFIG;
  }
  const directory = options.store ?? config?.store.directory;
  const recipient = options.recipient ?? config?.store.rescueRecipient;
  if (directory === undefined) {
    output.complain("Say which ledger: --config FILE, or --store DIRECTORY.");
    return BAD_USAGE;
  }
  if (recipient === undefined) {
    output.complain("Say for whom: --recipient age1…, or store.rescueRecipient in the config.");
    output.complain("Headquarters makes the pair of keys with age-keygen.");
    return BAD_USAGE;
  }
  return { directory, recipient, gateway: options.gateway ?? addressOf(config), options };
}

function addressOf(config: GatewayConfig | undefined): GatewayAddress | undefined {
  if (config === undefined) return undefined;
  const { tenant, site, gateway } = config.site;
  return { tenant, site, gateway };
}

async function carry(
  { directory, recipient, gateway, options }: Carrying,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  using store = openFoundStore(directory);
  const { ledger, mark } = store;
  const head = ledger.head();
  const from = options.from ?? seq(mark + 1);
  if (from > head) {
    output.complain(`Nothing to carry: the ledger ends at ${head}, and headquarters has confirmed up to ${mark}.`);
    return 0;
  }
  const clock = systemClock();
  const key = await gatewayKey(directory);
  const manifest = await seal(
    {
      stream: ledger.stream,
      mark,
      createdAt: rfc3339(clock.now()),
      clockSynced: clock.stamp().synced,
      ...(gateway === undefined ? {} : { gateway }),
      tillgate: VERSION,
      recipient,
      key,
    },
    upTo(head, ledger, from),
    options.out,
    signal,
  );
  if (options.json === true) output.print(JSON.stringify(manifest, null, 2));
  else for (const line of report(manifest, options.out)) output.print(line);
  if (!key.isKept) {
    output.complain("The store cannot be written: this key is of this file only. Tell headquarters so, with the key.");
  }
  return 0;
}

/** A running gateway goes on appending: what comes after the head is for the next file. */
function* upTo(head: Seq, ledger: OfflineLedger, from: Seq): Generator<StoredRecord> {
  for (const record of ledger.forward(from)) {
    if (record.seq > head) return;
    yield record;
  }
}

function report(manifest: RescueManifest, file: string): readonly string[] {
  const { count, from, to, stream, sums, key } = manifest;
  return [
    `${file}: ${count} records, ${from} to ${to} of stream ${stream}.`,
    ...describeSums(sums),
    `Only headquarters can open it. It is signed with this gateway's key:`,
    `  ${key}`,
    "At headquarters: tillgate rescue import FILE --identity KEYFILE --into DATABASE --gateway-key KEY",
  ];
}
