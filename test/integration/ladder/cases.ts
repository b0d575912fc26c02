import type { StageFault } from "../../../src/domain/stage.ts";
import type { Lab } from "./lab.ts";

/** One way in which a shop's line breaks, and what must be said of it. */
export interface LadderCase {
  readonly name: string;
  /** `none`: people must not be sent to look for a fault that is none. */
  readonly verdict: StageFault | "none";
  /** Seconds of the gateway's own time within which it must be said; absent: 15. */
  readonly withinS?: number;
  /** Found out by the supervision of terminals, which knows no clock but the real one. */
  readonly isInRealTime?: true;
  break(lab: Lab): Promise<void>;
  /** Beside plugging every cable in and letting every packet pass. */
  heal?(lab: Lab): Promise<void>;
}

const HQ = "198.18.4.2";
const ACQUIRER = "198.18.5.2";

export const CASES: readonly LadderCase[] = [
  { name: "all is well", verdict: "none", break: async () => undefined },
  {
    name: "the cable to the router is pulled out at its other end",
    verdict: "interface.down",
    break: async ({ network }) => network.ip("router", "link", "set", "shop", "down"),
  },
  {
    name: "no default route",
    verdict: "router.noRoute",
    break: async ({ network }) => network.ip("shop", "route", "del", "default"),
  },
  {
    name: "the router is dead, its port has a light",
    verdict: "router.silent",
    break: async ({ network }) => {
      await network.tool("router", "nft", "add table arp weather");
      await network.tool(
        "router",
        "nft",
        "add chain arp weather in { type filter hook input priority 0 ; policy drop ; }",
      );
      await network.rule("router", "input", "iifname shop drop");
      await network.rule("router", "forward", "iifname shop drop");
      await network.ip("shop", "neigh", "flush", "all");
    },
    heal: async ({ network }) => {
      await network.tool("router", "nft", "delete table arp weather");
    },
  },
  {
    name: "the router answers neither ping nor connections",
    verdict: "none",
    break: async ({ network }) => network.rule("router", "input", "iifname shop drop"),
  },
  {
    name: "the provider's cable is cut",
    verdict: "provider.unreachable",
    break: async ({ network }) => network.ip("provider", "link", "set", "router", "down"),
  },
  {
    name: "the provider swallows everything",
    verdict: "provider.unreachable",
    break: async ({ network }) => network.rule("provider", "forward", "drop"),
  },
  {
    name: "the provider rejects everything",
    verdict: "provider.unreachable",
    break: async ({ network }) => network.rule("provider", "forward", "reject with icmp type net-unreachable"),
  },
  {
    name: "the provider loses 15 % of the packets",
    verdict: "provider.lossy",
    // Some must be lost first, and when that is, chance decides.
    withinS: 40,
    break: async ({ network }) => network.rule("provider", "forward", "numgen random mod 100 < 15 drop"),
  },
  {
    name: "the shop's own traffic fills the line",
    verdict: "provider.bufferbloat",
    // It must have lasted for some looks: a moment's queue is no news.
    withinS: 40,
    break: async (lab) => {
      // A narrow uplink with a deep queue, as modems have.
      const queue = ["root", "tbf", "rate", "1mbit", "burst", "8kb", "latency", "300ms"];
      await lab.network.tool("router", "tc", "qdisc", "add", "dev", "provider", ...queue);
      lab.startUpload();
    },
    heal: async (lab) => lab.stop("upload"),
  },
  {
    name: "one of two anchors is dead",
    verdict: "none",
    break: async ({ network }) => network.rule("provider", "forward", "ip daddr 198.18.3.3 drop"),
  },
  {
    name: "the name server is silent",
    verdict: "dns.timeout",
    break: async (lab) => lab.tellInternet({ dns: "silent" }),
    heal: async (lab) => lab.tellInternet({ dns: "answer" }),
  },
  {
    name: "the name server refuses",
    verdict: "dns.refused",
    break: async (lab) => lab.tellInternet({ dns: "refused" }),
    heal: async (lab) => lab.tellInternet({ dns: "answer" }),
  },
  {
    name: "the name is gone",
    verdict: "dns.noName",
    break: async (lab) => lab.tellInternet({ dns: "noName" }),
    heal: async (lab) => lab.tellInternet({ dns: "answer" }),
  },
  {
    name: "the name server fails",
    verdict: "dns.serverFailure",
    break: async (lab) => lab.tellInternet({ dns: "failure" }),
    heal: async (lab) => lab.tellInternet({ dns: "answer" }),
  },
  {
    name: "a sign-in page stands in the way",
    verdict: "portal.captive",
    break: async (lab) => {
      await lab.network.rule("provider", "forward", "tcp dport { 443, 8883, 9000 } drop");
      await lab.network.rule("provider", "forward", "tcp sport { 443, 8883, 9000 } drop");
      await lab.tellInternet({ page: 302 });
    },
    heal: async (lab) => lab.tellInternet({ page: 204 }),
  },
  {
    name: "headquarters is swallowed on the way",
    verdict: "hq.unreachable",
    break: async ({ network }) => network.rule("provider", "forward", `ip daddr ${HQ} drop`),
  },
  {
    name: "no way to headquarters, says a router",
    verdict: "hq.noRoute",
    break: async ({ network }) =>
      network.rule("provider", "forward", `ip daddr ${HQ} reject with icmp type host-unreachable`),
  },
  {
    name: "the broker does not run",
    verdict: "hq.refused",
    break: async (lab) => lab.stop("broker"),
    heal: async (lab) => lab.startBroker(),
  },
  {
    name: "the broker hangs",
    verdict: "hq.brokerSilent",
    break: async (lab) => lab.freeze("broker"),
    heal: async (lab) => lab.thaw("broker"),
  },
  {
    name: "headquarters' certificate has expired",
    verdict: "hq.certificateExpired",
    break: async (lab) => lab.startBroker(await lab.certificate({ days: 0 })),
    heal: async (lab) => lab.startBroker(),
  },
  {
    name: "headquarters' certificate begins tomorrow, by a clock that nobody has set",
    verdict: "box.clockWrong",
    break: async (lab) => lab.startBroker(await lab.certificateOfTomorrow()),
    heal: async (lab) => lab.startBroker(),
  },
  {
    name: "somebody else answers in headquarters' place",
    verdict: "hq.tlsIntercepted",
    break: async (lab) => lab.startBroker(await lab.strangersCertificate()),
    heal: async (lab) => lab.startBroker(),
  },
  {
    name: "headquarters has changed the password",
    verdict: "hq.notAuthorised",
    break: async (lab) => lab.startBroker(undefined, "another"),
    heal: async (lab) => lab.startBroker(),
  },
  {
    name: "the acquirer is swallowed on the way",
    verdict: "acquirer.unreachable",
    break: async (lab) => {
      await lab.network.rule("provider", "forward", `ip daddr ${ACQUIRER} drop`);
      await lab.sell(1);
    },
  },
  {
    name: "the acquirer's host does not run",
    verdict: "acquirer.refused",
    break: async (lab) => {
      await lab.stop("acquirer");
      await lab.sell(1);
    },
    heal: async (lab) => lab.startAcquirer(),
  },
  {
    name: "the acquirer takes requests and answers none",
    verdict: "acquirer.silent",
    break: async (lab) => {
      lab.freeze("acquirer");
      // One request that stays without an answer is a coincidence, three in a row are not.
      for (let sale = 0; sale < 3; sale += 1) await lab.sell(1);
    },
    heal: async (lab) => {
      lab.thaw("acquirer");
      await lab.sell(1);
    },
  },
  {
    name: "a terminal's power is off",
    verdict: "terminals.oneUnreachable",
    isInRealTime: true,
    break: async (lab) => lab.stop("terminal"),
    heal: async (lab) => lab.startTerminal(),
  },
];
