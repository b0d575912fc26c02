import { deviceAtHubPort, deviceAtPort, isDeviceName } from "./usb-names.ts";

/**
 * What the kernel says of a USB device. `emi`: its own guess at interference. `cable`: at the cable. `protocol`: bytes were
 * damaged or no answer came. `reset`: it was set back to recover. `overCurrent`: its port was switched off.
 */
export type KernelSaying = "emi" | "cable" | "protocol" | "reset" | "overCurrent";

export interface KernelLine {
  /** A USB device's name, or a serial port's: `ttyUSB0`. */
  readonly about: string;
  readonly saying: KernelSaying;
}

type Row = readonly [saying: KernelSaying, pattern: RegExp];

/**
 * Texts of drivers/usb/core/hub.c and usb-serial, 2.6 to 6.x (link-health.md 3.2). Newer kernels name the port
 * (`usb 1-1-port2: …`), older ones the hub (`hub 1-1:1.0: port 2 …`).
 */
const SAYINGS: readonly Row[] = [
  ["emi", /disabled by hub \(EMI\?\)/],
  ["cable", /Maybe the USB cable is bad/],
  ["overCurrent", /over-?current (?:condition|change)/],
  ["protocol", /device descriptor read\/\w+, error -(?:71|84|110|32)\b/],
  ["protocol", /device not accepting address \d+, error -\d+/],
  ["protocol", /Device not responding to setup address/],
  ["protocol", /urb stopped: -(?:32|71|84|110)\b/],
  ["reset", /^reset .{1,40}USB device\b/],
];

/** @param message  Without time and level. `undefined` for what says nothing of interference. */
export function parseKernelLine(message: string): KernelLine | undefined {
  const [, kind, name, text] = /^(\S+) (\S+): (.*)$/.exec(message) ?? [];
  if (kind === undefined || name === undefined || text === undefined) return undefined;
  const saying = SAYINGS.find(([, pattern]) => pattern.test(text))?.[0];
  const about = saying === undefined ? undefined : subject(kind, name, text);
  return saying === undefined || about === undefined ? undefined : { about, saying };
}

function subject(kind: string, name: string, text: string): string | undefined {
  if (/^tty\w+$/.test(name)) return name;
  if (kind === "usb") return isDeviceName(name) ? name : deviceAtPort(name);
  const [, hub] = /^(\d+-\d+(?:\.\d+)*):\d+\.\d+$/.exec(name) ?? [];
  const [, port] = /port (\d+)/.exec(text) ?? [];
  return kind !== "hub" || hub === undefined || port === undefined ? undefined : deviceAtHubPort(hub, port);
}

/** The text of a line of `journalctl -o json`. A message with other bytes in it comes as a list of numbers: none of ours. */
export function messageOfJournal(line: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== "object" || entry === null || !("MESSAGE" in entry)) return undefined;
    return typeof entry.MESSAGE === "string" ? entry.MESSAGE : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The text of a record of `/dev/kmsg`: `priority,number,µs,flags[,more];text`. Lines that begin with a space are its fields.
 * What programs wrote there themselves has a facility other than the kernel's, 0.
 */
export function messageOfKmsg(line: string): string | undefined {
  const [, priority, text] = /^(\d+),\d+,\d+,[^;]*;(.*)$/.exec(line) ?? [];
  return priority === undefined || Number(priority) > 7 ? undefined : text;
}
