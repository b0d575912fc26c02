import type { GatewayAddress } from "../contract/topics.ts";
import type { Route } from "../runtime/route.ts";
import { ROUTE_RULES } from "../runtime/route-choice.ts";
import type { Secret } from "../runtime/secret.ts";
import type { SawPeer } from "../runtime/tls-peer.ts";

/** TLS with the broker, read anew for each connection. The broker's certificate is always verified. */
export interface UplinkTls {
  /** PEM: the authorities to trust. Without it: those that come with the runtime. */
  readonly ca?: string | Buffer | undefined;
  /** PEM: the client certificate with its chain, and its key. */
  readonly cert?: string | Buffer | undefined;
  readonly key?: Secret | undefined;
  /** Name that the broker's certificate must carry. Without it: the host of the URL. */
  readonly servername?: string | undefined;
  /** Told what the broker shows. */
  readonly saw?: SawPeer;
}

/** The `site` and `uplink` sections of the config, with secrets and files read. */
export interface UplinkOptions {
  readonly address: GatewayAddress;
  /** `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]`. */
  readonly url: string;
  readonly protocol: "auto" | "5" | "3.1.1";
  readonly clientId: string;
  readonly username?: string;
  readonly password?: Secret;
  readonly tls?: UplinkTls;
  /** Ways out of the shop, in order of preference. None: the system's. */
  readonly routes?: readonly Route[];
  readonly confirm: "receipt" | "broker";
  readonly window: number;
  readonly unreceiptedMax: number;
  readonly keepaliveS: number;
  readonly connectTimeoutMs: number;
  readonly pubackDeadlineMs: number;
  readonly receiptDeadlineMs: number;
  readonly ratePerS: number;
  readonly burst: number;
  /** Whether a backlog yields to sales on a narrow line. */
  readonly drainControl: boolean;
  /** Bytes; over MQTT 5 the broker says itself what it takes, and the smaller of the two holds. */
  readonly maximumPacketBytes?: number;
  readonly userProperties: boolean;
  readonly timing?: Partial<UplinkTiming>;
}

/** What nobody configures in the field; tests shorten it. All in ms. */
export interface UplinkTiming {
  /** Delays between attempts are random from `retryFloorMs`; their bound grows from `retryFirstMs` to `retryCeilingMs`. */
  readonly retryFloorMs: number;
  readonly retryFirstMs: number;
  readonly retryCeilingMs: number;
  /** A session that lived so long makes the delays begin anew. */
  readonly stableAfterMs: number;
  /** After the broker refused who we are: trying harder locks accounts and helps nobody. */
  readonly refusedRetryMs: number;
  /** Soon after a boot the first attempt waits up to this: after a power cut a whole town boots at once. */
  readonly bootSpreadMs: number;
  /** While another gateway uses our identity, the two must not push each other out more often than this. */
  readonly takenOverRetryMs: number;
  /** Without a sign of the other one for so long, that is over. */
  readonly sharedCalmMs: number;
  readonly echoEveryMs: number;
  /** A session in which nothing of ours was acknowledged or came back for so long does not count as connected. */
  readonly provenForMs: number;
  /** Between two looks at the states that stand retained. */
  readonly stateLookMs: number;
  /** The status is said again after this while the ledger grows, so that headquarters knows the chain's head. */
  readonly statusRepeatMs: number;
  readonly routeProbeMs: number;
  readonly routeBackupAtLeastMs: number;
  /** A record named as missing earlier than this after it was sent is on its way. */
  readonly missingGraceMs: number;
  readonly tickMs: number;
  /** A clean stop waits so long for what it still has to say. */
  readonly leaveWithinMs: number;
}

export const DEFAULT_TIMING: UplinkTiming = {
  retryFloorMs: 500,
  retryFirstMs: 1_000,
  retryCeilingMs: 60_000,
  stableAfterMs: 60_000,
  refusedRetryMs: 300_000,
  bootSpreadMs: 10_000,
  takenOverRetryMs: 60_000,
  sharedCalmMs: 600_000,
  echoEveryMs: 60_000,
  provenForMs: 75_000,
  stateLookMs: 1_000,
  statusRepeatMs: 60_000,
  routeProbeMs: ROUTE_RULES.probeEveryMs,
  routeBackupAtLeastMs: ROUTE_RULES.backupAtLeastMs,
  missingGraceMs: 2_000,
  tickMs: 100,
  leaveWithinMs: 2_000,
};
