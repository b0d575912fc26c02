import type { Instant } from "./clock.ts";
import type { TerminalId } from "./terminal.ts";
import type { Words } from "./words.ts";

/** What bytes travel over. */
export type ChannelKind = "wifi" | "cellular" | "ethernet" | "serial" | "usb";

/**
 * Why a channel is disturbed, and what only looks like it: `false` is no interference, and has a cause of its own so that
 * nobody goes hunting for a microwave oven.
 */
export const IS_INTERFERENCE = {
  // Wi-Fi
  nonWifiEnergy: true,
  neighbourWifi: true,
  hiddenNode: true,
  noiseFloorRaised: true,
  ownLoad: false,
  weakCoverage: false,
  accessPointLost: false,
  // mobile
  cellInterference: true,
  cellWeak: false,
  // Ethernet
  ethernetNoise: true,
  badCablePair: false,
  duplexMismatch: false,
  // serial and USB
  lineNoise: true,
  wrongLineSettings: false,
  usbNoise: true,
  usbPower: false,
  usbHub: false,
  usbCable: false,
  deviceRestarts: false,
  // across channels
  environment: true,
  badCable: false,
  receiverOverrun: false,
  countersRestarted: false,
  notEnoughEvidence: false,
} as const;
export type InterferenceCause = keyof typeof IS_INTERFERENCE;

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
  /** What could not be read, and why: a tool that is missing, a driver that must not be asked. */
  readonly unread?: Words;
  /** Absent while nothing is wrong. */
  readonly verdict?: InterferenceVerdict;
}

/** One channel as the health tree shows it. */
export interface ChannelView extends Omit<ChannelReport, "verdict"> {
  /** Of the newest look. */
  readonly at: Instant;
  readonly verdict?: InterferenceVerdict & { readonly since: Instant };
}

/** One look at a kind of channel. It remembers counters from look to look: each user of it has one of its own. */
export interface ChannelProbe {
  readonly kind: ChannelKind;
  /** ms between looks in the daily round; the hunt looks every second. */
  readonly everyMs: number;
  /** Never rejects for what a tool or driver does not have: then there is no report, or a figure fewer. */
  look(signal: AbortSignal): Promise<readonly ChannelReport[]>;
  /** What has to be heard between the looks. Rejects for nothing; ends with the signal, when all that it opened is closed. */
  follow?(signal: AbortSignal): Promise<void>;
}
