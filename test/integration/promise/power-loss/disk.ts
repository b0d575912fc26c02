import { basename, dirname } from "node:path";
import type { Effect } from "./strace.ts";

/** A change of a file's content that may still be in memory only. */
type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

/** A change of a directory's names: a file enters under a name, or leaves it. */
type Renaming = readonly (readonly [name: string, file: TracedFile | undefined])[];

/** What a power loss leaves: content by name, valid until the next image. */
export type Image = ReadonlyMap<string, Buffer>;

/** Bytes that grow in place. */
class Content {
  #space: Buffer<ArrayBuffer>;
  #size: number;

  constructor(bytes: Buffer = Buffer.alloc(0)) {
    this.#space = Buffer.from(bytes);
    this.#size = bytes.length;
  }

  /** Valid until the next change. */
  get bytes(): Buffer {
    return this.#space.subarray(0, this.#size);
  }

  apply(change: Change): void {
    if ("size" in change) {
      this.#resize(change.size);
      return;
    }
    const end = change.at + change.bytes.length;
    if (end > this.#size) this.#resize(end);
    change.bytes.copy(this.#space, change.at);
  }

  #resize(size: number): void {
    if (size > this.#space.length) {
      const larger = Buffer.alloc(size * 2);
      this.bytes.copy(larger);
      this.#space = larger;
    }
    // What was cut off does not come back when the file grows again.
    this.#space.fill(0, Math.min(size, this.#size), Math.max(size, this.#size));
    this.#size = size;
  }
}

/** One file, whatever it is called: what is on the disk, and the changes since, of which a power loss takes the last ones. */
class TracedFile {
  readonly #flushed = new Content();
  readonly #pending: Change[] = [];

  change(change: Change): void {
    this.#pending.push(change);
  }

  flush(): void {
    for (const change of this.#pending.splice(0)) this.#flushed.apply(change);
  }

  /**
   * What it may hold: none of the pending changes, the first one, the first two, … all of them.
   * Each is valid until the next.
   *
   * @param step  Above 1 leaves out some in between.
   */
  *contents(step: number): Generator<Buffer> {
    const content = new Content(this.#flushed.bytes);
    yield content.bytes;
    for (const [index, change] of this.#pending.entries()) {
      content.apply(change);
      if (index % step === 0 || index === this.#pending.length - 1) yield content.bytes;
    }
  }
}

/**
 * The files of one directory as a power loss could leave them. Each file, and the directory's list of names, holds what
 * was flushed by an fsync of its own and any beginning of what was not; what one kept says nothing about the others.
 */
export class TracedDisk {
  readonly #directory: string;
  readonly #names = new Set<string>();
  /** As the process sees it. */
  readonly #present = new Map<string, TracedFile>();
  readonly #flushed = new Map<string, TracedFile>();
  readonly #pending: Renaming[] = [];

  constructor(paths: readonly string[]) {
    this.#directory = dirname(paths[0] ?? "");
    for (const path of paths) this.#names.add(basename(path));
  }

  apply(effect: Exclude<Effect, { did: "say" }>): void {
    switch (effect.did) {
      case "write":
        this.#file(effect.path).change({ at: effect.at, bytes: effect.bytes });
        return;
      case "truncate":
        this.#file(effect.path).change({ size: effect.size });
        return;
      case "create":
        if (!this.#present.has(basename(effect.path))) this.#rename([[basename(effect.path), new TracedFile()]]);
        return;
      case "remove":
        this.#rename([[basename(effect.path), undefined]]);
        return;
      case "rename":
        this.#rename([
          [basename(effect.path), undefined],
          [basename(effect.to), this.#present.get(basename(effect.path))],
        ]);
        return;
      case "flush":
        if (effect.path === this.#directory) this.#flushNames();
        else this.#file(effect.path).flush();
        return;
      case "map":
        throw new Error(`${effect.path} is written through memory: this trace does not see how`);
      default:
        effect satisfies never;
    }
  }

  /** Every state that a power loss at this moment could leave. @param step  See `contents`. */
  *images(step: number): Generator<Image> {
    for (let kept = 0; kept <= this.#pending.length; kept += 1) {
      const names = new Map(this.#flushed);
      for (const renaming of this.#pending.slice(0, kept)) renameIn(names, renaming);
      yield* combinations([...names], step);
    }
  }

  #file(path: string): TracedFile {
    const file = this.#present.get(basename(path));
    if (file === undefined) throw new Error(`${path} was there before the trace began`);
    return file;
  }

  #rename(renaming: Renaming): void {
    const watched = renaming.filter(([name]) => this.#names.has(name));
    if (watched.length === 0) return;
    renameIn(this.#present, watched);
    this.#pending.push(watched);
  }

  #flushNames(): void {
    for (const renaming of this.#pending.splice(0)) renameIn(this.#flushed, renaming);
  }
}

function renameIn(names: Map<string, TracedFile>, renaming: Renaming): void {
  for (const [name, file] of renaming) {
    if (file === undefined) names.delete(name);
    else names.set(name, file);
  }
}

function* combinations(files: readonly (readonly [string, TracedFile])[], step: number): Generator<Image> {
  const [first, ...others] = files;
  if (first === undefined) {
    yield new Map();
    return;
  }
  const [name, file] = first;
  for (const content of file.contents(step)) {
    for (const rest of combinations(others, step)) yield new Map([[name, content], ...rest]);
  }
}
