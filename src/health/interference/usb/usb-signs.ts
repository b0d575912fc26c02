import type { Candidate } from "../weigh.ts";

/** What happened to one USB device, yes or no. `undefined`: nobody can say. */
export interface Signs {
  /** More than a hand does to a plug. */
  readonly isTrouble: boolean;
  /** Away for a moment only, several times. */
  readonly isAgain: boolean;
  readonly isVeryOften: boolean;
  /** Away several times, always about as long: as long as it takes to start. */
  readonly isAlikeLong: boolean;
  /** With others of its hub, more than once. */
  readonly isTogether: boolean;
  /** The hub itself went too. */
  readonly hubWent: boolean;
  readonly othersAreClean: boolean | undefined;
  /** In the same minute something happened behind another hub. */
  readonly isOnOtherHubsToo: boolean;
  readonly hasEmi: boolean;
  readonly hasCable: boolean;
  readonly hasProtocol: boolean;
  /** The kernel said nothing of damaged bytes. */
  readonly hasNoErrors: boolean | undefined;
  readonly overCurrent: boolean | undefined;
  /** When it went, the machine's supply was low. */
  readonly lowSupply: boolean | undefined;
  readonly maySleep?: boolean;
}

/**
 * One device alone is that cable or device; all of one hub at once are the hub or its supply; what happens behind several
 * hubs, or what the kernel itself takes for interference, is interference only where the supply is known to be good: a low
 * one looks the same (link-health.md 3.2). Weights are starting values.
 */
export function candidates(signs: Signs): readonly Candidate[] {
  const { isAgain, isTogether, hasEmi, hasProtocol, lowSupply, overCurrent, othersAreClean } = signs;
  const isPower = overCurrent === true || lowSupply === true;
  const supplyIsGood = lowSupply === undefined ? undefined : !lowSupply;
  const noOverCurrent = overCurrent === undefined ? undefined : !overCurrent;
  return [
    {
      cause: "usbPower",
      must: [isPower],
      signs: [
        { weight: 0.7, holds: overCurrent },
        { weight: 0.7, holds: lowSupply },
        { weight: 0.1, holds: isTogether },
      ],
    },
    {
      cause: "usbHub",
      must: [isTogether, !isPower],
      signs: [
        { weight: 0.65, holds: true },
        { weight: 0.15, holds: signs.hubWent },
        { weight: 0.1, holds: !hasEmi },
      ],
    },
    {
      cause: "deviceRestarts",
      must: [signs.isAlikeLong, !isTogether, !isPower, !hasEmi, !hasProtocol],
      signs: [
        { weight: 0.5, holds: true },
        { weight: 0.15, holds: othersAreClean },
        { weight: 0.15, holds: signs.hasNoErrors },
        { weight: 0.1, holds: supplyIsGood },
      ],
    },
    {
      cause: "usbCable",
      must: [isAgain || signs.hasCable || hasProtocol, !isTogether, !isPower, !hasEmi, !signs.isOnOtherHubsToo],
      signs: [
        { weight: 0.45, holds: othersAreClean },
        { weight: 0.4, holds: signs.hasCable },
        { weight: 0.2, holds: hasProtocol },
        { weight: 0.2, holds: signs.isVeryOften },
        { weight: 0.1, holds: supplyIsGood },
        { weight: 0.1, holds: noOverCurrent },
      ],
    },
    {
      cause: "usbNoise",
      must: [hasEmi || (signs.isOnOtherHubsToo && (isAgain || hasProtocol)), !isPower, !isTogether],
      signs: [
        { weight: 0.45, holds: hasEmi },
        { weight: 0.3, holds: signs.isOnOtherHubsToo },
        { weight: 0.2, holds: supplyIsGood },
        { weight: 0.1, holds: noOverCurrent },
        { weight: 0.1, holds: hasProtocol },
      ],
    },
  ];
}
