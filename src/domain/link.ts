import type { HuntChange, HuntVerdict, SuspectState } from "./hunt.ts";
import type { ChannelKind, InterferenceVerdict } from "./interference.ts";
import type { Stage, StageFault, StageFigures, StageState } from "./stage.ts";
import type { AcquirerId } from "./terminal.ts";

/** Body of a `link` record: what became of the shop's lines. Travels in the alarm lane. */
export type LinkRecord =
  | RouteChanged
  | IdentityShared
  | StageChanged
  | VerdictChanged
  | InterferenceChanged
  | HuntBegan
  | HuntMarked
  | HuntEnded;

/**
 * Why traffic left a route. `failed`: connections could not be opened over it or did not last, or nothing was answered.
 * `recovered`: the preferred one is good again. `verdict`: the line's own figures say that it is not usable.
 */
export type RouteChangeCause = "failed" | "recovered" | "verdict";

/** New connections are opened over another line of the shop. What was open stayed where it was. */
export interface RouteChanged {
  readonly event: "routeChanged";
  readonly of: "uplink" | "acquirer";
  /** With `acquirer`. */
  readonly acquirer?: AcquirerId;
  /** Names of the config, `system` where it names none. */
  readonly from: string;
  readonly to: string;
  readonly because: RouteChangeCause;
}

/**
 * Somebody else speaks to the broker as this gateway: a copied card, or two gateways with the same names in their
 * config. Once for each episode.
 */
export interface IdentityShared {
  readonly event: "identityShared";
  /** `takenOver`: the broker said so. `foreignSession`: a session that is not ours stood on our `status` topic. */
  readonly evidence: "takenOver" | "foreignSession";
  /** The other one's, where it is known. */
  readonly otherSession?: string;
}

/** One stage of the ladder is judged otherwise than before. */
export interface StageChanged {
  readonly event: "stageChanged";
  readonly stage: Stage;
  readonly subject?: string;
  readonly route?: string;
  readonly from: StageState;
  readonly to: StageState;
  readonly fault?: StageFault;
  readonly detail?: string;
  readonly figures?: StageFigures;
  /** From here on its changes are told no more, until a record with `false`. */
  readonly flapping?: boolean;
}

/** Where the trouble is has changed. Without `stage`: all is well again. */
export interface VerdictChanged {
  readonly event: "verdictChanged";
  readonly stage?: Stage;
  readonly fault?: StageFault;
  readonly subject?: string;
}

/** A channel is disturbed, otherwise disturbed than before, or no longer. */
export interface InterferenceChanged {
  readonly event: "interferenceBegan" | "interferenceChanged" | "interferenceEnded";
  readonly channel: string;
  readonly kind: ChannelKind;
  /** With `interferenceEnded`: the last one. */
  readonly verdict: InterferenceVerdict;
  readonly figures: Readonly<Record<string, number>>;
}

/** Somebody looks for what disturbs a channel: one figure, read every second, for five minutes at most. */
export interface HuntBegan {
  readonly event: "huntBegan";
  readonly hunt: number;
  readonly channel: string;
  readonly figure: string;
  /** Who hunts. */
  readonly by: string;
  readonly suspect?: string;
}

/** They switched something. */
export interface HuntMarked {
  readonly event: "huntMarked";
  readonly hunt: number;
  readonly channel: string;
  readonly by: string;
  readonly what: string;
  readonly state: SuspectState;
}

export interface HuntEnded {
  readonly event: "huntEnded";
  readonly hunt: number;
  readonly channel: string;
  readonly figure: string;
  readonly unit: string;
  /** Who ended it; who began it where it ended by itself. */
  readonly by: string;
  readonly ended: "asked" | "timeUp" | "stopped";
  readonly changes: readonly HuntChange[];
  /** By suspect; the texts are those of its day. */
  readonly verdicts: readonly HuntVerdict[];
}
