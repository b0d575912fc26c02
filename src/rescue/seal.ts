import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { z } from "zod";
import type { GatewayAddress } from "../contract/topics.ts";
import { type Seq, seq, type StreamId } from "../domain/record.ts";
import { amountNamedBy, Tallying } from "../domain/tally.ts";
import { encrypterFor } from "./encrypter.ts";
import type { GatewayKey } from "./gateway-key.ts";
import { FORMAT_LINE, type RescueManifest, signedBytes } from "./manifest.ts";
import { RescueError } from "./rescue-error.ts";

/** Whose records go on the way, and for whom. */
export interface SealOptions {
  readonly stream: StreamId;
  /** What the gateway knew to be confirmed. */
  readonly mark: Seq;
  /** RFC 3339 with milliseconds. */
  readonly createdAt: string;
  readonly clockSynced: boolean;
  readonly gateway?: GatewayAddress;
  /** Its version. */
  readonly tillgate: string;
  /** age recipient: headquarters' public key. */
  readonly recipient: string;
  readonly key: GatewayKey;
}

/** Canonical envelopes as they stand in the ledger: in order, without gaps, at least one. */
export type SealedRecords = Iterable<{ readonly seq: Seq; readonly envelope: Buffer }>;

/** Bytes gathered before they are compressed. */
const CHUNK_BYTES = 65_536;

/**
 * Writes the records as one file that only the recipient can open and only this gateway can have made: the lines signed,
 * compressed and encrypted, in this order. The file appears when it is complete and on disk.
 *
 * @throws RescueError `rescue.badRecipient`, `rescue.cannotWrite`; what reading the records threw; the signal's reason.
 */
export async function seal(
  options: SealOptions,
  records: SealedRecords,
  file: string,
  signal: AbortSignal,
): Promise<RescueManifest> {
  const encrypter = encrypterFor(options.recipient);
  const content = new Content(options, records);
  const part = `${file}.part`;
  try {
    await pipeline(
      content.chunks(),
      createGzip(),
      async function* encrypted(source: AsyncIterable<Uint8Array>) {
        yield* await encrypter.encrypt(ReadableStream.from(source));
      },
      createWriteStream(part, { mode: 0o600, flush: true }),
      { signal },
    );
    await rename(part, file);
    await syncDirectory(dirname(file));
    return content.manifest;
  } catch (error) {
    await rm(part, { force: true });
    if (signal.aborted) throw signal.reason;
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new RescueError("rescue.cannotWrite", error.message, { cause: error });
  }
}

/** Our own envelopes come back as we wrote them; only what the manifest says of them is checked. */
const links = z.object({ prevHash: z.string(), hash: z.string(), kind: z.string(), body: z.unknown() });

/** The lines, and what they come to once they have all been read. */
class Content {
  readonly #options: SealOptions;
  readonly #records: SealedRecords;
  #manifest: RescueManifest | undefined;

  constructor(options: SealOptions, records: SealedRecords) {
    this.#options = options;
    this.#records = records;
  }

  get manifest(): RescueManifest {
    if (this.#manifest === undefined) throw new TypeError("the lines have not been read yet");
    return this.#manifest;
  }

  *chunks(): Generator<Buffer> {
    const { key, ...about } = this.#options;
    const hash = createHash("sha256");
    const tally = new Tallying();
    let first: { readonly seq: Seq; readonly prevHash: string } | undefined;
    let last: { readonly seq: Seq; readonly hash: string } | undefined;
    let gathered = `${FORMAT_LINE}\n`;
    const flush = (): Buffer => {
      const chunk = Buffer.from(gathered);
      gathered = "";
      hash.update(chunk);
      return chunk;
    };
    for (const { seq: at, envelope } of this.#records) {
      const text = envelope.toString("utf8");
      const parsed = links.parse(JSON.parse(text));
      first ??= { seq: at, prevHash: parsed.prevHash };
      last = { seq: at, hash: parsed.hash };
      tally.add(amountNamedBy(parsed));
      gathered += `${text}\n`;
      if (gathered.length >= CHUNK_BYTES) yield flush();
    }
    if (first === undefined || last === undefined) throw new TypeError("a rescue file of no records");
    yield flush();
    const { count, sums } = tally.result();
    const manifest: RescueManifest = {
      ...about,
      from: first.seq,
      to: last.seq,
      count,
      sums: [...sums],
      prevHash: first.prevHash,
      headHash: last.hash,
      mark: seq(about.mark),
      key: key.publicKey,
      contentHash: hash.digest("hex"),
    };
    this.#manifest = manifest;
    const signature = key.sign(signedBytes(manifest)).toString("base64");
    yield Buffer.from(`${JSON.stringify({ manifest, signature })}\n`);
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
