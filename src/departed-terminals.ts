import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isName, type TerminalId, terminalId } from "./domain/terminal.ts";
import type { Log } from "./runtime/log.ts";
import type { RetainedState } from "./uplink/retained-state.ts";

/** In the store's directory: terminals that were told of at the broker, as a JSON list of names. */
export const TOLD_TERMINALS_FILE = "told-terminals.json";
/** Beyond it the longest gone are forgotten. */
const MAX_GONE = 200;

/**
 * What stands retained of terminals that the config names no more is taken away: nobody would ever say anything of them again.
 * Remembers the present ones for the next start. A disk that refuses that costs the tidiness alone.
 */
export async function departedTerminals(
  directory: string,
  present: readonly TerminalId[],
  log: Log,
): Promise<readonly RetainedState[]> {
  const path = join(directory, TOLD_TERMINALS_FILE);
  const told = await namesIn(path);
  const gone = told.filter((name) => !present.includes(name)).slice(-MAX_GONE);
  // Those gone stay in the list: the broker may be away for days.
  const names = [...gone, ...present];
  if (JSON.stringify(names) !== JSON.stringify(told)) {
    const part = `${path}.part`;
    try {
      await writeFile(part, JSON.stringify(names));
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true }).catch(() => undefined);
      log.warn("uplink.told-terminals-not-kept", { path, error });
    }
  }
  return gone.map((name) => ({
    topic: `terminals/${name}` as const,
    repeatEveryMs: Number.POSITIVE_INFINITY,
    // A retained message without a payload is removed (MQTT 5, 3.3.1.3).
    current: () => "",
    fingerprint: () => "",
  }));
}

/** None where there is no such file, or it is none of ours. */
async function namesIn(path: string): Promise<readonly TerminalId[]> {
  try {
    const list: unknown = JSON.parse(await readFile(path, "utf8"));
    if (!Array.isArray(list)) return [];
    return list.filter((name): name is string => typeof name === "string" && isName(name)).map(terminalId);
  } catch {
    return [];
  }
}
