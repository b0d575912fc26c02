import type { DeviceIdentity } from "../domain/device.ts";

export type IdentityVerdict = "same" | "other" | "notTold";

/**
 * Whether the terminal that answers is the one that is meant. The serial decides where both have one, else the terminal
 * number; model and firmware may change. `notTold` when there is nothing to compare.
 */
export function compareIdentity(expected: DeviceIdentity | undefined, told: DeviceIdentity): IdentityVerdict {
  if (expected === undefined) return "notTold";
  for (const name of ["serial", "terminalNumber"] as const) {
    const [wanted, found] = [expected[name], told[name]];
    if (wanted !== undefined && found !== undefined) return unpadded(wanted) === unpadded(found) ? "same" : "other";
  }
  return "notTold";
}

/** People leave the zeros out that a protocol puts before a number. */
function unpadded(number: string): string {
  return number.replace(/^0+(?=.)/, "");
}

/** What is remembered after it has answered: what it does not tell this time stays as it was. */
export function rememberedIdentity(before: DeviceIdentity | undefined, told: DeviceIdentity): DeviceIdentity {
  return { ...before, ...told };
}

export function isSameIdentity(a: DeviceIdentity | undefined, b: DeviceIdentity): boolean {
  return (["serial", "terminalNumber", "model", "firmware"] as const).every((name) => a?.[name] === b[name]);
}
