import { readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Where udev keeps the names that outlive replugging. */
export interface NameDirectories {
  /** `/dev/serial/by-id`: named after the adapter's maker, model and serial number. */
  readonly byId: string;
  /** `/dev/serial/by-path`: named after the socket that it is plugged into. */
  readonly byPath: string;
  /** `/sys/class/tty`: what the adapter says of itself. */
  readonly sysTty: string;
}

const SYSTEM_DIRECTORIES: NameDirectories = {
  byId: "/dev/serial/by-id",
  byPath: "/dev/serial/by-path",
  sysTty: "/sys/class/tty",
};

export interface StableName {
  /** What to configure; `undefined` where udev gives the port no lasting name (built-in ports, containers). */
  readonly path: string | undefined;
  readonly by: "id" | "path" | "none";
  /** Other adapters claim the same name below by-id, or could: this one has no serial number of its own. */
  readonly isIdShared: boolean;
}

/**
 * The name of a serial port that stays the same when it is replugged or the machine restarts, unlike `/dev/ttyUSB0`.
 *
 * By the adapter's own id, so that it may go into any socket. By the socket where ids are not unique: cheap adapters
 * (CH340, PL2303) have no serial number, and others all have the same one; udev then lets the last one have the name.
 *
 * @throws the system's error (ENOENT, …) when the port is not there.
 */
export async function stableName(path: string, directories = SYSTEM_DIRECTORIES): Promise<StableName> {
  const node = await realpath(path);
  const [byId, byPath] = await Promise.all([linksIn(directories.byId), linksIn(directories.byPath)]);
  const id = linkTo(node, byId);
  const socket = linkTo(node, byPath);
  const isIdShared = isSomeoneNameless(byId, byPath) || (id !== undefined && (await lacksNumber(node, directories)));
  if (id !== undefined && (!isIdShared || socket === undefined)) return { path: id, by: "id", isIdShared };
  if (socket !== undefined) return { path: socket, by: "path", isIdShared };
  return { path: undefined, by: "none", isIdShared };
}

interface Link {
  readonly path: string;
  readonly node: string;
}

async function linksIn(directory: string): Promise<readonly Link[]> {
  const links: Link[] = [];
  for (const name of (await listOf(directory)).sort()) {
    const path = join(directory, name);
    try {
      links.push({ path, node: await realpath(path) });
    } catch {
      // Unplugged meanwhile.
    }
  }
  return links;
}

async function listOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch {
    // udev makes these directories with the first adapter.
    return [];
  }
}

/** The first in order of names: newer systemd gives a second one with `usbv2` or `usbv3` for the same socket. */
function linkTo(node: string, links: readonly Link[]): string | undefined {
  return links.find((link) => link.node === node)?.path;
}

/** An adapter in a socket whose id leads to another one: the two have the same id. */
function isSomeoneNameless(byId: readonly Link[], byPath: readonly Link[]): boolean {
  return byId.length > 0 && byPath.some(({ node }) => linkTo(node, byId) === undefined);
}

/** Steps from a tty up to its USB device: interface, device; for ttyUSB one more, the port. */
const STEPS_UP = 4;

/** Whether its USB device tells no serial number. False where that cannot be seen. */
async function lacksNumber(node: string, { sysTty }: NameDirectories): Promise<boolean> {
  try {
    let at = await realpath(join(sysTty, node.slice(node.lastIndexOf("/") + 1), "device"));
    for (let step = 0; step < STEPS_UP; step += 1, at = dirname(at)) {
      const files = await readdir(at);
      if (!files.includes("idVendor")) continue;
      return !files.includes("serial") || (await readFile(join(at, "serial"), "utf8")).trim() === "";
    }
  } catch {
    // No USB device, or no sysfs here.
  }
  return false;
}
