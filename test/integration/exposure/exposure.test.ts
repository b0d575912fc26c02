import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { linkSchema } from "../../../src/contract/link.ts";
import { exposureSchema } from "../../../src/contract/exposure.ts";
import { MEASURES } from "../../../src/domain/exposure.ts";
import type { Terminal, TerminalOptions } from "../../../src/sim/terminal/terminal.ts";
import { Shop } from "../../support/shop.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { approved } from "../sim/counter.ts";

const run = promisify(execFile);

let shop: Shop;
let taken = 0;

beforeAll(async () => {
  shop = await Shop.open({ terminals: 6 });
});

afterAll(async () => {
  await shop[Symbol.asyncDispose]();
});

async function signedIn(options: Partial<TerminalOptions> = {}): Promise<Terminal> {
  taken += 1;
  const terminal = shop.terminal(taken, { receiveMs: 800, lineUse: "operation", ...options });
  expect(await terminal.signIn()).toEqual({ shown: "done" });
  return terminal;
}

async function exposure(): Promise<z.output<typeof exposureSchema>> {
  return exposureSchema.parse(JSON.parse(await shop.get("/api/v1/exposure")));
}

async function retained(topic: "exposure" | "link"): Promise<unknown> {
  const args = [
    "-h",
    "127.0.0.1",
    "-p",
    String(shop.broker.port),
    "-t",
    `tillgate/v1/+/+/+/${topic}`,
    "-C",
    "1",
    "-W",
    "10",
  ];
  const { stdout } = await run("mosquitto_sub", args);
  return JSON.parse(stdout);
}

/** What stands at risk of one terminal: measure → how many, and how much of it the shop is to get. */
async function atRisk(number: number): Promise<Readonly<Record<string, readonly [count: number, debit: number]>>> {
  const now = await exposure();
  const found = MEASURES.flatMap((measure) =>
    now[measure].sums
      .filter(({ terminal }) => terminal === `till-${number}`)
      .map(({ count, debit }): [string, readonly [number, number]] => [measure, [count, debit]]),
  );
  return Object.fromEntries(found);
}

async function risksOf(number: number, expected: Awaited<ReturnType<typeof atRisk>>): Promise<void> {
  const wanted = JSON.stringify(expected);
  await waitUntil(`till-${number} stands as ${wanted}`, async () => JSON.stringify(await atRisk(number)) === wanted);
}

describe("money at risk in a shop", () => {
  it("is unsettled from its approval to the settlement, and reported when headquarters has confirmed it", async () => {
    const till = await signedIn();
    const sale = approved(await till.sale(10_000));
    approved(await till.sale(2_500));
    await risksOf(1, { unsettled: [2, 12_500] });
    approved(await till.void(sale));
    await risksOf(1, { unsettled: [1, 2_500] });
    await waitUntil("headquarters has confirmed all", async () => (await exposure()).unreported.records === 0);
    expect(await till.settle()).toMatchObject({ shown: "settled", domestic: "balanced" });
    await risksOf(1, {});
  });

  it("is unreported while headquarters is away", async () => {
    await shop.stopHq();
    const till = await signedIn();
    approved(await till.sale(777));
    const { unreported } = await waitUntil("it is told", async () => {
      const now = await exposure();
      return now.unreported.count > 0 ? now : undefined;
    });
    expect(unreported.sums).toMatchObject([{ terminal: "till-2", currency: "CNY", count: 1, debit: 777 }]);
    shop.startHq();
    await waitUntil("headquarters has confirmed all", async () => (await exposure()).unreported.records === 0);
  });

  it("is a reversal that a terminal gave up: health says so and what to do, metrics too", async () => {
    const till = await signedIn({ reversalResends: 0 });
    shop.acquirer.next({ de41: till.de41, delivery: "silent" });
    shop.acquirer.next({ de41: till.de41, on: "reversal", delivery: "silent", booked: false });
    await till.sale(50_000);
    await till.payDebts();
    approved(await till.sale(100));
    await risksOf(3, { reversalAbandoned: [1, 50_000], unsettled: [1, 100] });
    const health = await shop.get("/health");
    expect(health).toContain("a terminal gave a reversal up");
    expect(health).toContain("Call the acquirer's hotline");
    const labels = 'measure="reversalAbandoned",terminal="till-3",currency="CNY"';
    expect(await shop.metric("tillgate_exposure_items", labels)).toBe(1);
    expect(await shop.metric("tillgate_exposure_amount_minor", `${labels},side="debit"`)).toBe(50_000);
  });

  it("stands retained at the broker, for whoever looks later", async () => {
    await waitUntil("the broker holds what the gateway knows", async () => {
      const [text, now] = await Promise.all([retained("exposure"), exposure()]);
      const held = exposureSchema.parse(text);
      return (
        held.reversalAbandoned.count === 1 &&
        JSON.stringify(held.reversalAbandoned.sums) === JSON.stringify(now.reversalAbandoned.sums)
      );
    });
  });

  it("has the way out of the shop beside it, with every terminal", async () => {
    await waitUntil("the broker holds the terminal's stage and its own", async () => {
      const { stages } = linkSchema.parse(await retained("link"));
      const held = stages.map(({ stage, subject = "" }) => `${stage} ${subject}`);
      return held.includes("terminals till-1") && held.includes(`hqMqtt 127.0.0.1:${shop.broker.port}`);
    });
  });

  it("is in doubt at once when its connection ends, and the same after kill -9 and after a clean stop", async () => {
    const till = await signedIn();
    shop.acquirer.next({ de41: till.de41, delivery: "silent" });
    await till.sale(30_000);
    till.hangUp();
    await risksOf(4, { inDoubt: [1, 30_000] });
    const before = await exposure();
    for (const end of [() => shop.kill(), () => shop.stop()]) {
      await end();
      await shop.start();
      await risksOf(4, { inDoubt: [1, 30_000] });
      const after = await exposure();
      for (const measure of MEASURES) {
        expect(after[measure].sums).toEqual(before[measure].sums);
        expect(after[measure].oldestAgeS ?? 0).toBeGreaterThanOrEqual(before[measure].oldestAgeS ?? 0);
      }
    }
  });
});
