import type { StageObservation } from "../../../domain/stage.ts";
import { type Endpoint, formatEndpoint } from "../../../runtime/endpoint.ts";
import type { Source } from "../../../runtime/route.ts";
import type { StageProbe } from "../stage-probe.ts";
import type { LookByTcp } from "./tcp-look.ts";

export interface AnchorProbeOptions {
  readonly anchor: Endpoint;
  /** The shop's line that it is asked over, where the config names several. */
  readonly route?: string;
  /** As of now; `undefined` while that line has no address. */
  readonly source: () => Source | undefined;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly tcpLook: LookByTcp;
}

/** Whether the internet is there: a host that has nothing to do with headquarters. A refusal proves it as well. */
export function anchorProbe({ anchor, route, source, everyMs, timeoutMs, tcpLook }: AnchorProbeOptions): StageProbe {
  const subject = formatEndpoint(anchor);
  const seen = { stage: "provider", subject, via: "probe", ...(route === undefined ? {} : { route }) } as const;
  return {
    stage: "provider",
    name: `anchor ${subject}${route === undefined ? "" : ` over ${route}`}`,
    everyMs,
    // What traffic shows of one line says nothing of the other.
    ...(route === undefined ? { isSparedByTraffic: true as const } : {}),
    look: async (signal): Promise<readonly StageObservation[]> => {
      const from = source();
      if (from === undefined) return [{ ...seen, ok: false, fault: "provider.unreachable", detail: "no address" }];
      const look = await tcpLook(anchor, from, timeoutMs, signal);
      if (signal.aborted) return [];
      switch (look.outcome) {
        case "open":
        case "refused":
          return [{ ...seen, ok: true, rttMs: look.rttMs }];
        case "noName":
          // The name server's fault, which has a stage of its own.
          return [];
        default:
          return [{ ...seen, ok: false, fault: "provider.unreachable", detail: look.outcome }];
      }
    },
  };
}
