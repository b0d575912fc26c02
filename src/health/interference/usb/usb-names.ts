/**
 * Names of USB devices, as the kernel makes them: bus, then the ports on the way, `1-1.2`. They name a socket, not what is
 * plugged in.
 */

const DEVICE = /^\d+-\d+(?:\.\d+)*$/;

export function isDeviceName(name: string): boolean {
  return DEVICE.test(name);
}

/** The hub that a device is plugged into: `1-1` of `1-1.2`, `usb1` of `1-1`. */
export function hubOf(device: string): string {
  const dot = device.lastIndexOf(".");
  return dot === -1 ? `usb${device.slice(0, device.indexOf("-"))}` : device.slice(0, dot);
}

/** Whether `hub` lies on the way from the machine to `device`. */
export function isOnTheWay(hub: string, device: string): boolean {
  return device.startsWith(`${hub}.`);
}

/** The innermost device of a path below `/sys`: `1-1.2` of `…/usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0/tty/ttyUSB0`. */
export function deviceInPath(path: string): string | undefined {
  return path.split("/").findLast(isDeviceName);
}

/** What is or would be plugged into a port: `1-2` of `usb1-port2`, `1-1.2` of `1-1-port2`. */
export function deviceAtPort(port: string): string | undefined {
  const [, hub, number] = /^(usb\d+|\d+-\d+(?:\.\d+)*)-port(\d+)$/.exec(port) ?? [];
  return hub === undefined || number === undefined ? undefined : deviceBehind(hub, number);
}

/** The same, of a hub as older kernels name it: `3-0` for the machine's own, and a port's number. */
export function deviceAtHubPort(hub: string, number: string): string {
  const root = /^(\d+)-0$/.exec(hub)?.[1];
  return deviceBehind(root === undefined ? hub : `usb${root}`, number);
}

function deviceBehind(hub: string, number: string): string {
  return hub.startsWith("usb") ? `${hub.slice(3)}-${number}` : `${hub}.${number}`;
}
