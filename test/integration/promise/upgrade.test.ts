import { expect, test } from "vitest";
import { asSchema1 } from "../../support/ledger-schema-1.ts";
import { Shop } from "../../support/shop.ts";
import { expectKept } from "./promise.ts";

test("a daemon of today takes up the backlog that version 0.1.0 left behind, and headquarters gets all of it", async () => {
  await using shop = await Shop.open();
  const { stream } = shop.daemon;
  await shop.broker.kill();
  shop.startSelling();
  await shop.sold(60);
  await shop.stopSelling();
  expect(await shop.stop()).toBe(0);
  asSchema1(shop.store);
  await shop.start();
  expect(shop.daemon.stream).toBe(stream);
  expect(await shop.metric("tillgate_uplink_unconfirmed_records")).toBeGreaterThan(60);
  shop.startSelling();
  await shop.sold(10);
  await shop.broker.restart();

  const settled = await shop.settle();

  expectKept(settled, "after an upgrade with a backlog");
  expect(settled.hq.streams.map((one) => one.stream)).toEqual([stream]);
  expect(settled.hq.alarms).toEqual([]);
});
