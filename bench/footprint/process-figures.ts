import { readFile } from "node:fs/promises";

/** Linux counts processor time in these for user space, whatever the kernel's own clock (proc(5), USER_HZ). */
const TICKS_PER_S = 100;

export interface ProcessFigures {
  /** Bytes: all that is resident, and its two parts. */
  readonly resident: number;
  readonly anonymous: number;
  /** Of files: the program, its libraries; shared with others who map the same. */
  readonly mapped: number;
  /** s of one core since the start, all threads. */
  readonly processorS: number;
  /** Bytes that it caused to be written to disk since the start. */
  readonly written: number;
}

/** @throws Error where a figure cannot be read: only Linux has them. */
export async function figuresOf(pid: number): Promise<ProcessFigures> {
  const [status, stat, io] = await Promise.all(
    ["status", "stat", "io"].map(async (name) => readFile(`/proc/${pid}/${name}`, "utf8")),
  );
  return {
    resident: 1024 * figure(status, "VmRSS"),
    anonymous: 1024 * figure(status, "RssAnon"),
    mapped: 1024 * figure(status, "RssFile"),
    processorS: processorTicks(stat) / TICKS_PER_S,
    written: figure(io, "write_bytes"),
  };
}

function figure(text: string | undefined, name: string): number {
  const value = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text ?? "")?.[1];
  if (value === undefined) throw new Error(`/proc does not say ${name}`);
  return Number(value);
}

/** proc(5): utime and stime are fields 14 and 15; the name before them may hold spaces, and ends with the last bracket. */
function processorTicks(stat = ""): number {
  const [utime, stime] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(11, 13);
  return Number(utime) + Number(stime);
}
