import { readSharedHeader, type SharedHeader } from "./shared-memory.ts";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** sqlite.org/fileformat2.html, section 4.1 "WAL File Format": sizes of the file's and of a frame's header. */
const FILE_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** The lowest bit says whether checksums read the content as big-endian words. */
const MAGIC = 0x377f0682;
const FRAMES_AT_ONCE = 128;

/** What a write-ahead log holds, read without SQLite: that ends at the first damaged frame and says nothing of it. */
export interface WalContent {
  readonly pageBytes: number;
  /** Page → where its newest committed content begins in the file. */
  readonly pages: ReadonlyMap<number, number>;
  /** Commits that SQLite will not see, although whole frames of them stand behind a damaged one. */
  readonly behindDamage: number;
  /**
   * Whether commits are missing that had certainly been acknowledged: a later one began, and it begins only after the fsync
   * of the one before; or the shared memory knows of them. A power loss tears at most the last transaction, whose pages
   * reach the disk in any order: then this is false.
   */
  readonly hasLostCommits: boolean;
}

interface Frame {
  readonly page: number;
  readonly isCommit: boolean;
  readonly isOurs: boolean;
  readonly isWhole: boolean;
  readonly dataAt: number;
}

/**
 * Reads a whole `-wal` file. `undefined` when there is none, or nothing in it.
 *
 * @param pageBytes  Of the database, for a log whose own header is damaged.
 */
export function readWal(path: string, pageBytes: number): WalContent | undefined {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    const shared = readSharedHeader(path.replace(/-wal$/, "-shm"));
    if (size <= FILE_HEADER_BYTES && (shared?.frames ?? 0) === 0) return undefined;
    return contentOf(file, pageBytes, shared);
  } finally {
    closeSync(file);
  }
}

function contentOf(file: number, databasePageBytes: number, shared: SharedHeader | undefined): WalContent {
  const header = readHeader(file);
  const pageBytes = header?.pageBytes ?? databasePageBytes;
  const reading = new Reading(header !== undefined);
  for (const frame of frames(file, pageBytes, header)) reading.take(frame);
  const isSameLife = header === undefined || header.salts === shared?.salts;
  const isCutOff = isSameLife && (shared?.frames ?? 0) > reading.committed;
  const { pages, behindDamage } = reading;
  return { pageBytes, pages, behindDamage, hasLostCommits: reading.hasLostCommits || isCutOff };
}

/** Goes through the frames in their order, and remembers where SQLite would have stopped. */
class Reading {
  readonly pages = new Map<number, number>();
  /** Frames of commits that SQLite sees. */
  committed = 0;
  behindDamage = 0;
  hasLostCommits = false;
  #isVisible: boolean;
  /** Whether the transaction has ended that the first damaged frame, or the file's header, belongs to. */
  #isTornOver = false;
  #seen = 0;
  #open = new Map<number, number>();

  /** @param hasHeader  Whether the file's own header is whole. */
  constructor(hasHeader: boolean) {
    this.#isVisible = hasHeader;
  }

  take({ page, isCommit, isOurs, isWhole, dataAt }: Frame): void {
    if (!isWhole) {
      if (this.#isVisible) this.#isTornOver = isOurs && isCommit;
      this.#isVisible = false;
      return;
    }
    if (this.#isTornOver) this.hasLostCommits = true;
    this.#seen += 1;
    this.#open.set(page, dataAt);
    if (isCommit) this.#commit();
  }

  #commit(): void {
    if (this.#isVisible) this.committed = this.#seen;
    else {
      this.behindDamage += 1;
      this.#isTornOver = true;
    }
    for (const [page, at] of this.#open) this.pages.set(page, at);
    this.#open = new Map();
  }
}

interface WalHeader {
  readonly pageBytes: number;
  readonly isBigEndian: boolean;
  readonly salts: bigint;
  readonly checksum: Checksum;
}

type Checksum = readonly [number, number];

function readHeader(file: number): WalHeader | undefined {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  readSync(file, bytes, 0, FILE_HEADER_BYTES, 0);
  const magic = bytes.readUInt32BE(0);
  if ((magic & ~1) !== MAGIC) return undefined;
  const isBigEndian = (magic & 1) === 1;
  const checksum = checksumOf(bytes, 0, FILE_HEADER_BYTES - 8, [0, 0], isBigEndian);
  if (!same(checksum, storedAt(bytes, FILE_HEADER_BYTES - 8))) return undefined;
  return { pageBytes: bytes.readUInt32BE(8), isBigEndian, salts: bytes.readBigUInt64BE(16), checksum };
}

/**
 * Every frame to the end of the file. Each is checked against the checksum that stands in the one before, so that those
 * behind a damaged one can still be told to be whole. Without a header, the first frame says what the others must be like.
 */
function* frames(file: number, pageBytes: number, header: WalHeader | undefined): Generator<Frame> {
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  const chunk = Buffer.allocUnsafeSlow(frameBytes * FRAMES_AT_ONCE);
  const isBigEndian = header?.isBigEndian ?? false;
  let before = header?.checksum;
  let salts = header?.salts;
  for (let chunkAt = FILE_HEADER_BYTES; ; chunkAt += chunk.length) {
    const read = readSync(file, chunk, 0, chunk.length, chunkAt);
    for (let at = 0; at + frameBytes <= read; at += frameBytes) {
      salts ??= chunk.readBigUInt64BE(at + 8);
      const stored = storedAt(chunk, at + 16);
      const page = chunk.readUInt32BE(at);
      const isOurs = chunk.readBigUInt64BE(at + 8) === salts;
      yield {
        page,
        isCommit: chunk.readUInt32BE(at + 4) !== 0,
        isOurs,
        isWhole: isOurs && page > 0 && before !== undefined && fits(chunk, at, pageBytes, before, stored, isBigEndian),
        dataAt: chunkAt + at + FRAME_HEADER_BYTES,
      };
      before = stored;
    }
    if (read < chunk.length) return;
  }
}

function fits(
  bytes: Buffer,
  at: number,
  pageBytes: number,
  before: Checksum,
  stored: Checksum,
  isBigEndian: boolean,
): boolean {
  const head = checksumOf(bytes, at, 8, before, isBigEndian);
  return same(checksumOf(bytes, at + FRAME_HEADER_BYTES, pageBytes, head, isBigEndian), stored);
}

/** Section 4.2 "Checksum Algorithm". */
function checksumOf(bytes: Buffer, from: number, length: number, before: Checksum, isBigEndian: boolean): Checksum {
  const words = new DataView(bytes.buffer, bytes.byteOffset + from, length);
  let [first, second] = before;
  for (let at = 0; at < length; at += 8) {
    first = (first + words.getUint32(at, !isBigEndian) + second) >>> 0;
    second = (second + words.getUint32(at + 4, !isBigEndian) + first) >>> 0;
  }
  return [first, second];
}

function storedAt(bytes: Buffer, at: number): Checksum {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

function same(a: Checksum, b: Checksum): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
