import type { TerminalId } from "./terminal.ts";
import type { Words } from "./words.ts";

/** What bytes travel over. */
export const CHANNEL_KINDS = ["wifi", "cellular", "ethernet", "serial", "usb"] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

/**
 * Why a channel is disturbed, and what only looks like it. `IS_INTERFERENCE` tells the two apart; what looks like
 * interference and is not has a cause of its own, so that nobody goes hunting for a microwave oven.
 */
export const INTERFERENCE_CAUSES = [
  // Wi-Fi
  "nonWifiEnergy",
  "neighbourWifi",
  "hiddenNode",
  "noiseFloorRaised",
  "usb3Noise",
  "ownLoad",
  "weakCoverage",
  "accessPointLost",
  // mobile
  "cellInterference",
  "cellWeak",
  // Ethernet
  "ethernetNoise",
  "badCablePair",
  "duplexMismatch",
  // serial and USB
  "lineNoise",
  "badCable",
  "wrongLineSettings",
  "receiverOverrun",
  "usbNoise",
  "usbPower",
  "usbCable",
  "deviceRestarts",
  // across channels
  "environment",
  "countersRestarted",
  "notEnoughEvidence",
] as const;
export type InterferenceCause = (typeof INTERFERENCE_CAUSES)[number];

/** Below this nothing is claimed: the verdict is `notEnoughEvidence`, and says what to measure next. 0..1. */
export const CONFIDENT_AT = 0.6;

/** A number that speaks for the verdict, with what is normal here. */
export interface Evidence {
  /** A stable word: `retryRatio`, `noiseDbm`, `frameErrorRate`. */
  readonly figure: string;
  readonly value: number;
  /** `1` for a ratio, `dBm`, `dB`, `ms`, `perMillion`, `perHour`, `count`. */
  readonly unit: string;
  /** This channel's own usual value, where it is known. */
  readonly usual?: number;
  /** The limit that it has crossed. */
  readonly limit?: number;
}

export interface InterferenceVerdict {
  readonly cause: InterferenceCause;
  /** 0..1. */
  readonly confidence: number;
  readonly evidence: readonly Evidence[];
  readonly advice: Words;
  /** With `notEnoughEvidence`: what to measure next. */
  readonly next?: Words;
}

/** What a probe found on one channel since it looked last. */
export interface ChannelReport {
  /** Kind and name, joined by a colon: `wifi:wlan0`, `serial:T2`, `usb:1-1.2`. */
  readonly channel: string;
  readonly kind: ChannelKind;
  /** Whose bytes travel here, where that is one terminal's. */
  readonly terminal?: TerminalId;
  /** Figures by name, as `Evidence` has them. What the driver or tool did not say is left out: absent is unknown, never 0. */
  readonly figures: Readonly<Record<string, number>>;
  /** Errors, retries or noise are well above what is usual here. Two buses in one minute point at the surroundings. */
  readonly risen: boolean;
  /** Absent while nothing is wrong. */
  readonly verdict?: InterferenceVerdict;
}

/** One look at a kind of channel. It remembers counters from look to look: each user of it has one of its own. */
export interface ChannelProbe {
  readonly kind: ChannelKind;
  /** ms between looks in the daily round; the hunt looks every second. */
  readonly everyMs: number;
  /** Never rejects for what a tool or driver does not have: then there is no report, or a figure fewer. */
  look(signal: AbortSignal): Promise<readonly ChannelReport[]>;
}
