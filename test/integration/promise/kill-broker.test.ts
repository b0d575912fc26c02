import { describe, expect, test } from "vitest";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { expectKept } from "./promise.ts";

const KILLS = 4;

describe("the way to headquarters that breaks while terminals sell", () => {
  test(`a mosquitto that is killed ${KILLS} times, and a headquarters that stops, crashes and begins again from its database`, async () => {
    await using shop = await Shop.open({ acquirer: { habits: { declineRate: 0.08, delayMs: [0, 40] } } });
    const { stream } = shop.daemon;
    shop.startSelling();
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await waitUntil("records flow", async () => (await shop.metric("tillgate_uplink_connected")) === 1);
      await shop.sold(20);
      await shop.broker.kill();
      if (kill % 2 === 0) await shop.stopHq();
      await shop.sold(20);
      await shop.broker.restart();
      if (kill % 2 === 0) shop.startHq();
    }
    await waitUntil("records flow", async () => (await shop.metric("tillgate_uplink_connected")) === 1);
    await shop.crashHq();
    await shop.sold(20);
    shop.startHq();

    const settled = await shop.settle();

    expectKept(settled, `after ${KILLS} kills of the broker`);
    expect(settled.transactions).toBeGreaterThan(100);
    expect(settled.hq.streams.map((one) => one.stream)).toEqual([stream]);
  }, 180_000);

  test("no broker at all when the daemon starts: it sells, and headquarters gets everything afterwards", async () => {
    await using shop = await Shop.open();
    await shop.broker.kill();
    expect(await shop.stop()).toBe(0);
    await shop.start();
    shop.startSelling();
    await shop.sold(100);
    await shop.stopSelling();
    expect(await shop.metric("tillgate_uplink_unconfirmed_records")).toBeGreaterThan(100);
    await shop.broker.restart();

    const settled = await shop.settle();

    expectKept(settled, "after a start without a broker");
    expect(settled.transactions).toBeGreaterThanOrEqual(100);
  });
});
