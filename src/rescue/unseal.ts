import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Envelope } from "../domain/record.ts";
import { HiddenFile } from "./hidden-file.ts";
import type { Identity } from "./identity.ts";
import { linesOf } from "./lines.ts";
import { FORMAT_LINE, type RescueManifest, TRAILER_START } from "./manifest.ts";
import { RescueError } from "./rescue-error.ts";
import { envelopeIn, verifyContent } from "./verify-content.ts";

/** A record as it stood in the ledger. */
export interface RescuedRecord {
  readonly envelope: Envelope;
  /** Canonical. */
  readonly text: string;
}

/** A rescue file, opened, and found to be what its signer wrote. Whether that signer is the right one is for others to say. */
export interface Unsealed extends AsyncDisposable {
  readonly manifest: RescueManifest;
  /** In order. */
  records(): AsyncGenerator<RescuedRecord>;
}

/** With which an age file begins (age-encryption.org/v1, "Header"). */
const AGE_START = "age-encryption.org/";

/**
 * Opens a rescue file and verifies all of it before anything of it is handed out.
 *
 * @throws RescueError `rescue.cannotRead`, `rescue.notARescueFile`, `rescue.otherRecipient`, `rescue.damaged`,
 *   `rescue.newerFormat`; the signal's reason.
 */
export async function unseal(file: string, identity: Identity, signal: AbortSignal): Promise<Unsealed> {
  await checkStart(file);
  const content = await HiddenFile.create();
  try {
    await decrypt(file, identity, content, signal);
    const manifest = await verifyContent(linesOf(content.chunks()));
    if (!identity.recipients.includes(manifest.recipient)) {
      throw new RescueError(
        "rescue.damaged",
        `it was signed for ${manifest.recipient}, and somebody passed it on to us`,
      );
    }
    return {
      manifest,
      records: () => recordsIn(content),
      [Symbol.asyncDispose]: async () => content[Symbol.asyncDispose](),
    };
  } catch (error) {
    await content[Symbol.asyncDispose]();
    throw error;
  }
}

async function checkStart(file: string): Promise<void> {
  const start = Buffer.alloc(AGE_START.length);
  try {
    await using handle = await open(file, "r");
    await handle.read(start, 0, start.length, 0);
  } catch (cause) {
    throw new RescueError("rescue.cannotRead", cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (start.toString("latin1") !== AGE_START) {
    throw new RescueError("rescue.notARescueFile", `${file} is not encrypted with age`);
  }
}

async function decrypt(file: string, { decrypter }: Identity, into: HiddenFile, signal: AbortSignal): Promise<void> {
  let decrypted: ReadableStream<Uint8Array>;
  try {
    decrypted = await decrypter.decrypt(ReadableStream.from(bytesOf(file)));
  } catch (cause) {
    // The library's one way to say that nothing is wrong with the file.
    if (cause instanceof Error && cause.message.startsWith("no identity matched")) {
      throw new RescueError("rescue.otherRecipient", "none of these identities opens it", { cause });
    }
    throw openingFailure(cause);
  }
  try {
    await pipeline(
      decrypted,
      createGunzip(),
      async (source: AsyncIterable<Uint8Array>) => {
        for await (const chunk of source) await into.append(chunk);
      },
      { signal },
    );
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw openingFailure(cause);
  }
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of createReadStream(file)) {
    const bytes: unknown = chunk;
    if (bytes instanceof Uint8Array) yield bytes;
  }
}

function openingFailure(cause: unknown): RescueError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (!(cause instanceof Error) || !("syscall" in cause)) return new RescueError("rescue.damaged", message, { cause });
  return new RescueError(cause.syscall === "read" ? "rescue.cannotRead" : "rescue.cannotWrite", message, { cause });
}

async function* recordsIn(content: HiddenFile): AsyncGenerator<RescuedRecord> {
  for await (const line of linesOf(content.chunks())) {
    const text = line.toString("utf8");
    if (text === FORMAT_LINE) continue;
    if (text.startsWith(TRAILER_START)) return;
    yield { text, envelope: envelopeIn(text) };
  }
}
