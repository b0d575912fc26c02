/** Commits that the percentiles look back on. */
const KEPT = 256;
const COMMITS = 0;
const RECORDS = 1;
const LAST_MS = 2;
const SLOTS = 3;

export interface CommitFigures {
  readonly commits: number;
  /** Records in those commits. */
  readonly records: number;
  /** ms. Of the newest commit; 0 before the first. */
  readonly lastMs: number;
  /** ms. Over the newest 256 commits; 0 before the first. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * How long commits take, in memory that the writer fills and the main thread reads without asking:
 * a disk that hangs must not hide its own figures. A reader may see a commit counted before its time stands there.
 */
export class CommitTimes {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Float64Array;

  constructor(memory = new SharedArrayBuffer((SLOTS + KEPT) * Float64Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#cells = new Float64Array(memory);
  }

  add(records: number, ms: number): void {
    const commits = this.#cell(COMMITS);
    this.#cells[SLOTS + (commits % KEPT)] = ms;
    this.#cells[LAST_MS] = ms;
    this.#cells[RECORDS] = this.#cell(RECORDS) + records;
    this.#cells[COMMITS] = commits + 1;
  }

  figures(): CommitFigures {
    const commits = this.#cell(COMMITS);
    const newest = this.#cells.slice(SLOTS, SLOTS + Math.min(commits, KEPT)).sort();
    const percentile = (share: number): number => newest[Math.floor((newest.length - 1) * share)] ?? 0;
    return {
      commits,
      records: this.#cell(RECORDS),
      lastMs: this.#cell(LAST_MS),
      p50Ms: percentile(0.5),
      p99Ms: percentile(0.99),
    };
  }

  #cell(index: number): number {
    return this.#cells[index] ?? 0;
  }
}
