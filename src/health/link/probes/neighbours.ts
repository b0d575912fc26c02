import type { RunTool } from "../../../runtime/run-tool.ts";

/** What the kernel knows of a machine on the same cable (ip-neighbour(8)). */
export type NeighbourState = "there" | "gone" | "unsure";

const THERE: ReadonlySet<string> = new Set(["REACHABLE", "PERMANENT", "NOARP"]);
const GONE: ReadonlySet<string> = new Set(["FAILED", "INCOMPLETE"]);

/** `unsure` also where `ip` is missing: nothing is claimed then. */
export async function neighbourState(run: RunTool, address: string, signal: AbortSignal): Promise<NeighbourState> {
  const answer = await run("ip", ["-j", "neigh", "show", "to", address], { timeoutMs: 2_000, signal });
  return answer.ok ? parseNeighbours(answer.stdout) : "unsure";
}

/** @param text  `ip -j neigh show to ADDRESS`: a list of entries, each with the words of its state. */
export function parseNeighbours(text: string): NeighbourState {
  let entries: unknown;
  try {
    entries = JSON.parse(text);
  } catch {
    return "unsure";
  }
  if (!Array.isArray(entries)) return "unsure";
  const words = entries.flatMap((entry: unknown) => statesOf(entry));
  if (words.some((word) => THERE.has(word))) return "there";
  return words.length > 0 && words.every((word) => GONE.has(word)) ? "gone" : "unsure";
}

function statesOf(entry: unknown): readonly string[] {
  if (typeof entry !== "object" || entry === null || !("state" in entry) || !Array.isArray(entry.state)) return [];
  return entry.state.filter((word: unknown) => typeof word === "string");
}
