import { closeSync, existsSync, fstatSync, openSync, readSync } from "node:fs";
import type { WalContent } from "./wal-frames.ts";
import { readWal } from "./wal-frames.ts";

const MAGIC = Buffer.from("SQLite format 3\0", "latin1");
const HEADER_BYTES = 100;
const CHUNK_BYTES = 1024 * 1024;

export interface Page {
  /** Valid until the next page is asked for. */
  readonly bytes: Buffer;
  /** Where its b-tree header begins: the first page has the file's header before it. */
  readonly start: number;
  /** Which content of the page this is: {@link DatabasePages.read} takes it back. */
  readonly place: number;
}

/** The pages of a database file and its write-ahead log, read without SQLite, which gives up where these go on. */
export class DatabasePages implements Disposable {
  readonly pageBytes: number;
  readonly wal: WalContent | undefined;
  /** Of the file, with what is cut off at its end. */
  readonly bytes: number;
  readonly #file: number | undefined;
  readonly #walFile: number | undefined;

  /**
   * @param path  Of the database; it may be gone.
   * @param usualPageBytes  For a file whose header is damaged.
   * @throws the file system's error.
   */
  constructor(path: string, usualPageBytes: number) {
    this.#file = existsSync(path) ? openSync(path, "r") : undefined;
    const header = Buffer.alloc(HEADER_BYTES);
    if (this.#file !== undefined) readSync(this.#file, header, 0, HEADER_BYTES, 0);
    const inHeader = pageBytesIn(header);
    this.wal = readWal(`${path}-wal`, inHeader ?? usualPageBytes);
    this.pageBytes = inHeader ?? this.wal?.pageBytes ?? usualPageBytes;
    this.bytes = this.#file === undefined ? 0 : fstatSync(this.#file).size;
    this.#walFile = this.wal === undefined ? undefined : openSync(`${path}-wal`, "r");
  }

  /** Each page as the file has it, and each that the log has, once more: an older content may be whole where a newer is not. */
  *all(): Generator<Page> {
    const chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, this.pageBytes));
    for (let at = 0; at < this.bytes && this.#file !== undefined; at += chunk.length) {
      const read = readSync(this.#file, chunk, 0, chunk.length, at);
      for (let from = 0; from + this.pageBytes <= read; from += this.pageBytes) {
        const number = (at + from) / this.pageBytes + 1;
        yield { bytes: chunk.subarray(from, from + this.pageBytes), start: startOf(number), place: number };
      }
    }
    const bytes = Buffer.allocUnsafeSlow(this.pageBytes);
    for (const [number, at] of this.wal?.pages ?? []) {
      if (this.#readWal(at, bytes)) yield { bytes, start: startOf(number), place: -at };
    }
  }

  /** @param place  As `all` gave it. @returns false when nothing is there. */
  read(place: number, into: Buffer): boolean {
    if (place < 0) return this.#readWal(-place, into);
    return (
      this.#file !== undefined &&
      readSync(this.#file, into, 0, this.pageBytes, (place - 1) * this.pageBytes) === this.pageBytes
    );
  }

  /** The newest committed content of a page. @returns false when there is no such page. */
  readNewest(number: number, into: Buffer): boolean {
    const at = this.wal?.pages.get(number);
    return at === undefined ? number > 0 && this.read(number, into) : this.#readWal(at, into);
  }

  #readWal(at: number, into: Buffer): boolean {
    return this.#walFile !== undefined && readSync(this.#walFile, into, 0, this.pageBytes, at) === this.pageBytes;
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    if (this.#walFile !== undefined) closeSync(this.#walFile);
  }
}

function startOf(page: number): number {
  return page === 1 ? HEADER_BYTES : 0;
}

/** sqlite.org/fileformat2.html, section 1.3 "The Database Header". */
function pageBytesIn(header: Buffer): number | undefined {
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const stored = header.readUInt16BE(16);
  const bytes = stored === 1 ? 65_536 : stored;
  return bytes >= 512 && (bytes & (bytes - 1)) === 0 ? bytes : undefined;
}
