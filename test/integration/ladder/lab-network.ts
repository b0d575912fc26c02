import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Hosts of the lab; each is a network namespace. */
export const HOSTS = ["shop", "router", "provider", "internet", "hq", "acquirer"] as const;
export type Host = (typeof HOSTS)[number];

interface Cable {
  readonly from: Host;
  readonly to: Host;
  /** The first three numbers of its addresses (RFC 2544's range for tests). `from` has .1, `to` has .2. */
  readonly net: string;
}

/**
 * ```
 *  shop ── router ── provider ─┬─ internet (anchors, name server, a page)
 *                              ├─ hq (broker)
 *                              └─ acquirer
 * ```
 */
const CABLES: readonly Cable[] = [
  { from: "router", to: "shop", net: "198.18.1" },
  { from: "provider", to: "router", net: "198.18.2" },
  { from: "provider", to: "internet", net: "198.18.3" },
  { from: "provider", to: "hq", net: "198.18.4" },
  { from: "provider", to: "acquirer", net: "198.18.5" },
];

export const ADDRESSES = {
  router: "198.18.1.1",
  anchor: "198.18.3.2",
  otherAnchor: "198.18.3.3",
  nameServer: "198.18.3.4",
  hq: "198.18.4.2",
  acquirer: "198.18.5.2",
} as const;

/** Real kernels, cables and routes on one machine; nothing can leave it. Needs root, iproute2 and nftables. */
export class LabNetwork implements AsyncDisposable {
  readonly #id: string;

  private constructor(id: string) {
    this.#id = id;
  }

  static async build(): Promise<LabNetwork> {
    const lab = new LabNetwork(String(process.pid % 100_000));
    try {
      for (const host of HOSTS) await lab.#addHost(host);
      for (const cable of CABLES) await lab.#lay(cable);
      for (const address of [ADDRESSES.otherAnchor, ADDRESSES.nameServer]) {
        await lab.ip("internet", "addr", "add", `${address}/24`, "dev", "provider");
      }
      await lab.#route();
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
    return lab;
  }

  /** Command line that runs a program on that host. */
  on(host: Host): readonly string[] {
    return ["ip", "netns", "exec", this.#name(host)];
  }

  async ip(host: Host, ...args: string[]): Promise<void> {
    await run("ip", ["-n", this.#name(host), ...args]);
  }

  async tool(host: Host, command: string, ...args: string[]): Promise<string> {
    const [ip = "", ...prefix] = this.on(host);
    return (await run(ip, [...prefix, command, ...args])).stdout;
  }

  /** A rule of nft(8) for what the host lets pass, takes, or sends. */
  async rule(host: Host, way: "forward" | "input" | "output", rule: string): Promise<void> {
    await this.tool(host, "nft", `add rule inet weather ${way} ${rule}`);
  }

  /** Every cable is plugged in, every packet passes, every route stands. */
  async heal(): Promise<void> {
    for (const host of HOSTS) {
      for (const way of ["forward", "input", "output"]) await this.tool(host, "nft", `flush chain inet weather ${way}`);
    }
    await this.tool("router", "tc", "qdisc", "del", "dev", "provider", "root").catch(() => undefined);
    await this.ip("router", "link", "set", "shop", "up");
    await this.ip("provider", "link", "set", "router", "up");
    await this.ip("shop", "link", "set", "router", "up");
    await this.#route();
  }

  spawn(host: Host, command: string, args: readonly string[]): ChildProcess {
    const [ip = "", ...prefix] = this.on(host);
    return spawn(ip, [...prefix, command, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of HOSTS) {
      await run("ip", ["netns", "del", this.#name(host)]).catch(() => undefined);
      await rm(`/etc/netns/${this.#name(host)}`, { recursive: true, force: true });
    }
  }

  #name(host: Host): string {
    return `tgl${this.#id}-${host}`;
  }

  async #addHost(host: Host): Promise<void> {
    const name = this.#name(host);
    await run("ip", ["netns", "add", name]);
    await this.ip(host, "link", "set", "lo", "up");
    await this.tool(
      host,
      "sysctl",
      "-qw",
      "net.ipv4.ip_forward=1",
      "net.ipv4.ping_group_range=0 0",
      "net.ipv4.icmp_ratelimit=0",
      // A sender that fills queues, as nearly all do.
      "net.ipv4.tcp_congestion_control=reno",
    );
    await this.tool(host, "nft", "add table inet weather");
    for (const way of ["forward", "input", "output"]) {
      await this.tool(host, "nft", `add chain inet weather ${way} { type filter hook ${way} priority 0 ; }`);
    }
    // ip-netns(8) puts files of this folder in place of those in /etc.
    await mkdir(`/etc/netns/${name}`, { recursive: true });
    await writeFile(
      `/etc/netns/${name}/resolv.conf`,
      `nameserver ${ADDRESSES.nameServer}\noptions timeout:1 attempts:1\n`,
    );
  }

  /** Each end is named after the host at the other end. */
  async #lay({ from, to, net }: Cable): Promise<void> {
    const [here, there] = [this.#name(from), this.#name(to)];
    await run("ip", ["link", "add", to, "netns", here, "type", "veth", "peer", "name", from, "netns", there]);
    await this.ip(from, "addr", "add", `${net}.1/24`, "dev", to);
    await this.ip(to, "addr", "add", `${net}.2/24`, "dev", from);
    await this.ip(from, "link", "set", to, "up");
    await this.ip(to, "link", "set", from, "up");
  }

  async #route(): Promise<void> {
    await this.ip("shop", "route", "replace", "default", "via", "198.18.1.1");
    await this.ip("router", "route", "replace", "default", "via", "198.18.2.1");
    await this.ip("provider", "route", "replace", "198.18.1.0/24", "via", "198.18.2.2");
    for (const [host, gateway] of [
      ["internet", "198.18.3.1"],
      ["hq", "198.18.4.1"],
      ["acquirer", "198.18.5.1"],
    ] as const) {
      await this.ip(host, "route", "replace", "default", "via", gateway);
    }
  }
}

/** Ends a child for good. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGCONT");
  child.kill("SIGKILL");
  await gone;
}
