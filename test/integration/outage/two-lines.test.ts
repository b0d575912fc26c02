import { expect, test } from "vitest";
import { recordBodies } from "../../support/hq-records.ts";
import { Shop } from "../../support/shop.ts";
import { twoLineShop } from "../../support/two-lines.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { expectKept } from "../promise/promise.ts";

test("a shop with two lines (veth pairs, policy routing) whose first is cut while terminals sell, sells on over the second", async () => {
  await using two = await twoLineShop();
  const [dsl, lte] = two.lines;
  const routes = [
    { name: "dsl", interface: dsl.interface },
    { name: "lte", interface: lte.interface },
  ];
  await using shop = await Shop.open({
    namespace: two.namespace,
    acquirer: { habits: { declineRate: 0.08, delayMs: [0, 40] } },
    relay: { routes },
    uplink: { routes },
  });
  const inUse = async (user: string): Promise<string> => {
    const lines = (await shop.get("/metrics")).split("\n").filter((line) => line.startsWith("tillgate_route_in_use"));
    const used = lines.find((line) => line.includes(`for="${user}"`) && line.endsWith(" 1"));
    return /route="(\w+)"/.exec(used ?? "")?.[1] ?? "none";
  };
  await waitUntil("headquarters is online", async () => (await shop.metric("tillgate_uplink_connected")) === 1);
  shop.startSelling();
  await shop.sold(20);
  expect(await inUse("uplink")).toBe("dsl");
  expect(await inUse("acquirer:unionpay")).toBe("dsl");
  const idle = await lte.bytes();

  await dsl.cut();
  await shop.sold(40);
  await waitUntil("both have gone over", async () => {
    const used = [await inUse("uplink"), await inUse("acquirer:unionpay")];
    return used.every((route) => route === "lte");
  });
  await shop.sold(40);
  expect(await lte.bytes(), "the second line carries it").toBeGreaterThan(idle + 10_000);
  expect(await shop.get("/health")).toContain("route lte is in use instead of dsl");

  const settled = await shop.settle();

  expectKept(settled, "after the first line was cut");
  expect(settled.transactions).toBeGreaterThan(90);
  expect(shop.acquirer.totals()).toMatchObject({ repeatedRequests: 0, afterTheirReversal: 0 });
  const moves = recordBodies(shop.hqDatabase, "link").filter(({ event }) => event === "routeChanged");
  expect(moves).toHaveLength(2);
  expect(moves).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ of: "acquirer", acquirer: "unionpay", from: "dsl", to: "lte" }),
      expect.objectContaining({ of: "uplink", from: "dsl", to: "lte" }),
    ]),
  );
}, 180_000);
