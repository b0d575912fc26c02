import type { SysFiles } from "../../runtime/sys-files.ts";

export interface NetworkPort {
  readonly name: string;
  readonly kind: "wifi" | "cellular" | "ethernet";
  /** Of the kernel: `brcmfmac`, `ath9k`, `r8152`. */
  readonly driver?: string;
}

/** `ARPHRD_ETHER` (linux/if_arp.h). */
const ETHER = 1;

/** Ports that are hardware: bridges, tunnels and virtual pairs have no device behind them. */
export async function networkPorts(files: SysFiles): Promise<readonly NetworkPort[]> {
  const found = await Promise.all((await files.names("/sys/class/net")).map(async (name) => portOf(files, name)));
  return found.flatMap((port) => port ?? []);
}

async function portOf(files: SysFiles, name: string): Promise<NetworkPort | undefined> {
  const place = `/sys/class/net/${name}`;
  const [inDevice, ofPort, phy, driver, type] = await Promise.all([
    files.names(`${place}/device`),
    files.text(`${place}/uevent`),
    files.names(`${place}/phy80211`),
    files.linkName(`${place}/device/driver`),
    files.number(`${place}/type`),
  ]);
  if (inDevice.length === 0) return undefined;
  const known = driver === undefined ? { name } : { name, driver };
  if (phy.length > 0 || ofPort?.includes("DEVTYPE=wlan") === true) return { ...known, kind: "wifi" };
  if (ofPort?.includes("DEVTYPE=wwan") === true || name.startsWith("wwan")) return { ...known, kind: "cellular" };
  return type === ETHER ? { ...known, kind: "ethernet" } : undefined;
}
