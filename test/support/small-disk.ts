import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { tempDir } from "./temp-dir.ts";

const run = promisify(execFile);

const MIB = 1024 * 1024;

/**
 * A file system of a test's own (ext4 on a loop device), which can be full, turn read-only or fail. Needs root, mount and
 * mkfs.ext4.
 */
export interface SmallDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  /** Another file takes all that is left. */
  fill(): Promise<void>;
  /** And gives it back. */
  free(): Promise<void>;
  /** What the kernel does when the card makes an error in the file system's own data: from now on every write is refused. */
  turnReadOnly(): Promise<void>;
  /** Writes neither succeed nor fail: a card that answers nothing. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** What a technician then does: unmount, check, mount again. */
  repair(): Promise<void>;
}

/** A disk whose writes fail with EIO while `fail` is in force: its own backing store is full. */
export interface FailingDisk extends AsyncDisposable {
  readonly path: string;
  fail(): Promise<void>;
  heal(): Promise<void>;
}

/** @throws the tool's own words when the machine does not allow it; a test must not pass over that in silence. */
export async function smallDisk(mib = 24): Promise<SmallDisk> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir("tillgate-disk-"));
  const path = dir.file("mounted");
  const image = dir.file("image");
  const mount = async (): Promise<void> => {
    await run("mount", ["-o", "loop,errors=remount-ro", image, path]);
  };
  await mkdir(path);
  await makeImage(image, mib, []);
  await mount();
  stack.defer(async () => unmount(path));
  let isFrozen = false;
  const thaw = async (): Promise<void> => {
    if (isFrozen) await run("fsfreeze", ["--unfreeze", path]);
    isFrozen = false;
  };
  // Whoever waits for a frozen disk cannot even be killed.
  stack.defer(thaw);
  return {
    path,
    freeze: async () => {
      await run("fsfreeze", ["--freeze", path]);
      isFrozen = true;
    },
    thaw,
    fill: async () => fill(`${path}/other-data`),
    free: async () => rm(`${path}/other-data`),
    turnReadOnly: async () => {
      await run("mount", ["-o", "remount,abort", path]);
    },
    repair: async () => {
      await run("umount", ["--lazy", path]);
      // The kernel keeps the device until the last file on it is closed.
      await waitForDevice(image);
      // 1: errors were corrected (e2fsck(8)).
      await run("e2fsck", ["-p", image]).catch((error: unknown) => {
        if (!(error instanceof Error && "code" in error && error.code === 1)) throw error;
      });
      await mount();
    },
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  };
}

/** @throws as `smallDisk` does. */
export async function failingDisk(mib = 24): Promise<FailingDisk> {
  const stack = new AsyncDisposableStack();
  const dir = stack.use(await tempDir("tillgate-disk-"));
  const below = dir.file("below");
  const path = dir.file("mounted");
  await mkdir(below);
  await mkdir(path);
  await run("mount", ["-t", "tmpfs", "-o", `size=${Math.floor(mib / 2)}M`, "none", below]);
  stack.defer(async () => unmount(below));
  // Without a journal a failed write is forgotten; with one the file system would turn read-only.
  await makeImage(`${below}/image`, mib, ["-O", "^has_journal"]);
  await run("mount", ["-o", "loop,errors=continue", `${below}/image`, path]);
  stack.defer(async () => unmount(path));
  return {
    path,
    fail: async () => fill(`${below}/other-data`),
    heal: async () => rm(`${below}/other-data`),
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  };
}

async function makeImage(path: string, mib: number, options: readonly string[]): Promise<void> {
  await using file = await open(path, "w");
  await file.truncate(mib * MIB);
  await run("mkfs.ext4", ["-q", "-F", "-m", "0", ...options, path]);
}

async function fill(path: string): Promise<void> {
  await using file = await open(path, "a");
  for (const size of [MIB, 64 * 1024, 4 * 1024, 512]) {
    try {
      for (;;) await file.write(Buffer.alloc(size, 1));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
    }
  }
}

async function waitForDevice(image: string): Promise<void> {
  for (let waited = 0; waited < 60_000; waited += 100) {
    const { stdout } = await run("losetup", ["--associated", image]);
    if (stdout.trim() === "") return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`somebody still has a file open on ${image}`);
}

async function unmount(path: string): Promise<void> {
  await run("umount", ["--lazy", path]);
}
