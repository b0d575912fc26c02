import { execFile } from "node:child_process";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { waitUntil } from "./wait-until.ts";

const run = promisify(execFile);

/** A network interface whose address comes and goes, as DHCP gives and takes it. Needs root and iproute2. */
export interface ShopInterface extends AsyncDisposable {
  readonly name: string;
  readonly address: string;
  takeAddress(): Promise<void>;
  giveAddress(): Promise<void>;
}

let made = 0;

async function ip(...args: string[]): Promise<void> {
  await run("ip", args);
}

/** With its address. @throws the tool's own words when the machine does not allow it. */
export async function shopInterface(): Promise<ShopInterface> {
  made += 1;
  const name = `tgw${process.pid % 100_000}n${made}`.slice(0, 15);
  // RFC 2544's range for tests of networks: it routes nowhere.
  const address = `198.19.${(process.pid + made) % 250}.9`;
  const giveAddress = async (): Promise<void> => ip("addr", "add", `${address}/32`, "dev", name);
  const other = name.replace("tgw", "tgx");
  await ip("link", "add", name, "type", "veth", "peer", "name", other);
  const remove = async (): Promise<void> => ip("link", "del", name);
  try {
    await giveAddress();
    await ip("link", "set", name, "up");
    await ip("link", "set", other, "up");
    // The kernel tells a little later that both ends are up, and only then does Node list it.
    await waitUntil(`${name} is up`, () => networkInterfaces()[name]?.some((one) => one.address === address));
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    name,
    address,
    takeAddress: async () => ip("addr", "del", `${address}/32`, "dev", name),
    giveAddress,
    [Symbol.asyncDispose]: remove,
  };
}
