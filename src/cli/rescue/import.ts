import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { GatewayAddress } from "../../contract/topics.ts";
import { readIdentity } from "../../rescue/identity.ts";
import { publicKeyOf } from "../../rescue/gateway-key.ts";
import type { RescueManifest } from "../../rescue/manifest.ts";
import { RescueError } from "../../rescue/rescue-error.ts";
import { unseal, type Unsealed } from "../../rescue/unseal.ts";
import { type Arrival, HqStore } from "../../sim/hq/store.ts";
import { BAD_USAGE } from "../exit-codes.ts";
import { Interrupted, interruptible } from "../interruptible.ts";
import type { Output } from "../output.ts";
import type { RescueImportOptions } from "./options.ts";
import { KnownKeys, nameOf } from "./known-keys.ts";
import { describeSums } from "./sums.ts";

const CANNOT = 1;
/** Records in one transaction of headquarters' database. */
const BATCH = 1_000;

/** `tillgate rescue import`. @returns 0 when headquarters holds every record of the file; 1 also when one differs from its own. */
export async function rescueImport(file: string, options: RescueImportOptions, output: Output): Promise<number> {
  if ((options.into === undefined) === (options.jsonl === undefined)) {
    output.complain("Say where to: either --into DATABASE, or --jsonl FILE.");
    return BAD_USAGE;
  }
  try {
    return await interruptible(async (signal) => {
      if (options.gatewayKey !== undefined) publicKeyOf(options.gatewayKey);
      await using unsealed = await unseal(file, await readIdentity(options.identity), signal);
      return options.into === undefined
        ? await toJsonLines(unsealed, options, output, signal)
        : await intoDatabase(unsealed, options.into, options, output, signal);
    });
  } catch (error) {
    if (!(error instanceof RescueError || error instanceof Interrupted)) throw error;
    output.complain(error.message);
    return CANNOT;
  }
}

async function intoDatabase(
  unsealed: Unsealed,
  database: string,
  options: RescueImportOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { manifest } = unsealed;
  using store = new HqStore(database);
  const before = [...store.streams()].find(({ stream }) => stream === manifest.stream);
  const address = manifest.gateway ?? options.gateway ?? before?.address;
  if (address === undefined)
    throw new RescueError("rescue.unknownGateway", "the file does not say whose records it holds");
  if (before !== undefined && nameOf(before.address) !== nameOf(address)) {
    const detail = `stream ${manifest.stream} is of ${nameOf(before.address)}, and this file says ${nameOf(address)}`;
    throw new RescueError("rescue.wrongSigner", detail);
  }
  await checkSigner(manifest, address, { knownKeys: `${database}.gateway-keys.json`, ...options });
  const counts = { stored: 0, duplicates: 0, forks: 0 };
  for await (const batch of batches(unsealed, address)) {
    signal.throwIfAborted();
    const { stored, duplicates, forks } = store.store(batch);
    counts.stored += stored.length;
    counts.duplicates += duplicates;
    counts.forks += forks.length;
  }
  if (options.json === true) output.print(JSON.stringify({ ...counts, manifest }, null, 2));
  else for (const line of report(manifest, address, counts)) output.print(line);
  if (counts.forks === 0) return 0;
  output.complain(
    `${counts.forks} of them are not what headquarters holds under their number: both are kept. Find out why.`,
  );
  return CANNOT;
}

async function* batches(unsealed: Unsealed, address: GatewayAddress): AsyncGenerator<readonly Arrival[]> {
  let batch: Arrival[] = [];
  for await (const { envelope, text } of unsealed.records()) {
    batch.push({ address, envelope, text });
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

async function toJsonLines(
  unsealed: Unsealed,
  options: RescueImportOptions,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { manifest } = unsealed;
  await checkSigner(manifest, manifest.gateway ?? options.gateway, options);
  const lines = async function* lines(): AsyncGenerator<string> {
    for await (const { text } of unsealed.records()) yield `${text}\n`;
  };
  const isStandardOutput = options.jsonl === "-";
  const into = isStandardOutput ? process.stdout : createWriteStream(options.jsonl ?? "", { mode: 0o600 });
  try {
    await pipeline(lines, into, { signal, end: !isStandardOutput });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new RescueError("rescue.cannotWrite", error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  output.complain(`${manifest.count} records, ${manifest.from} to ${manifest.to} of stream ${manifest.stream}.`);
  return 0;
}

/** @throws RescueError `rescue.wrongSigner`, `rescue.unknownSigner`. */
async function checkSigner(
  { key }: RescueManifest,
  gateway: GatewayAddress | undefined,
  { gatewayKey, trustOnFirstUse, knownKeys }: RescueImportOptions,
): Promise<void> {
  const known = await KnownKeys.open(knownKeys);
  const expected = gatewayKey ?? (gateway === undefined ? undefined : known.of(gateway));
  const whose = gateway === undefined ? "this gateway" : nameOf(gateway);
  if (expected === undefined && trustOnFirstUse !== true) {
    throw new RescueError("rescue.unknownSigner", `no key of ${whose} is known; the file is signed with ${key}`);
  }
  if (expected !== undefined && expected !== key) {
    throw new RescueError("rescue.wrongSigner", `${whose} has the key ${expected}, and the file is signed with ${key}`);
  }
  if (gateway !== undefined) await known.remember(gateway, key);
}

function report(
  { count, from, to, stream, sums, createdAt, clockSynced }: RescueManifest,
  address: GatewayAddress,
  { stored, duplicates, forks }: { readonly stored: number; readonly duplicates: number; readonly forks: number },
): readonly string[] {
  const unsure = clockSynced ? "" : " by a clock that was not known to be right";
  return [
    `${nameOf(address)}: ${count} records, ${from} to ${to} of stream ${stream}, written ${createdAt}${unsure}.`,
    ...describeSums(sums),
    `${stored} new, ${duplicates} were here already, ${forks} differ.`,
  ];
}
