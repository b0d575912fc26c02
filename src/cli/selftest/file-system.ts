import { readFile, realpath } from "node:fs/promises";

/** The file system that a path is on, as a technician knows it: `ext4 on /dev/mmcblk0p2, mounted at /`. */
export async function fileSystemOf(path: string): Promise<{ readonly type: string; readonly text: string }> {
  try {
    const real = await realpath(path);
    const mounts = (await readFile("/proc/self/mounts", "utf8")).split("\n").flatMap((line) => {
      // Spaces in names are written as \040 (proc_pid_mounts(5), fstab(5)).
      const [device = "", at = "", type = ""] = line.split(" ").map((word) => word.replaceAll(String.raw`\040`, " "));
      const isAbove = at === "/" || real === at || real.startsWith(`${at}/`);
      return at !== "" && isAbove ? [{ device, at, type }] : [];
    });
    // The longest name is the nearest; of two at one place the later one hides the earlier.
    const nearest = mounts.toSorted((a, b) => a.at.length - b.at.length).at(-1);
    if (nearest !== undefined) {
      return { type: nearest.type, text: `${nearest.type} on ${nearest.device}, mounted at ${nearest.at}` };
    }
  } catch {
    // No Linux, or no /proc: then nobody knows.
  }
  return { type: "unknown", text: "an unknown file system" };
}
