/** Who the terminal says that it is. */
export interface ZvtIdentity {
  /** Eight digits, BMP 29. */
  readonly terminalNumber: string;
  /** At most fifteen characters, BMP 2A. */
  readonly merchantNumber: string;
  /** Digits, TLV 1F42. */
  readonly serial: string;
  /** TLV 1F40. */
  readonly model: string;
  /** TLV 1F41, and before the status of a 05 01. */
  readonly software: string;
}

export const USUAL_IDENTITY: ZvtIdentity = {
  terminalNumber: "52001234",
  merchantNumber: "455600112233",
  serial: "80012345",
  model: "SIM-ZVT",
  software: "SIM 13.08",
};

/** One that was swapped in: same make, other numbers. */
export function otherIdentity(identity: ZvtIdentity): ZvtIdentity {
  return { ...identity, terminalNumber: next(identity.terminalNumber), serial: next(identity.serial) };
}

function next(digits: string): string {
  return String(Number(digits) + 1).padStart(digits.length, "0");
}
