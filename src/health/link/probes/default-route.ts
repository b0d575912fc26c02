import type { SysFiles } from "../../../runtime/sys-files.ts";

export interface DefaultRoute {
  readonly interface: string;
  /** IPv4; absent where the line needs none, such as a modem's. */
  readonly gateway?: string;
}

/** `RTF_UP` and `RTF_GATEWAY` (linux/route.h). */
const UP = 0x1;
const THROUGH_GATEWAY = 0x2;

/** Where packets leave this machine: the default route with the lowest metric. `undefined` without one. */
export async function defaultRoute(files: SysFiles): Promise<DefaultRoute | undefined> {
  return parseRoutes((await files.text("/proc/net/route")) ?? "");
}

/** @param text  `/proc/net/route`: interface, destination, gateway, flags, …, metric, mask; addresses as hexadecimal words in the machine's order. */
export function parseRoutes(text: string): DefaultRoute | undefined {
  const found = text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([name = "", destination = "", gateway = "", flags = "", , , metric = "", mask = ""]) => {
      const bits = Number.parseInt(flags, 16);
      if (destination !== "00000000" || mask !== "00000000" || (bits & UP) === 0) return [];
      const address = (bits & THROUGH_GATEWAY) === 0 ? undefined : dotted(gateway);
      return [
        { metric: Number(metric), route: { interface: name, ...(address === undefined ? {} : { gateway: address }) } },
      ];
    })
    .toSorted((a, b) => a.metric - b.metric);
  return found[0]?.route;
}

function dotted(word: string): string | undefined {
  if (!/^[0-9A-Fa-f]{8}$/.test(word)) return undefined;
  return [...Buffer.from(word, "hex")].toReversed().join(".");
}
