import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";

/**
 * Small files of `/sys` and `/proc`, below a folder that tests replace. What is not there, cannot be read, or makes the
 * driver fail (EINVAL of `carrier` on an interface that is down) is `undefined`: unknown, never 0.
 */
export class SysFiles {
  readonly #root: string;

  /** @param root  `/` on a real machine. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Without white space at its ends. @param path  Absolute, as on a real machine. */
  async text(path: string): Promise<string | undefined> {
    try {
      return (await readFile(join(this.#root, path), "utf8")).trim();
    } catch {
      return undefined;
    }
  }

  /** A decimal or `0x` number that is alone in its file. */
  async number(path: string): Promise<number | undefined> {
    const text = await this.text(path);
    if (text === undefined || text === "") return undefined;
    const value = Number(text);
    return Number.isFinite(value) ? value : undefined;
  }

  /** Names in a folder, sorted; none where there is no such folder. */
  async names(path: string): Promise<readonly string[]> {
    try {
      return (await readdir(join(this.#root, path))).toSorted();
    } catch {
      return [];
    }
  }

  /** Last name of what a symbolic link points at, such as a device's driver. */
  async linkName(path: string): Promise<string | undefined> {
    try {
      return basename(await readlink(join(this.#root, path)));
    } catch {
      return undefined;
    }
  }

  /** What a symbolic link says, as it stands there. */
  async link(path: string): Promise<string | undefined> {
    try {
      return await readlink(join(this.#root, path));
    } catch {
      return undefined;
    }
  }

  /** Where it lies for calls that need a real path. */
  path(path: string): string {
    return join(this.#root, path);
  }
}
