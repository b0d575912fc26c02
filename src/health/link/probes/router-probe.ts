import { assertNever } from "../../../domain/assert-never.ts";
import type { StageObservation } from "../../../domain/stage.ts";
import type { RunTool } from "../../../runtime/run-tool.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import type { StageProbe } from "../stage-probe.ts";
import { defaultRoute } from "./default-route.ts";
import { neighbourState, type NeighbourState } from "./neighbours.ts";
import { ping } from "./ping.ts";
import type { LookByTcp } from "./tcp-look.ts";

export interface RouterProbeDeps {
  readonly files: SysFiles;
  readonly run: RunTool;
  readonly icmp: "auto" | "off";
  /** For a ping or a connection, ms: it is in the same house. */
  readonly timeoutMs: number;
  readonly tcpLook: LookByTcp;
  readonly monotonicMs: () => number;
}

const EVERY_MS = 10_000;
/** After this many looks a machine that may not ping is asked again whether it may. */
const ASK_AGAIN_AFTER = 360;
/**
 * The kernel goes on calling a neighbour reachable for 15 to 45 s after its last sign of life (arp(7), base_reachable_time_ms), and
 * asks for it in the 8 s after that: its word is worth nothing about a router that has just fallen silent. ms.
 */
const KERNEL_BELIEVES_FOR_MS = 60_000;
/** There is one way out at a time: whichever router it goes through is `the router`. */
const SEEN = { stage: "router", via: "probe" } as const;
/** Where many routers listen. That nobody does is an answer too: the refusal comes from the router. */
const PORT = 53;

/**
 * The shop's router: by ping where that is allowed, else by a connection that is opened and closed. Silence alone is no
 * fault while the kernel's neighbour table says that the router is there: it may drop such packets. Of one that has answered
 * a minute ago the silence itself tells.
 */
export function routerProbe(
  { files, run, icmp, timeoutMs, tcpLook, monotonicMs }: RouterProbeDeps,
  speed: number,
): StageProbe {
  let silentFor = 0;
  let answered: { readonly address: string; readonly at: number } | undefined;
  const pinged = async (address: string, signal: AbortSignal): Promise<StageObservation | undefined> => {
    if (icmp === "off" || (silentFor > 0 && silentFor < ASK_AGAIN_AFTER)) {
      silentFor += 1;
      return undefined;
    }
    const answer = await ping(run, address, timeoutMs, signal);
    silentFor = answer === false || answer.received === 0 ? 1 : 0;
    if (answer === false || answer.received === 0) return undefined;
    const { averageMs } = answer;
    return { ...SEEN, ok: true, ...(averageMs === undefined ? {} : { rttMs: averageMs }) };
  };
  const knocked = async (address: string, signal: AbortSignal): Promise<StageObservation | undefined> => {
    const look = await tcpLook({ host: address, port: PORT }, {}, timeoutMs, signal);
    return look.outcome === "open" || look.outcome === "refused" ? { ...SEEN, ok: true, rttMs: look.rttMs } : undefined;
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
      const heard = (await pinged(gateway, signal)) ?? (await knocked(gateway, signal));
      if (heard !== undefined) {
        answered = { address: gateway, at: monotonicMs() };
        return [heard];
      }
      const isNews = answered?.address === gateway && (monotonicMs() - answered.at) * speed < KERNEL_BELIEVES_FOR_MS;
      if (isNews) return [{ ...SEEN, ok: false, fault: "router.silent" }];
      return bySeeing(await neighbourState(run, gateway, signal));
    },
  };
}

/** Nobody who is silent is heard here; whether he is there the kernel knows. */
function bySeeing(state: NeighbourState): readonly StageObservation[] {
  switch (state) {
    case "there":
      return [{ ...SEEN, ok: true }];
    case "gone":
      return [{ ...SEEN, ok: false, fault: "router.silent" }];
    case "unsure":
      return [];
    default:
      return assertNever(state);
  }
}
