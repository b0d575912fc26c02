import { DeviceError } from "../../domain/device.ts";
import { LATE, within } from "../transport/within.ts";
import type { HidListing, HidPort } from "./hid-port.ts";

/** ms. A wedged device holds the list up. */
const LIST_WITHIN_MS = 5000;

/**
 * All that is plugged in.
 *
 * @throws DeviceError `unavailable` as the port says it, `unreachable` when there is no list within 5 s or the system
 *   refuses it; the signal's reason when it fires.
 */
export async function listDevices(port: HidPort, signal: AbortSignal): Promise<readonly HidListing[]> {
  let listings: readonly HidListing[] | typeof LATE;
  try {
    listings = await within(LIST_WITHIN_MS, port.list(), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DeviceError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new DeviceError("unreachable", `USB devices cannot be listed: ${found}`, { found });
  }
  if (listings === LATE) throw new DeviceError("unreachable", "USB devices cannot be listed in time");
  return listings;
}
