import type { StageObservation } from "../../../domain/stage.ts";
import type { RunTool } from "../../../runtime/run-tool.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import type { StageProbe } from "../stage-probe.ts";
import { defaultRoute } from "./default-route.ts";
import { neighbourState } from "./neighbours.ts";
import { ping } from "./ping.ts";
import { tcpLook } from "./tcp-look.ts";

export interface RouterProbeDeps {
  readonly files: SysFiles;
  readonly run: RunTool;
  readonly icmp: "auto" | "off";
  /** For a connection, ms. */
  readonly timeoutMs: number;
}

const EVERY_MS = 10_000;
/** After this many looks a machine that may not ping is asked again whether it may. */
const ASK_AGAIN_AFTER = 360;
/** There is one way out at a time: whichever router it goes through is `the router`. */
const SEEN = { stage: "router", via: "probe" } as const;
/** Where many routers listen. That nobody does is an answer too: the refusal comes from the router. */
const PORT = 53;

/**
 * The shop's router: by ping where that is allowed, else by a connection that is opened and closed. Silence alone is no
 * fault while the kernel's neighbour table says that the router is there: it may drop such packets.
 */
export function routerProbe({ files, run, icmp, timeoutMs }: RouterProbeDeps): StageProbe {
  let silentFor = 0;
  const pinged = async (address: string, signal: AbortSignal): Promise<StageObservation | undefined> => {
    if (icmp === "off" || (silentFor > 0 && silentFor < ASK_AGAIN_AFTER)) {
      silentFor += 1;
      return undefined;
    }
    const answer = await ping(run, address, signal);
    silentFor = answer === false || answer.received === 0 ? 1 : 0;
    if (answer === false || answer.received === 0) return undefined;
    const { averageMs } = answer;
    return { ...SEEN, ok: true, ...(averageMs === undefined ? {} : { rttMs: averageMs }) };
  };
  return {
    stage: "router",
    name: "router",
    everyMs: EVERY_MS,
    look: async (signal) => {
      const route = await defaultRoute(files);
      if (route === undefined) {
        return [{ ...SEEN, ok: false, fault: "router.noRoute" }];
      }
      const { gateway } = route;
      // A modem's line has no router in the shop.
      if (gateway === undefined) return [];
      return [(await pinged(gateway, signal)) ?? (await knocked(gateway, run, timeoutMs, signal))].flatMap(
        (one) => one ?? [],
      );
    },
  };
}

async function knocked(
  address: string,
  run: RunTool,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<StageObservation | undefined> {
  const look = await tcpLook({ host: address, port: PORT }, {}, timeoutMs, signal);
  switch (look.outcome) {
    case "open":
    case "refused":
      return { ...SEEN, ok: true, rttMs: look.rttMs };
    default: {
      const state = await neighbourState(run, address, signal);
      if (state === "there") return { ...SEEN, ok: true };
      return state === "gone" || look.outcome === "noWay" ? { ...SEEN, ok: false, fault: "router.silent" } : undefined;
    }
  }
}
