import { basename } from "node:path/posix";
import type { KernelSaying } from "./kernel-lines.ts";
import type { UdevEvent } from "./udev-events.ts";
import { deviceAtPort, isDeviceName } from "./usb-names.ts";

/** Something that befell one USB device. */
export type UsbHappening =
  | { readonly what: "gone" | "came"; readonly device: string }
  /** Its port was switched off. `count`: so often since the hub came. */
  | { readonly what: "overCurrent"; readonly device: string; readonly count?: number }
  | { readonly what: "said"; readonly device: string; readonly saying: KernelSaying };

/** How many sequence numbers back an event of the other source may come. */
const REMEMBERED = 256;

/** Makes happenings of events, each once, whichever source has it first. Interfaces and other actions are nothing. */
export function happenings(): (event: UdevEvent) => UsbHappening | undefined {
  const seen = new Set<string>();
  return (event) => {
    const { SEQNUM: number } = event.properties;
    // Without a number both sources cannot be told to be one: the kernel's is there in any case.
    if (number === undefined ? event.source !== "kernel" : seen.has(number)) return undefined;
    if (number !== undefined) {
      seen.add(number);
      for (const oldest of seen.size > REMEMBERED ? [...seen].slice(0, REMEMBERED / 2) : []) seen.delete(oldest);
    }
    return happeningOf(event);
  };
}

function happeningOf({ action, path, properties }: UdevEvent): UsbHappening | undefined {
  const { OVER_CURRENT_PORT: port, OVER_CURRENT_COUNT: count } = properties;
  if (port !== undefined) {
    const device = deviceAtPort(basename(port));
    const times = Number(count);
    if (device === undefined) return undefined;
    return { what: "overCurrent", device, ...(Number.isInteger(times) ? { count: times } : {}) };
  }
  const device = basename(path);
  if (!isDeviceName(device)) return undefined;
  if (action === "add") return { what: "came", device };
  return action === "remove" ? { what: "gone", device } : undefined;
}
