import { readFileSync, realpathSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

/** The mount that a directory lies on: figures of a disk benchmark mean nothing without it. */
function fileSystemOf(directory: string): string {
  const path = realpathSync(directory);
  let best = { at: "", line: "unknown" };
  for (const line of readFileSync("/proc/self/mounts", "utf8").split("\n")) {
    const [device, at, type] = line.split(" ");
    if (device === undefined || at === undefined || type === undefined) continue;
    const holds = at === "/" || path === at || path.startsWith(`${at}/`);
    // The kernel lists mounts in order: of two on one point the later one is seen.
    if (holds && at.length >= best.at.length) best = { at, line: `${type} (${device} on ${at})` };
  }
  return best.line;
}

/** What the figures were taken on, as lines for people. */
export function describeMachine(scratch: string): readonly string[] {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return [
    `Node         ${process.version} on ${process.platform}-${process.arch}, kernel ${release()}`,
    `CPU          ${model}, ${availableParallelism()} usable, ${Math.round(totalmem() / 2 ** 20)} MiB memory`,
    `File system  ${fileSystemOf(scratch)}`,
  ];
}
