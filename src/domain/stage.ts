/**
 * The way of a payment, from the inside out (link-health.md 1.3): a fault is where the lowest stage fails, except where
 * another explanation fits better.
 */
export const STAGES = [
  /** This machine: event loop, disk, clock, supply. */
  "box",
  /** Its network interface: carrier, flaps. */
  "interface",
  /** Between the terminals and this machine. */
  "terminals",
  /** The shop's router. */
  "router",
  /** From the router to the internet. */
  "provider",
  "dns",
  /** A captive portal answers instead of the internet. */
  "portal",
  "hqTcp",
  "hqTls",
  "hqMqtt",
  "acquirer",
] as const;
export type Stage = (typeof STAGES)[number];

/**
 * `idle`: nothing passes and nobody may ask, which is no fault. `unknown`: not looked at yet, or hidden behind a stage that
 * is down.
 */
export const STAGE_STATES = ["up", "degraded", "down", "idle", "unknown"] as const;
export type StageState = (typeof STAGE_STATES)[number];

/** What is wrong at a stage. Words for people stand in the catalogue of `health/link`. */
export const STAGE_FAULTS = [
  "box.stalled",
  "box.clockWrong",
  "box.underVoltage",
  "interface.down",
  "interface.flapping",
  "interface.noAddress",
  "terminals.unreachable",
  "terminals.oneUnreachable",
  "terminals.hub",
  "router.noRoute",
  "router.silent",
  "router.lossy",
  "router.slow",
  "provider.unreachable",
  "provider.lossy",
  "provider.slow",
  "provider.bufferbloat",
  "dns.timeout",
  "dns.refused",
  "dns.noName",
  "dns.serverFailure",
  "dns.slow",
  "portal.captive",
  "hq.unreachable",
  "hq.refused",
  "hq.noRoute",
  "hq.lossy",
  "hq.slow",
  "hq.tlsFailed",
  "hq.tlsIntercepted",
  "hq.certificateExpired",
  "hq.certificateNotYetValid",
  "hq.notAuthorised",
  "hq.brokerSilent",
  "hq.brokerRefuses",
  "acquirer.unreachable",
  "acquirer.refused",
  "acquirer.silent",
  "acquirer.lossy",
  "acquirer.slow",
] as const;
export type StageFault = (typeof STAGE_FAULTS)[number];

/** One look at one stage, whoever looked: a probe, or traffic that went that way anyhow. */
export interface StageObservation {
  readonly stage: Stage;
  /** Which one, where there are several: interface, terminal, router address, anchor, name server, acquirer. */
  readonly subject?: string;
  /** The shop's line that it took; absent for the system's own. */
  readonly route?: string;
  readonly via: "probe" | "traffic";
  readonly ok: boolean;
  /** With `ok`: nothing passes, and nobody may ask. That is no fault, and no proof. */
  readonly isIdle?: true;
  /** How long ago it was so, ms; absent: now. What was heard before something else fell silent disproves nothing. */
  readonly ageMs?: number;
  /** Round trip or the time that the step took, ms. Absent when it failed, or says nothing about time. */
  readonly rttMs?: number;
  /** Segments that a connection of ours sent in the last so many ms, and those that had to be sent again. Instead of one look. */
  readonly packets?: { readonly sent: number; readonly lost: number; readonly overMs: number };
  /**
   * The kernel at the far end has acknowledged: that speaks for the way, and not for the host's program, which may hang. Its state stays
   * what the host's own answers made it.
   */
  readonly isOfTheWay?: true;
  /** The line is full by the shop's own traffic: that it answers counts, how long it takes and what is lost does not. */
  readonly isCrowded?: true;
  /** With `ok: false`: why. With `ok`: it works, and not as it should. */
  readonly fault?: StageFault;
  /** The error's code or the tool's words, without addresses of customers or card data; for technicians. */
  readonly detail?: string;
}

/** Figures of a stage over the last 5 minutes. Times in ms, ratios 0..1; absent is unknown. */
export interface StageFigures {
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly jitterMs?: number;
  /** Share that was lost, and the lower bound of it that the number of looks allows to claim (Wilson, z = 1.64). */
  readonly loss?: number;
  readonly lossAtLeast?: number;
  /** Looks that these figures are made of. */
  readonly looks: number;
}
