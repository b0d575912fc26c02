import { expect, test } from "vitest";
import { terminalId } from "../../../src/domain/terminal.ts";
import {
  echoTopic,
  hqStatusTopic,
  hqSubscriptions,
  parseGatewayTopic,
  receiptsTopic,
  recordTopic,
  retainedTopic,
  statusTopic,
} from "../../../src/contract/topics.ts";

const ADDRESS = { tenant: "acme", site: "shop-1", gateway: "gw_1" };

test("topics are those of the public contract", () => {
  expect(recordTopic(ADDRESS, "records", "transaction")).toBe("tillgate/v1/acme/shop-1/gw_1/records/transaction");
  expect(statusTopic(ADDRESS)).toBe("tillgate/v1/acme/shop-1/gw_1/status");
  expect(receiptsTopic(ADDRESS)).toBe("tillgate/v1/acme/shop-1/gw_1/receipts");
  expect(echoTopic(ADDRESS)).toBe("tillgate/v1/acme/shop-1/gw_1/echo");
  expect(retainedTopic(ADDRESS, "health")).toBe("tillgate/v1/acme/shop-1/gw_1/health");
  expect(retainedTopic(ADDRESS, `terminals/${terminalId("till-1")}`)).toBe(
    "tillgate/v1/acme/shop-1/gw_1/terminals/till-1",
  );
  expect(hqStatusTopic("acme")).toBe("hq/acme/status");
  expect(hqSubscriptions("acme")).toEqual([
    "tillgate/v1/acme/+/+/records/+",
    "tillgate/v1/acme/+/+/replay/+",
    "tillgate/v1/acme/+/+/status",
  ]);
});

test("a gateway's topic is taken apart again", () => {
  expect(parseGatewayTopic(recordTopic(ADDRESS, "replay", "gap"))).toEqual({
    address: ADDRESS,
    channel: "replay",
    kind: "gap",
  });
  expect(parseGatewayTopic(statusTopic(ADDRESS))).toEqual({ address: ADDRESS, channel: "status" });
});

test.each([
  "",
  "hq/acme/status",
  "tillgate/v2/acme/shop-1/gw_1/status",
  "tillgate/v1/acme/shop-1/status",
  "tillgate/v1/acme/shop-1/gw_1/status/more",
  "tillgate/v1/acme/shop-1/gw_1/records",
  "tillgate/v1/acme/shop-1/gw_1/records/unheard-of",
  "tillgate/v1/acme/shop-1/gw_1/records/gap/more",
  "tillgate/v1/acme/+/gw_1/status",
  "tillgate/v1/acme/../gw_1/status",
])("%j is nobody's topic", (topic) => {
  expect(parseGatewayTopic(topic)).toBeUndefined();
});
