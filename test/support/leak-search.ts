import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Needles } from "./leak-needles.ts";

/** Something that must never be found: a card number, a track (`=` or `D` as separator), a PIN block in hexadecimal. */
export interface Sensitive {
  /** How a report calls it; the value itself is never reported. */
  readonly name: string;
  /** At least 10 characters: anything shorter turns up by chance. */
  readonly value: string;
}

export interface Leak {
  readonly secret: string;
  /** How it was written, e.g. `packed BCD, low nibble first` or `base64 of ASCII`. */
  readonly form: string;
  /** File, or the name given to a buffer. */
  readonly where: string;
  /** Bytes from its beginning to the first byte that holds part of the secret. */
  readonly offset: number;
}

export interface Searched {
  readonly leaks: readonly Leak[];
  /** How much was read: a test asserts that it looked at something. */
  readonly files: number;
  readonly bytes: number;
}

/** Beyond this many finds in one place the rest says nothing new. */
const MAX_LEAKS_EACH = 100;

/**
 * Looks for secrets in every form that this program, its libraries or a careless log line could give them
 * (reference/iso8583.md: packed BCD, hex, base64 and UTF-16 are not digit strings; a Luhn test finds innocents).
 */
export class LeakSearch {
  readonly #needles: Needles;

  /** @throws RangeError for a value too short to search for, or none at all. */
  constructor(secrets: readonly Sensitive[]) {
    if (secrets.length === 0) throw new RangeError("nothing to search for: the test used no secret");
    for (const { name, value } of secrets) {
      if (value.length < 10) throw new RangeError(`${name} is too short to search for: ${value.length} characters`);
    }
    this.#needles = new Needles(secrets);
  }

  inBytes(where: string, bytes: Uint8Array): readonly Leak[] {
    const leaks: Leak[] = [];
    for (const { secret, form, offset } of this.#needles.find(bytes)) {
      leaks.push({ secret, form, where, offset });
      if (leaks.length >= MAX_LEAKS_EACH) break;
    }
    return leaks;
  }

  /** Searches files, and directories with all below them. A path that is not there is an error. */
  async inFiles(...paths: readonly string[]): Promise<Searched> {
    const leaks: Leak[] = [];
    let files = 0;
    let bytes = 0;
    for (const path of paths) {
      for (const file of await filesUnder(path)) {
        const content = await readFile(file);
        leaks.push(...this.inBytes(file, content));
        files += 1;
        bytes += content.byteLength;
      }
    }
    return { leaks, files, bytes };
  }
}

async function filesUnder(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
