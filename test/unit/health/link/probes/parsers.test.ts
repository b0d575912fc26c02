import { describe, expect, test } from "vitest";
import { parseRoutes } from "../../../../../src/health/link/probes/default-route.ts";
import { parseResolvConf } from "../../../../../src/health/link/probes/name-probe.ts";
import { parseNeighbours } from "../../../../../src/health/link/probes/neighbours.ts";
import { parsePing } from "../../../../../src/health/link/probes/ping.ts";

const HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";

describe("the default route", () => {
  test("is the one with the lowest metric, its gateway read from the machine's byte order", () => {
    const text = [
      HEAD,
      "wwan0\t00000000\t00000000\t0001\t0\t0\t700\t00000000\t0\t0\t0",
      "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
      "eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
    ].join("\n");
    expect(parseRoutes(text)).toEqual({ interface: "eth0", gateway: "192.168.1.1" });
  });

  test("of a modem has no gateway", () => {
    expect(parseRoutes(`${HEAD}\nwwan0\t00000000\t00000000\t0001\t0\t0\t700\t00000000\t0\t0\t0`)).toEqual({
      interface: "wwan0",
    });
  });

  test("is none where there is none, where it is not up, and where the text is another", () => {
    expect(parseRoutes("")).toBeUndefined();
    expect(parseRoutes(HEAD)).toBeUndefined();
    expect(
      parseRoutes(`${HEAD}\neth0\t00000000\t0101A8C0\t0002\t0\t0\t100\t00000000\t0\t0\t0\nnonsense`),
    ).toBeUndefined();
  });
});

describe("name servers", () => {
  test("are those of resolv.conf, at most three, whatever else stands there", () => {
    const text =
      "# nameserver 1.1.1.1\nsearch lan\n nameserver 192.168.1.1\nnameserver\t::1\nnameserver a b\nnameserver d\n";
    expect(parseResolvConf(text)).toEqual(["192.168.1.1", "::1", "a"]);
    expect(parseResolvConf("")).toEqual([]);
  });
});

describe("a neighbour", () => {
  test.each([
    ['[{"dst":"10.0.0.1","dev":"eth0","lladdr":"02:00:00:00:00:01","state":["REACHABLE"]}]', "there"],
    ['[{"dst":"10.0.0.1","dev":"eth0","state":["FAILED"]}]', "gone"],
    ['[{"dst":"10.0.0.1","dev":"eth0","state":["STALE"]}]', "unsure"],
    ['[{"dst":"10.0.0.1","state":["FAILED"]},{"dst":"10.0.0.1","state":["REACHABLE"]}]', "there"],
    ['[{"dst":"10.0.0.1"}]', "unsure"],
    ["[ ]", "unsure"],
    ["", "unsure"],
    ["Error: an inet address is expected", "unsure"],
  ])("%s is %s", (text, state) => {
    expect(parseNeighbours(text)).toBe(state);
  });
});

describe("a ping", () => {
  test("tells what was sent, what came back and how long it took", () => {
    const text = [
      "PING 192.168.1.1 (192.168.1.1) 56(84) bytes of data.",
      "",
      "--- 192.168.1.1 ping statistics ---",
      "3 packets transmitted, 2 received, 33% packet loss, time 402ms",
      "rtt min/avg/max/mdev = 0.322/0.410/0.507/0.075 ms",
    ].join("\n");
    expect(parsePing(text)).toEqual({ sent: 3, received: 2, averageMs: 0.41 });
  });

  test("that nobody answered has no time, and another text says nothing", () => {
    expect(parsePing("3 packets transmitted, 0 received, 100% packet loss, time 409ms")).toEqual({
      sent: 3,
      received: 0,
    });
    expect(parsePing("ping: socket: Operation not permitted")).toBeUndefined();
  });
});
