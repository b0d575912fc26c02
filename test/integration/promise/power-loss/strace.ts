import { spawn } from "node:child_process";
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { basename, dirname } from "node:path";
import { createInterface } from "node:readline";

/** What a traced process did to a disk, and what it told the world, in the order in which it happened. */
export type Effect =
  | { readonly did: "write"; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly did: "truncate"; readonly path: string; readonly size: number }
  | { readonly did: "create"; readonly path: string }
  | { readonly did: "remove"; readonly path: string }
  | { readonly did: "rename"; readonly path: string; readonly to: string }
  /** Everything that was written to it before is on the disk. A directory's content is its names. */
  | { readonly did: "flush"; readonly path: string }
  /** Pages that reach the disk without a system call: only SQLite's `-shm` may. */
  | { readonly did: "map"; readonly path: string }
  | { readonly did: "say"; readonly text: string };

/** Every call by which a file's content or name changes here, those included that we hope never to meet: see `effectOf`. */
const CALLS = [
  "open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,sendfile,copy_file_range,fallocate",
  "truncate,ftruncate,fsync,fdatasync,sync_file_range,unlink,unlinkat,rename,renameat,renameat2,link,linkat,mmap",
].join(",");

const STANDARD_OUTPUT = 1;

export interface Traced {
  readonly code: number | null;
  /** Standard output and standard error. */
  readonly said: string;
}

/** Runs a command to its end under strace(1), all its threads. Its standard input stays open and says nothing. */
export async function traceTo(file: string, command: readonly string[]): Promise<Traced> {
  const options = ["-f", "--seccomp-bpf", "-y", "-xx", "-s", "1000000", "-e", `trace=${CALLS}`, "-o", file];
  const child = spawn("strace", [...options, ...command], { stdio: ["pipe", "pipe", "pipe"] });
  const said: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  await once(child, "close");
  return { code: child.exitCode, said: said.join("") };
}

/**
 * Effects on files whose path is one of `paths`, on the directories they are in, and on standard output.
 *
 * A call that another thread's interrupted takes effect where it is worst for us: what is said when it begins, all else
 * when it ends.
 *
 * @throws Error for a call on one of these files that this reader does not know.
 */
export async function* readTrace(file: string, paths: readonly string[]): AsyncGenerator<Effect> {
  const watched = new Set([...paths, ...paths.map((path) => dirname(path))]);
  const begun = new Map<string, string>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const { thread = "", rest = "" } = /^(?<thread>\d+) +(?<rest>.*)$/.exec(line)?.groups ?? {};
    const interrupted = / <unfinished \.\.\.>$/.exec(rest);
    if (interrupted !== null) {
      const beginning = rest.slice(0, interrupted.index);
      begun.set(thread, beginning);
      if (isSaid(beginning)) yield { did: "say", text: textOf(beginning) };
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(rest);
    const call = resumed === null ? rest : `${begun.get(thread) ?? ""}${rest.slice(resumed[0].length)}`;
    if (isSaid(call) && resumed !== null) continue;
    const effect = effectOf(call, watched);
    if (effect !== undefined) yield effect;
  }
}

/** One finished call, taken apart. */
interface Call {
  readonly args: string;
  readonly result: string;
  /** The watched file or directory that it is about. */
  readonly path: string;
}

type Meaning = (call: Call) => Effect | undefined;

const opens: Meaning = ({ args, path }) => {
  if (args.includes("O_TRUNC")) throw new Error(`a file is opened and emptied: ${path}`);
  return args.includes("O_CREAT") ? { did: "create", path } : undefined;
};
const writes: Meaning = ({ args, result, path }) => ({
  did: "write",
  path,
  at: lastNumber(args),
  bytes: bytesOf(args).subarray(0, Number(result)),
});
const truncates: Meaning = ({ args, path }) => ({ did: "truncate", path, size: lastNumber(args) });
const flushes: Meaning = ({ path }) => ({ did: "flush", path });
const removes: Meaning = ({ path }) => ({ did: "remove", path });
const renames: Meaning = ({ args, path }) => {
  const [from = "", to = ""] = pathsIn(args);
  if (from !== path) throw new Error(`${from} takes the place of ${path}`);
  return { did: "rename", path, to };
};
const maps: Meaning = ({ args, path }) =>
  args.includes("PROT_WRITE") && args.includes("MAP_SHARED") ? { did: "map", path } : undefined;

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([
  ["open", opens],
  ["openat", opens],
  ["pwrite64", writes],
  ["ftruncate", truncates],
  ["fsync", flushes],
  ["fdatasync", flushes],
  ["unlink", removes],
  ["unlinkat", removes],
  ["rename", renames],
  ["mmap", maps],
]);

/** `pwrite64(35</a/b>, "\x01…", 24, 56) = 24`, with every text in hexadecimal. */
function effectOf(line: string, watched: ReadonlySet<string>): Effect | undefined {
  const { name, args, result } = /^(?<name>\w+)\((?<args>.*)\) += (?<result>\S.*)$/.exec(line)?.groups ?? {};
  // Signals and ends of threads; calls that changed nothing.
  if (name === undefined || args === undefined || result === undefined || result.startsWith("-1")) return undefined;
  if (isSaid(line)) return { did: "say", text: textOf(line) };
  const path = [...pathsIn(args), ...pathsIn(result)].find((found) => watched.has(found));
  if (path === undefined) return undefined;
  const meaning = MEANINGS.get(name);
  if (meaning === undefined) throw new Error(`${name} on ${basename(path)} is not understood`);
  return meaning({ args, result, path });
}

function isSaid(call: string): boolean {
  return call.startsWith(`write(${STANDARD_OUTPUT}<`);
}

function textOf(call: string): string {
  return bytesOf(call).toString("utf8");
}

function lastNumber(args: string): number {
  return Number(args.slice(args.lastIndexOf(",") + 1));
}

/** The one text in quotes. */
function bytesOf(args: string): Buffer {
  const quoted = /"(?<hex>[^"]*)"/.exec(args)?.groups?.["hex"] ?? "";
  return Buffer.from(quoted.replaceAll("\\x", ""), "hex");
}

/** What stands for a path: behind a descriptor in angle brackets, or in quotes. Contents are no paths: they are long. */
function pathsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:<|")(?<hex>(?:\\x[0-9a-f]{2}){1,512})(?:>|")/g)].map(({ groups }) =>
    Buffer.from((groups?.["hex"] ?? "").replaceAll("\\x", ""), "hex").toString("utf8"),
  );
}
