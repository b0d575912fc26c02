import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** A directory of one test's own: `await using dir = await tempDir()`; gone with all in it when the scope ends. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** Path of a file in it. Does not make the file. */
  file(name: string): string;
}

/** @param prefix  Of its name; an absolute one says where it is, too. */
export async function tempDir(prefix = "tillgate-"): Promise<TempDir> {
  const path = await mkdtemp(resolve(tmpdir(), prefix));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.asyncDispose]: async () => {
      // A process that is just ending may still drop a file in: rm looks again.
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    },
  };
}
