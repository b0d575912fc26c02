import { access, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Whether two existing paths lie on one disk or card, as far as the system tells: one file system, or two partitions of
 * one device. Two disks behind one controller that hides them look like one.
 */
export async function onSameDisk(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([stat(a), stat(b)]);
  if (one.dev === other.dev) return true;
  const [disk, otherDisk] = await Promise.all([diskOf(one.dev), diskOf(other.dev)]);
  return disk !== undefined && disk === otherDisk;
}

/** The whole device's place below /sys; `undefined` for what has none, such as memory or a network share. */
async function diskOf(device: number): Promise<string | undefined> {
  try {
    const place = await realpath(join("/sys/dev/block", `${majorOf(device)}:${minorOf(device)}`));
    const isPartition = await access(join(place, "partition")).then(
      () => true,
      () => false,
    );
    return isPartition ? dirname(place) : place;
  } catch {
    return undefined;
  }
}

/** How Linux packs a device number into what stat(2) tells (makedev(3), the lower 32 bits). */
function majorOf(device: number): number {
  return Math.floor(device / 256) % 4096;
}

function minorOf(device: number): number {
  return (device % 256) + Math.floor(device / 2 ** 20) * 256;
}
