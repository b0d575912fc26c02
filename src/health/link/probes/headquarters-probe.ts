import { assertNever } from "../../../domain/assert-never.ts";
import type { StageObservation } from "../../../domain/stage.ts";
import { type Endpoint, formatEndpoint } from "../../../runtime/endpoint.ts";
import type { Source } from "../../../runtime/route.ts";
import type { StageProbe } from "../stage-probe.ts";
import type { LookByTcp, TcpLook } from "./tcp-look.ts";

export interface BrokerProbeOptions {
  readonly broker: Endpoint;
  readonly source: () => Source | undefined;
  readonly timeoutMs: number;
  readonly tcpLook: LookByTcp;
}

const REACH_EVERY_MS = 30_000;

/** Whether headquarters' machine can be reached at all, by a connection that is closed at once. */
export function brokerProbe({ broker, source, timeoutMs, tcpLook }: BrokerProbeOptions): StageProbe {
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
  /** RFC 3339: when the broker answered anything last. */
  readonly lastRoundTripAt: string | undefined;
  /** Why there is no session: where the last attempt ended, or where the present one is stuck. */
  readonly attempt: StageObservation | undefined;
}

export interface SessionProbeOptions {
  readonly session: () => SessionFacts;
  /** ms; `undefined` when nothing came back in time. */
  readonly ping: (withinMs: number, signal: AbortSignal) => Promise<number | undefined>;
  readonly broker: Endpoint;
  readonly isSecure: boolean;
  /** Wall clock, ms. */
  readonly now: () => number;
  readonly everyMs: number;
  readonly timeoutMs: number;
}

/**
 * The session with the broker. What it has just carried is proof enough, else it is pinged: a packet of two bytes that
 * goes all the way. Without a session, its attempts tell.
 */
export function sessionProbe({
  session,
  ping,
  broker,
  isSecure,
  now,
  everyMs,
  timeoutMs,
}: SessionProbeOptions): StageProbe {
  const seen = { subject: formatEndpoint(broker), ok: true } as const;
  let heardAt: string | undefined;
  let pingedLast = false;
  return {
    stage: "hqMqtt",
    name: "session",
    everyMs,
    look: async (signal): Promise<readonly StageObservation[]> => {
      const { connected, lastRoundTripAt, attempt } = session();
      if (!connected) return attempt === undefined ? [] : [{ ...attempt, subject: seen.subject }];
      const isProven = lastRoundTripAt !== undefined && lastRoundTripAt !== heardAt;
      heardAt = lastRoundTripAt;
      // Every other time it is pinged all the same: only that tells how long the way takes.
      const rttMs = isProven && pingedLast ? undefined : await ping(timeoutMs, signal);
      pingedLast = rttMs !== undefined;
      if (signal.aborted) return [];
      if (rttMs === undefined && !isProven) {
        return [{ ...seen, stage: "hqMqtt", via: "probe", ok: false, fault: "hq.brokerSilent" }];
      }
      const ageMs = rttMs === undefined ? Math.max(0, now() - Date.parse(lastRoundTripAt ?? "")) : 0;
      const shown = { ...seen, via: "traffic", ageMs } as const;
      return [
        { ...shown, stage: "hqTcp" },
        ...(isSecure ? [{ ...shown, stage: "hqTls" } as const] : []),
        { ...shown, stage: "hqMqtt", ...(rttMs === undefined ? {} : { rttMs }) },
      ];
    },
  };
}
