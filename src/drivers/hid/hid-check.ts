import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { DeviceError } from "../../domain/device.ts";
import type { DeviceFinding } from "../transport/device-finding.ts";
import { choose } from "./choose.ts";
import { type HidTarget, notPermitted } from "./hid-errors.ts";
import type { HidListing, HidPort } from "./hid-port.ts";
import { nodeHidPort } from "./node-hid-port.ts";

/** What can be seen of a HID device without opening it. */
export type HidLook =
  | { readonly is: "unusable"; readonly error: DeviceError }
  | { readonly is: "present"; readonly listing: HidListing };

/** Looks for a HID device. Opens nothing. @throws what the system says when USB cannot be listed. */
export async function lookAtHid(target: HidTarget, port: HidPort = nodeHidPort()): Promise<HidLook> {
  try {
    const listing = choose(await port.list(), target);
    if (listing instanceof DeviceError) return { is: "unusable", error: listing };
    if (!(await isReadableAndWritable(listing.path)))
      return { is: "unusable", error: notPermitted(target, listing.path) };
    return { is: "present", listing };
  } catch (error) {
    if (error instanceof DeviceError) return { is: "unusable", error };
    throw error;
  }
}

async function isReadableAndWritable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What `tillgate check` says of a configured HID device.
 *
 * @param owner  Whose it is, e.g. `terminal reader-1`.
 */
export function hidFindings(owner: string, look: HidLook): readonly DeviceFinding[] {
  if (look.is === "present") {
    const { product = "it", path } = look.listing;
    return [
      {
        level: "ok",
        what: owner,
        found: `${product} is there (${path}), and this user may open it`,
        remedy: "nothing",
      },
    ];
  }
  const { code, message, detail } = look.error;
  // Without HID everything else works: the shop can sell.
  const level = code === "unavailable" ? "warning" : "error";
  return [
    {
      level,
      what: owner,
      found: String(detail["found"] ?? message),
      remedy: String(detail["remedy"] ?? "see README.md"),
    },
  ];
}
