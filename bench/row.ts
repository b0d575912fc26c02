/** One line of a benchmark's table, and one element of its JSON (contracts.md). */
export interface BenchRow {
  /** The benchmark's name, as in `npm run bench -- NAME`. */
  readonly bench: string;
  /** In the words of targets.md. */
  readonly row: string;
  /** Of `ours` and `peers`, e.g. `rows/s`, `ms`, `bytes`. */
  readonly unit: string;
  readonly ours: number;
  /** What others, or the raw limit, reached in the same run. */
  readonly peers: Readonly<Record<string, number>>;
  /** `ours` divided by the peer that the target names; null where the target is a figure by itself. */
  readonly ratio: number | null;
  /** As people read it, e.g. `≤ 1.6 ×`. */
  readonly target: string;
  readonly met: boolean;
}

/** What the runner hands to a benchmark. */
export interface BenchContext {
  /** An empty directory on a real file system, removed after the run. */
  readonly scratch: string;
  /** Fires on Ctrl-C: stop early and clean up. */
  readonly signal: AbortSignal;
  /** Progress, on standard error. */
  say(line: string): void;
}

/** What `bench/<name>.ts` exports as `run`. */
export type Bench = (context: BenchContext) => Promise<readonly BenchRow[]>;
