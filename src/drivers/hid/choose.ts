import type { DeviceError } from "../../domain/device.ts";
import { purposeOf } from "./codec/usage.ts";
import { absent, ambiguous, type HidTarget, isKeyboard, otherSerial } from "./hid-errors.ts";
import type { HidListing } from "./hid-port.ts";

/** Which of the listed collections is meant, or why none can be used. */
export function choose(listings: readonly HidListing[], target: HidTarget): HidListing | DeviceError {
  const ofModel = listings.filter(
    ({ vendorId, productId }) => vendorId === target.vendorId && productId === target.productId,
  );
  if (ofModel.length === 0) return absent(target);
  const meant = ofModel.filter(({ serial }) => target.serial === undefined || serial === target.serial);
  if (meant.length === 0) return otherSerial(target, ofModel[0]?.serial ?? "none");
  const usable = meant.filter(({ usagePage, usage }) => purposeOf(usagePage, usage) !== "keyboard");
  const best = usable.toSorted((a, b) => rank(a) - rank(b));
  const [first] = best;
  if (first === undefined) return isKeyboard(target);
  const alike = new Set(best.filter((other) => rank(other) === rank(first)).map(({ path }) => path));
  return alike.size === 1 ? first : ambiguous(target, alike.size);
}

/** A device with several collections is used by the one that is for tills. */
function rank({ usagePage, usage }: HidListing): number {
  switch (purposeOf(usagePage, usage)) {
    case "cardReader":
    case "barcodeScanner":
    case "scale":
    case "posOther":
      return 0;
    case "vendor":
      return 1;
    default:
      return 2;
  }
}
