import { z } from "zod";
import { seqWord, streamWord, timeWord } from "../contract/words.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import { seq } from "../domain/record.ts";
import { isName } from "../domain/terminal.ts";

/** First line of what is inside: whoever decrypts it by hand sees what it is. */
export const FORMAT_LINE = '{"format":"tillgate-rescue","version":1}';
export const FORMAT_VERSION = 1;

const name = z.string().refine(isName);
const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What the gateway signs: who, what, how much, for whom, and a hash over every byte before it. */
export const manifestSchema = z.strictObject({
  stream: streamWord,
  /** The records are these, without gaps. */
  from: seqWord,
  to: seqWord,
  count: z.int().min(1),
  /** Records with an amount, and their sum in minor units, by currency. */
  sums: z.array(z.strictObject({ currency: z.string(), count: z.int().min(1), amount: z.int() })),
  /** Hash of the record before the first, and of the last: where they belong in the chain. */
  prevHash: digest,
  headHash: digest,
  /** What the gateway knew to be confirmed. */
  mark: z.int().min(0).transform(seq),
  createdAt: timeWord,
  clockSynced: z.boolean(),
  /** Absent when the store was read without its config. */
  gateway: z.strictObject({ tenant: name, site: name, gateway: name }).exactOptional(),
  /** Version of the tillgate that wrote it. */
  tillgate: z.string(),
  /** age recipient for whom it was encrypted: nobody can pass it on as if it had been meant for another. */
  recipient: z.string(),
  /** The gateway's public key. */
  key: z.string(),
  /** SHA-256 over all lines before the last, each with its line feed. */
  contentHash: digest,
});
export type RescueManifest = z.output<typeof manifestSchema>;

/** The last line of what is inside. */
export const trailerSchema = z.strictObject({ manifest: manifestSchema, signature: z.base64() });
/** With which it begins; a canonical envelope begins with `{"at":`. */
export const TRAILER_START = '{"manifest":';

/** What is signed. The words before it keep the signature from meaning anything elsewhere. */
export function signedBytes(manifest: RescueManifest): Buffer {
  return Buffer.from(`tillgate rescue ${FORMAT_VERSION}\0${canonicalJson(manifest)}`);
}
