import { createHash } from "node:crypto";
import { z } from "zod";
import { parseEnvelope } from "../contract/envelope-hash.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import type { Envelope } from "../domain/record.ts";
import { amountNamedBy, Tallying } from "../domain/tally.ts";
import { isSignedBy } from "./gateway-key.ts";
import { FORMAT_VERSION, type RescueManifest, signedBytes, TRAILER_START, trailerSchema } from "./manifest.ts";
import { RescueError } from "./rescue-error.ts";

const formatSchema = z.object({ format: z.literal("tillgate-rescue"), version: z.int() });

/**
 * Reads all lines of a rescue file and holds them against its signed manifest: every byte, every record's own hash, the
 * chain, count and sums.
 *
 * @throws RescueError `rescue.notARescueFile`, `rescue.newerFormat`, `rescue.damaged`.
 */
export async function verifyContent(lines: AsyncIterable<Buffer>): Promise<RescueManifest> {
  const hash = createHash("sha256");
  const records = new RecordsSeen();
  let isFirst = true;
  let trailer: string | undefined;
  for await (const line of lines) {
    const text = line.toString("utf8");
    if (trailer !== undefined) throw damaged("there is something after its signature");
    if (text.startsWith(TRAILER_START)) {
      trailer = text;
      continue;
    }
    hash.update(line).update("\n");
    if (isFirst) checkFormat(text);
    else records.add(envelopeIn(text));
    isFirst = false;
  }
  if (trailer === undefined) throw damaged("it has no signature");
  const { manifest, signature } = readTrailer(trailer);
  if (!isSignedBy(manifest.key, signedBytes(manifest), Buffer.from(signature, "base64"))) {
    throw damaged("its signature does not fit what it says");
  }
  if (hash.digest("hex") !== manifest.contentHash) throw damaged("its records are not those that were signed");
  records.check(manifest);
  return manifest;
}

function checkFormat(text: string): void {
  const format = formatSchema.safeParse(jsonOf(text)).data;
  if (format === undefined) throw new RescueError("rescue.notARescueFile", "it holds something else");
  if (format.version > FORMAT_VERSION) {
    throw new RescueError(
      "rescue.newerFormat",
      `it is of version ${format.version}, this tillgate knows ${FORMAT_VERSION}`,
    );
  }
}

/** @throws RescueError `rescue.damaged`. */
export function envelopeIn(text: string): Envelope {
  const parsed = parseEnvelope(text);
  if (!parsed.ok) throw damaged(`a record in it is none: ${parsed.reason}`);
  return parsed.envelope;
}

function readTrailer(text: string): z.output<typeof trailerSchema> {
  const parsed = trailerSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw damaged(`what it says of itself is incomplete: ${parsed.error.issues[0]?.path.join(".")}`);
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What came, to be held against what was said. A gateway that signs what is not so is as bad as a torn file. */
class RecordsSeen {
  readonly #tally = new Tallying();
  #first: Envelope | undefined;
  #last: Envelope | undefined;

  add(envelope: Envelope): void {
    const before = this.#last;
    if (before !== undefined) {
      const { stream, seq, prevHash } = envelope;
      if (stream !== before.stream || seq !== before.seq + 1) throw damaged(`record ${before.seq + 1} is not in it`);
      if (prevHash !== before.hash) throw damaged(`record ${seq} does not follow the one before it`);
    }
    this.#first ??= envelope;
    this.#last = envelope;
    this.#tally.add(amountNamedBy(envelope));
  }

  check({ stream, from, to, prevHash, headHash, count, sums }: RescueManifest): void {
    const [first, last] = [this.#first, this.#last];
    const isTrue =
      first?.stream === stream &&
      first.seq === from &&
      first.prevHash === prevHash &&
      last?.seq === to &&
      last.hash === headHash &&
      canonicalJson(this.#tally.result()) === canonicalJson({ count, sums });
    if (!isTrue) throw damaged("its records are not those that its manifest names");
  }
}

function damaged(detail: string): RescueError {
  return new RescueError("rescue.damaged", detail);
}
