import type { StageFault, StageObservation } from "../../../domain/stage.ts";
import type { Endpoint } from "../../../runtime/endpoint.ts";
import type { StageProbe } from "../stage-probe.ts";
import type { LookByTcp } from "./tcp-look.ts";

/** What the relay knows of the way to an acquirer from its own connections. */
export interface AcquirerFacts {
  readonly isUsable: boolean;
  readonly lastCode: string | undefined;
  /** ms; Infinity when it never was. */
  readonly heardMsAgo: number;
  /** The endpoint in use, and those that take requests and answer none. */
  readonly endpoint: string | undefined;
  readonly silent: readonly string[];
}

export interface AcquirerProbeOptions {
  readonly acquirer: string;
  readonly facts: () => AcquirerFacts;
  /** An idle acquirer is asked there whether it is still up; `undefined`: nobody may ask. */
  readonly askAt: Endpoint | undefined;
  readonly timeoutMs: number;
  readonly tcpLook: LookByTcp;
}

const EVERY_MS = 5_000;
/** What was heard longer ago proves nothing any more. ms. */
const PROVES_FOR_MS = 60_000;

/** The acquirer, by what the relay's own connections have shown; nothing is ever written to it for a probe's sake. */
export function acquirerProbe({ acquirer, facts, askAt, timeoutMs, tcpLook }: AcquirerProbeOptions): StageProbe {
  const seen = { stage: "acquirer", subject: acquirer, via: "traffic" } as const;
  return {
    stage: "acquirer",
    name: `acquirer ${acquirer}`,
    everyMs: EVERY_MS,
    look: async (signal): Promise<readonly StageObservation[]> => {
      const { isUsable, lastCode, heardMsAgo, endpoint, silent } = facts();
      if (!isUsable) return [{ ...seen, ok: false, fault: faultOf(lastCode), detail: lastCode ?? "" }];
      if (endpoint !== undefined && silent.includes(endpoint)) {
        return [{ ...seen, ok: false, fault: "acquirer.silent" }];
      }
      if (heardMsAgo < PROVES_FOR_MS) return [{ ...seen, ok: true, ageMs: heardMsAgo }];
      if (askAt === undefined) return [{ ...seen, ok: true, isIdle: true }];
      const look = await tcpLook(askAt, {}, timeoutMs, signal);
      if (signal.aborted || look.outcome === "noName") return [];
      if (look.outcome === "open") return [{ ...seen, via: "probe", ok: true }];
      return [{ ...seen, via: "probe", ok: false, fault: faultOf(look.outcome === "refused" ? "ECONNREFUSED" : "") }];
    },
  };
}

function faultOf(code: string | undefined): StageFault {
  return code === "ECONNREFUSED" ? "acquirer.refused" : "acquirer.unreachable";
}
