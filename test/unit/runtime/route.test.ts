import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { sourceOf } from "../../../src/runtime/route.ts";

function v4(address: string): NetworkInterfaceInfo {
  return { address, family: "IPv4", netmask: "255.255.255.0", mac: "00:00:00:00:00:00", internal: false, cidr: null };
}

function v6(address: string, scopeid = 0): NetworkInterfaceInfo {
  return { address, family: "IPv6", scopeid, netmask: "ffff::", mac: "00:00:00:00:00:00", internal: false, cidr: null };
}

const INTERFACES = { eth0: [v4("192.168.1.2"), v6("fe80::1", 2), v6("2001:db8::2")], wwan0: [v6("fe80::9", 3)] };
const ETH = { name: "dsl", interface: "eth0" };

test("a route that says nothing leaves it to the system", () => {
  expect(sourceOf({ name: "system" }, "host.example", INTERFACES)).toEqual({});
});

test("an interface stands for the address that it has now, of the peer's family", () => {
  expect(sourceOf(ETH, "203.0.113.1", INTERFACES)).toEqual({ localAddress: "192.168.1.2", family: 4 });
  expect(sourceOf(ETH, "2001:db8::1", INTERFACES)).toEqual({ localAddress: "2001:db8::2", family: 6 });
  expect(sourceOf(ETH, "host.example", INTERFACES)).toEqual({ localAddress: "192.168.1.2", family: 4 });
});

test("an interface without an address, or that is not there, is no way out", () => {
  expect(sourceOf({ name: "lte", interface: "wwan0" }, "host.example", INTERFACES)).toBeUndefined();
  expect(sourceOf({ name: "lte", interface: "usb9" }, "host.example", INTERFACES)).toBeUndefined();
});

test("an address is taken as it stands, where it fits the peer", () => {
  const lte = { name: "lte", sourceAddress: "192.168.8.2" };
  expect(sourceOf(lte, "host.example", {})).toEqual({ localAddress: "192.168.8.2", family: 4 });
  expect(sourceOf(lte, "2001:db8::1", {})).toBeUndefined();
});

test("an address of an interface counts only while the interface has it", () => {
  expect(sourceOf({ ...ETH, sourceAddress: "192.168.1.2" }, "203.0.113.1", INTERFACES)).toMatchObject({
    localAddress: "192.168.1.2",
  });
  expect(sourceOf({ ...ETH, sourceAddress: "192.168.1.9" }, "203.0.113.1", INTERFACES)).toBeUndefined();
});
