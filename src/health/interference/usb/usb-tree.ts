import type { TerminalId } from "../../../domain/terminal.ts";
import type { SysFiles } from "../../../runtime/sys-files.ts";
import { deviceAtPort, deviceInPath, isDeviceName } from "./usb-names.ts";

export interface UsbDevice {
  readonly name: string;
  readonly isHub: boolean;
  /** Given anew each time that it is recognised. */
  readonly number?: number;
  /** Who makes it, which model, which piece: what is in the socket. */
  readonly identity: string;
  /** The kernel may put it to sleep while nobody uses it. */
  readonly maySleep?: boolean;
}

/** What `/sys` shows at one moment. */
export interface UsbTree {
  readonly devices: readonly UsbDevice[];
  /** By the device at the port: times that the port was switched off since its hub came. */
  readonly overCurrents: Readonly<Record<string, number>>;
}

const PLACE = "/sys/bus/usb/devices";
/** Device class of hubs (USB 2.0, 11.23.1). */
const HUB = "09";

/** `undefined` on a machine without USB. */
export async function readUsbTree(files: SysFiles): Promise<UsbTree | undefined> {
  const names = await files.names(PLACE);
  if (names.length === 0) return undefined;
  const [devices, ports] = await Promise.all([
    Promise.all(names.filter(isDeviceName).map(async (name) => deviceOf(files, name))),
    Promise.all(names.filter((name) => name.includes(":")).map(async (name) => portsOf(files, name))),
  ]);
  return { devices, overCurrents: Object.fromEntries(ports.flat()) };
}

async function deviceOf(files: SysFiles, name: string): Promise<UsbDevice> {
  const text = async (file: string): Promise<string | undefined> => files.text(`${PLACE}/${name}/${file}`);
  const [number, kind, control, ...identity] = await Promise.all([
    files.number(`${PLACE}/${name}/devnum`),
    text("bDeviceClass"),
    text("power/control"),
    text("idVendor"),
    text("idProduct"),
    text("serial"),
  ]);
  return {
    name,
    isHub: kind === HUB,
    identity: identity.map((one) => one ?? "").join(":"),
    ...(number === undefined ? {} : { number }),
    ...(control === undefined ? {} : { maySleep: control === "auto" }),
  };
}

async function portsOf(files: SysFiles, hub: string): Promise<readonly (readonly [string, number])[]> {
  const ports = (await files.names(`${PLACE}/${hub}`)).flatMap((port): readonly (readonly [string, string])[] => {
    const device = deviceAtPort(port);
    return device === undefined ? [] : [[port, device]];
  });
  const found = await Promise.all(
    ports.map(async ([port, device]) => {
      const count = await files.number(`${PLACE}/${hub}/${port}/over_current_count`);
      return count === undefined ? [] : [[device, count] as const];
    }),
  );
  return found.flat();
}

/** The USB device behind a serial port. @param path  Device node, or a name that udev gave it. */
async function deviceOfPort(files: SysFiles, path: string): Promise<string | undefined> {
  const tty = (await files.linkName(path)) ?? path.slice(path.lastIndexOf("/") + 1);
  return deviceOfTty(files, tty);
}

/** @param tty  `ttyUSB0`, `ttyACM0`. `undefined` for one that is built in. */
export async function deviceOfTty(files: SysFiles, tty: string): Promise<string | undefined> {
  const link = await files.link(`/sys/class/tty/${tty}`);
  return link === undefined ? undefined : deviceInPath(link);
}

/** Whose bytes go over which device. */
export async function terminalsByDevice(
  files: SysFiles,
  paths: ReadonlyMap<TerminalId, string>,
): Promise<ReadonlyMap<string, TerminalId>> {
  const found = new Map<string, TerminalId>();
  for (const [terminal, path] of paths) {
    const device = await deviceOfPort(files, path);
    if (device !== undefined) found.set(device, terminal);
  }
  return found;
}
