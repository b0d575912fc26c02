import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

const FOLDER = join(import.meta.dirname, "../../../vectors/iso8583");

const framing = z.strictObject({
  length: z.enum(["be16", "ascii4"]),
  tpdu: z.boolean(),
  headerBytes: z.number(),
  maxFrameBytes: z.number(),
});

/** What NAME.json says of NAME.hex. */
const expectation = z.strictObject({
  from: z.string(),
  framing,
  /** Field number to its value; null for a sensitive one. */
  values: z.record(z.string(), z.string().nullable()),
  observation: z.record(z.string(), z.unknown()),
  classified: z.record(z.string(), z.unknown()),
});

interface Span {
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

export interface Vector extends z.output<typeof expectation> {
  readonly name: string;
  readonly frame: Uint8Array;
  /** Where the lines of the hex file put each field: the first group of a line with several is its length prefix. */
  readonly spans: ReadonlyMap<number, Span>;
}

/** A line: groups of hexadecimal digits, two spaces, what they are. */
const LINE = /^((?:[0-9a-f]+ )*[0-9a-f]+) {2,}(\S+)/i;

function readVector(name: string): Vector {
  const expected = expectation.parse(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")));
  const parts: Buffer[] = [];
  const spans = new Map<number, Span>();
  let at = 0;
  for (const line of readFileSync(join(FOLDER, `${name}.hex`), "utf8").split("\n")) {
    const [, hex = "", label = ""] = LINE.exec(line) ?? [];
    const groups = hex.split(" ");
    const bytes = Buffer.from(groups.join(""), "hex");
    const prefixBytes = groups.length > 1 ? (groups[0]?.length ?? 0) / 2 : 0;
    const end = at + bytes.length;
    if (label.startsWith("DE")) spans.set(Number(label.slice(2)), { start: at, valueStart: at + prefixBytes, end });
    parts.push(bytes);
    at = end;
  }
  return { name, ...expected, frame: Buffer.concat(parts), spans };
}

export const VECTORS: readonly Vector[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".hex"))
  .map((file) => readVector(file.slice(0, -".hex".length)));

/** @throws when there is no such vector. */
export function vector(name: string): Vector {
  const found = VECTORS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no vector ${name}`);
  return found;
}
