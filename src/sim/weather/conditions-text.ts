import type { Conditions, Direction } from "./conditions.ts";

/** For `--help` and for whoever types at a running line. */
export const CONDITIONS_HELP = `Conditions:
  clear                                everything passes
  cut                                  connections are reset, nobody listens
  refuse                               new connections are reset, old ones stay
  blackHole                            nothing passes, nothing is said
  slow latency=200 jitter=50 rate=2000 ms, ms, bytes a second
  lossy loss=0.1 longest=5000          share of chunks that stall, ms
  halfOpen dead=toClient               one direction is dead: toClient or toTarget
  trickle every=1                      one byte at a time, ms between
  closeMidMessage towards=toClient after=20`;

/**
 * Reads what somebody typed, e.g. `slow latency=200 jitter=50`.
 *
 * @throws RangeError in words that say what is possible.
 */
export function readConditions(text: string): Conditions {
  const [kind = "", ...words] = text.trim().split(/[\s,]+/);
  const values = new Map(words.map((word) => [word.split("=")[0] ?? "", word.split("=")[1] ?? ""]));
  const taken = new Set<string>();
  const number = (name: string): number | undefined => {
    taken.add(name);
    const value = values.get(name);
    if (value === undefined) return undefined;
    if (!/^\d+(\.\d+)?$/.test(value)) throw new RangeError(`${name} is a number: ${name}=${value}`);
    return Number(value);
  };
  const direction = (name: string): Direction => {
    taken.add(name);
    const value = values.get(name) ?? "toClient";
    if (value !== "toClient" && value !== "toTarget") throw new RangeError(`${name} is toClient or toTarget`);
    return value;
  };
  const conditions = conditionsOf(kind, number, direction);
  const unknown = [...values.keys()].find((name) => !taken.has(name));
  if (unknown !== undefined) throw new RangeError(`${kind} has no ${unknown}`);
  return conditions;
}

function conditionsOf(
  kind: string,
  number: (name: string) => number | undefined,
  direction: (name: string) => Direction,
): Conditions {
  switch (kind) {
    case "clear":
    case "cut":
    case "refuse":
    case "blackHole":
      return { kind };
    case "slow": {
      const rate = number("rate");
      const latency = number("latency") ?? 0;
      return {
        kind,
        latencyMs: latency,
        jitterMs: number("jitter") ?? 0,
        ...(rate === undefined || rate === 0 ? {} : { bytesPerSecond: rate }),
      };
    }
    case "lossy":
      return { kind, loss: Math.min(number("loss") ?? 0.1, 0.99), longestStallMs: number("longest") ?? 5_000 };
    case "halfOpen":
      return { kind, dead: direction("dead") };
    case "trickle":
      return { kind, everyMs: number("every") ?? 1 };
    case "closeMidMessage": {
      const afterBytes = number("after");
      return { kind, towards: direction("towards"), ...(afterBytes === undefined ? {} : { afterBytes }) };
    }
    default:
      throw new RangeError(`no such weather: ${kind === "" ? "(nothing)" : kind}`);
  }
}
