import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.ts";
import type { Bench, BenchRow } from "./row.ts";

/** Loaded only when asked for: one benchmark must not carry the memory of another. */
const BENCHES: ReadonlyMap<string, () => Promise<{ readonly run: Bench }>> = new Map([
  ["codec", () => import("./codec.ts")],
  ["queue", () => import("./queue.ts")],
  ["uplink", () => import("./uplink.ts")],
  ["footprint", () => import("./footprint.ts")],
  ["relay", () => import("./relay.ts")],
]);

const USAGE = `npm run bench -- NAME [--json FILE] [--dir DIRECTORY]
NAME: ${[...BENCHES.keys()].join(", ")}
DIRECTORY: where scratch files go; the file system to measure (default .cache/bench)`;

function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(3)).toString();
}

function table(rows: readonly BenchRow[]): string {
  const cells = rows.map((r) => [
    r.row,
    `${figure(r.ours)} ${r.unit}`,
    Object.entries(r.peers)
      .map(([peer, value]) => `${peer} ${figure(value)}`)
      .join(", "),
    r.ratio === null ? "" : figure(r.ratio),
    r.target,
    r.met ? "met" : "NOT MET",
  ]);
  const all = [["row", "ours", "peers", "ratio", "target", ""], ...cells];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string" }, dir: { type: "string", default: ".cache/bench" }, help: { type: "boolean" } },
  });
  const [name, ...rest] = positionals;
  const load = name === undefined ? undefined : BENCHES.get(name);
  if (name === undefined || load === undefined || rest.length > 0 || values.help === true) {
    console.error(USAGE);
    return values.help === true ? 0 : 2;
  }

  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort(new Error("interrupted")));
  await mkdir(values.dir, { recursive: true });
  const scratch = await mkdtemp(`${resolve(values.dir)}/${name}-`);
  try {
    console.log(describeMachine(scratch).join("\n"));
    const { run } = await load();
    const rows = await run({ scratch, signal: stop.signal, say: (line) => console.error(line) });
    console.log(`\n${table(rows)}`);
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

process.exitCode = await main();
