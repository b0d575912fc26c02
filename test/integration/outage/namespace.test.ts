import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { MqttWatch } from "../../support/mqtt-watch.ts";
import { shopNamespace } from "../../support/shop-namespace.ts";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { expectKept } from "../promise/promise.ts";

/** @returns why there is no connection. */
async function knock(host: string, port: number): Promise<string | undefined> {
  const socket = connect({ host, port });
  return new Promise((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.once("connect", () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}

describe("a shop behind a line that fails (a network namespace; nftables cut it)", () => {
  test("sells while headquarters is out of reach, refuses fast while the acquirer is, and both agree afterwards", async () => {
    await using namespace = await shopNamespace();
    await using shop = await Shop.open({
      namespace,
      acquirer: { habits: { declineRate: 0.08, delayMs: [0, 40] } },
    });
    await using watch = await MqttWatch.open(shop.broker.port);
    const { ports } = shop;
    const connected = async (): Promise<boolean> => (await shop.metric("tillgate_uplink_connected")) === 1;
    await waitUntil("headquarters is online", connected);
    shop.startSelling();
    await shop.sold(20);

    // Silence: not even a reset tells anybody.
    await namespace.blackHole(ports.broker);
    await waitUntil("the gateway has noticed", async () => !(await connected()), { withinMs: 60_000 });
    await shop.sold(60);
    await namespace.clear();
    await waitUntil("the gateway is back", connected, { withinMs: 60_000 });
    await shop.sold(20);

    await namespace.refuse(ports.broker);
    await waitUntil("the gateway has noticed", async () => !(await connected()), { withinMs: 60_000 });
    await shop.sold(60);

    // The one line of the shop: nobody is reached any more, and nobody sells.
    await namespace.clear();
    await namespace.blackHole(ports.broker);
    await namespace.blackHole(ports.acquirer);
    await waitUntil(
      "the terminals are refused before they send",
      async () => (await shop.get("/readyz")).includes("no acquirer"),
      { withinMs: 60_000 },
    );
    expect(await knock(namespace.inside, ports.relay), "refused at once, not left to wait").toBe("ECONNREFUSED");
    const atHost = shop.acquirer.totals().requests;
    expect(await shop.metric("tillgate_uplink_unconfirmed_records")).toBeGreaterThan(60);
    await namespace.clear();
    await waitUntil("terminals reach their acquirer again", () => shop.acquirer.totals().requests > atHost, {
      withinMs: 60_000,
    });
    await shop.sold(20);

    const settled = await shop.settle();

    expectKept(settled, "after the line was cut three times");
    expect(settled.transactions).toBeGreaterThan(180);
    expect(settled.doubts.length, "the last cut left questions open").toBeGreaterThan(0);
    expect(watch.count("/records/transaction"), "what was on time").toBeGreaterThan(20);
    expect(watch.count("/replay/transaction"), "what was late").toBeGreaterThan(100);
    expect(watch.count("/health"), "each change of state was told").toBeGreaterThan(2);
    expect(shop.said()).not.toContain("relay.notRecorded");
  }, 240_000);
});
