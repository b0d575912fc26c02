import { execFile } from "node:child_process";
import { mkdir, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A place that can really be full, and what it is. */
export interface SmallDisk extends AsyncDisposable {
  readonly how: string;
  readonly store: string;
  /** Runs before the process that writes, in the same process. */
  readonly shell?: string;
  /** Takes all but so many bytes. */
  fillUpTo(leaving: number): Promise<void>;
  /** Makes room again. `restart`: only for a process that is begun anew. */
  makeRoom(): Promise<"atOnce" | "restart">;
}

const IMAGE_BYTES = 24 * 1024 * 1024;
/** 512-byte blocks, as `ulimit -f` of a POSIX shell counts (POSIX.1-2024, ulimit); some count in 1,024. */
const LIMIT_BLOCKS = 8_192;
const STEP_BYTES = 256 * 1024;

/** @throws Error in words when it cannot be had here. */
type Way = (directory: string) => Promise<SmallDisk>;

/** The first of these that can be had. @returns why none can. */
export async function smallDisk(directory: string, ways: readonly Way[]): Promise<SmallDisk | string> {
  const reasons: string[] = [];
  for (const attempt of ways) {
    try {
      return await attempt(directory);
    } catch (error) {
      reasons.push(error instanceof Error ? (error.message.trim().split("\n").at(-1) ?? "") : String(error));
    }
  }
  return reasons.join("; ");
}

/** A file system of its own in a file. */
export async function loopDisk(directory: string): Promise<SmallDisk> {
  if (process.getuid?.() !== 0) throw new Error("mounting takes root");
  const image = join(directory, "small.img");
  const mounted = join(directory, "small");
  await mkdir(mounted);
  await writeFile(image, "");
  await truncate(image, IMAGE_BYTES);
  await run("mkfs.ext4", ["-q", "-F", image]);
  await run("mount", ["-o", "loop", image, mounted]);
  const filler = join(mounted, "filler");
  return {
    how: "a loop-mounted ext4 of 24 MiB",
    store: join(mounted, "store"),
    fillUpTo: async (leaving) => {
      const { bavail, bsize } = await statfs(mounted);
      let bytes = Math.max(bavail * bsize - leaving, 0);
      for (; bytes > 0; bytes -= STEP_BYTES) {
        await writeFile(filler, Buffer.alloc(Math.min(bytes, STEP_BYTES)), { flag: "a" });
      }
    },
    makeRoom: async () => {
      await rm(filler, { force: true });
      return "atOnce";
    },
    [Symbol.asyncDispose]: async () => {
      await run("umount", [mounted]);
    },
  };
}

/** A limit on what one process may write to a file: what is left to somebody who may not mount. */
export async function limitedFiles(directory: string): Promise<SmallDisk> {
  const shell = `ulimit -f ${LIMIT_BLOCKS}`;
  await run("sh", ["-c", shell]);
  return {
    how: "a limit on the size of files, ulimit -f",
    store: join(directory, "limited"),
    shell,
    fillUpTo: async () => undefined,
    makeRoom: async () => "restart",
    [Symbol.asyncDispose]: async () => undefined,
  };
}
