import { assertNever } from "../../../domain/assert-never.ts";
import type { StageObservation } from "../../../domain/stage.ts";
import { type Endpoint, formatEndpoint } from "../../../runtime/endpoint.ts";
import type { Source } from "../../../runtime/route.ts";
import type { StageProbe } from "../stage-probe.ts";
import { type TcpLook, tcpLook } from "./tcp-look.ts";

export interface BrokerProbeOptions {
  readonly broker: Endpoint;
  readonly source: () => Source | undefined;
  readonly timeoutMs: number;
}

const REACH_EVERY_MS = 30_000;
const SESSION_EVERY_MS = 5_000;

/** Whether headquarters' machine can be reached at all, by a connection that is closed at once. */
export function brokerProbe({ broker, source, timeoutMs }: BrokerProbeOptions): StageProbe {
  const subject = formatEndpoint(broker);
  return {
    stage: "hqTcp",
    name: "broker",
    everyMs: REACH_EVERY_MS,
    isSparedByTraffic: true,
    look: async (signal) => {
      const from = source();
      if (from === undefined) return [];
      const look = await tcpLook(broker, from, timeoutMs, signal);
      return signal.aborted ? [] : [reachOf(look, subject)].flatMap((one) => one ?? []);
    },
  };
}

/** `undefined` where the name server is to blame. */
function reachOf(look: TcpLook, subject: string): StageObservation | undefined {
  const seen = { stage: "hqTcp", subject, via: "probe" } as const;
  switch (look.outcome) {
    case "open":
      return { ...seen, ok: true, rttMs: look.rttMs };
    case "noName":
      return undefined;
    case "refused":
      return { ...seen, ok: false, fault: "hq.refused" };
    case "silent":
      return { ...seen, ok: false, fault: "hq.unreachable" };
    case "noWay":
      return { ...seen, ok: false, fault: "hq.noRoute", detail: look.code };
    default:
      return assertNever(look);
  }
}

/** What the session with the broker says of itself. */
export interface SessionFacts {
  readonly connected: boolean;
  /** Something of ours was acknowledged, or came back, a short time ago. */
  readonly answers: boolean;
  /** ms, of the newest message that came back. */
  readonly echoMs: number | undefined;
  /** Why there is no session: where the last attempt ended, or where the present one is stuck. */
  readonly attempt: StageObservation | undefined;
}

/** The open session with the broker needs no probe: that it stands shows that every step to it works. Without one, its attempts tell. */
export function sessionProbe(session: () => SessionFacts, broker: Endpoint, isSecure: boolean): StageProbe {
  const seen = { subject: formatEndpoint(broker), via: "traffic", ok: true } as const;
  return {
    stage: "hqMqtt",
    name: "session",
    everyMs: SESSION_EVERY_MS,
    look: async (): Promise<readonly StageObservation[]> => {
      const { connected, answers, echoMs, attempt } = session();
      if (!connected) return attempt === undefined ? [] : [{ ...attempt, subject: seen.subject }];
      if (!answers) return [{ ...seen, stage: "hqMqtt", ok: false, fault: "hq.brokerSilent" }];
      return [
        { ...seen, stage: "hqTcp" },
        ...(isSecure ? [{ ...seen, stage: "hqTls" } as const] : []),
        { ...seen, stage: "hqMqtt", ...(echoMs === undefined ? {} : { rttMs: echoMs }) },
      ];
    },
  };
}
