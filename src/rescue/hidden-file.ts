import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CHUNK_BYTES = 256 * 1024;

/**
 * A file in the system's temporary directory that nobody else can open and that is gone when this process is, however it
 * ends: its name is removed before anything is written.
 */
export class HiddenFile implements AsyncDisposable {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(): Promise<HiddenFile> {
    return new HiddenFile(await nameless());
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#file.appendFile(bytes);
  }

  /** From the beginning. */
  async *chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; ;) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

async function nameless(): Promise<FileHandle> {
  const directory = await mkdtemp(join(tmpdir(), "tillgate-hidden-"));
  try {
    return await open(join(directory, "content"), "wx+", 0o600);
  } finally {
    await rm(directory, { recursive: true });
  }
}
