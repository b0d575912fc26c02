import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * A shop as a host of its own: a network namespace joined to this one by a cable (veth). What runs inside reaches us at
 * `outside`, we reach it at `inside`; nothing can leave the machine. Needs root, iproute2 and nftables.
 */
export interface ShopNamespace extends AsyncDisposable {
  /** Address of the shop's end. */
  readonly inside: string;
  /** Address of this end, where broker and acquirer listen. */
  readonly outside: string;
  /** Command line that runs a program inside. */
  readonly prefix: readonly string[];
  /** Drops every packet of the shop to that TCP port: no reset, just silence, both ways. */
  blackHole(port: number): Promise<void>;
  /** Refuses connections to that TCP port with a reset, and resets those that are open. */
  refuse(port: number): Promise<void>;
  /** Adds a rule of nft(8) to what comes into the namespace, or goes out of it. */
  rule(way: "in" | "out", rule: string): Promise<void>;
  /** Lets everything pass again. */
  clear(): Promise<void>;
}

let made = 0;

async function ip(...args: string[]): Promise<void> {
  await run("ip", args);
}

/** @throws the tool's own words when the machine does not allow it; a test must not pass over that in silence. */
export async function shopNamespace(): Promise<ShopNamespace> {
  made += 1;
  const id = `${process.pid % 10_000}${made}`;
  const name = `tg-${id}`;
  // RFC 2544's range for tests of networks: it routes nowhere.
  const net = `198.18.${(process.pid + made) % 250}`;
  const inside = `${net}.2`;
  const outside = `${net}.1`;
  const ours = `tgo${id}`.slice(0, 15);
  const theirs = `tgi${id}`.slice(0, 15);
  const nft = async (rules: string): Promise<void> => {
    await run("ip", ["netns", "exec", name, "nft", rules]);
  };
  await ip("netns", "add", name);
  const remove = async (): Promise<void> => {
    await ip("netns", "del", name);
  };
  try {
    await ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", name);
    await ip("addr", "add", `${outside}/24`, "dev", ours);
    await ip("link", "set", ours, "up");
    await ip("-n", name, "addr", "add", `${inside}/24`, "dev", theirs);
    await ip("-n", name, "link", "set", theirs, "up");
    await ip("-n", name, "link", "set", "lo", "up");
    await nft("add table inet weather");
    await nft("add chain inet weather out { type filter hook output priority 0 ; }");
    await nft("add chain inet weather in { type filter hook input priority 0 ; }");
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    inside,
    outside,
    prefix: ["ip", "netns", "exec", name],
    blackHole: async (port) => {
      await nft(`add rule inet weather out tcp dport ${port} drop`);
      await nft(`add rule inet weather in tcp sport ${port} drop`);
    },
    refuse: async (port) => {
      await nft(`add rule inet weather out tcp dport ${port} reject with tcp reset`);
    },
    rule: async (way, rule) => nft(`add rule inet weather ${way} ${rule}`),
    clear: async () => {
      await nft("flush chain inet weather out");
      await nft("flush chain inet weather in");
    },
    [Symbol.asyncDispose]: remove,
  };
}
