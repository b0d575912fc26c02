import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** One change to one source file of the product. */
export interface Mutation {
  /** From the project's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** A copy of the product with something taken out: what is built on that must then fail. */
export interface Mutant extends AsyncDisposable {
  /** Runs `node src/main.ts …` of the copy to its end. */
  run(args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }>;
  /** Of a file in the copy, given from the project's root. */
  path(file: string): string;
}

/**
 * @param beside  Files outside of `src` that the copy needs too.
 * @throws Error when the text to be replaced is not there exactly once: a mutant that changes nothing proves nothing.
 */
export async function mutant(mutations: readonly Mutation[], beside: readonly string[] = []): Promise<Mutant> {
  const directory = await mkdtemp(join(tmpdir(), "tillgate-mutant-"));
  await cp(join(ROOT, "src"), join(directory, "src"), { recursive: true });
  for (const file of ["package.json", ...beside]) await cp(join(ROOT, file), join(directory, file));
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  for (const { file, from, to } of mutations) {
    const path = join(directory, file);
    const pieces = (await readFile(path, "utf8")).split(from);
    if (pieces.length !== 2) throw new Error(`${file} holds ${pieces.length - 1} times: ${from}`);
    await writeFile(path, pieces.join(to));
  }
  return {
    path: (file) => join(directory, file),
    run: async (args) => {
      const child = spawn(process.execPath, [join(directory, "src/main.ts"), ...args], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      const said: string[] = [];
      child.stdout.on("data", (chunk: Buffer) => said.push(chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
      await once(child, "close");
      return { code: child.exitCode, said: said.join("") };
    },
    [Symbol.asyncDispose]: async () => {
      await rm(directory, { recursive: true, force: true });
    },
  };
}
