import { describe, expect, test } from "vitest";
import type { TransactionRecord } from "../../../src/domain/transaction.ts";
import { recordBodies } from "../../support/hq-records.ts";
import { Shop } from "../../support/shop.ts";
import { smallDisk } from "../../support/small-disk.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { expectKept } from "../promise/promise.ts";

const KEYS = { minFreeMb: 1, ballastMb: 1, quotaMb: 64 };
const PATIENT = { withinMs: 90_000 };

async function heldAre(shop: Shop, fits: (held: number) => boolean): Promise<boolean> {
  return fits(await shop.metric("tillgate_records_held"));
}

function entryKey(entry: { readonly de41?: string; readonly batch?: string; readonly stan: string }): string {
  return `${entry.de41} ${entry.batch} ${entry.stan}`;
}

describe("a shop whose disk does not take records (ext4 on a loop device)", () => {
  test("a full disk stops no sale; what it refused is written in order when space is back, and HQ holds all", async () => {
    await using disk = await smallDisk();
    await using shop = await Shop.open({ store: { directory: `${disk.path}/store`, ...KEYS } });
    shop.startSelling();
    await shop.sold(20);
    await disk.fill();
    await waitUntil("records wait in memory", async () => heldAre(shop, (held) => held > 0), PATIENT);
    await shop.sold(60);
    expect(await shop.get("/readyz")).toContain("store.full");
    expect(await shop.get("/health")).toContain("wait in memory, and are lost when the power goes");
    expect(await shop.metric("tillgate_records_held")).toBeGreaterThan(100);

    await disk.free();
    await waitUntil("they are written", async () => heldAre(shop, (held) => held === 0), PATIENT);
    await shop.sold(20);
    const settled = await shop.settle();
    expectKept(settled, "after the disk was full");
    expect(settled.records.some(({ transaction }) => transaction.forwardedBeforeDurable === true)).toBe(true);
    expect(recordBodies(shop.hqDatabase, "gap"), "all of it fitted into memory").toEqual([]);
    expect(await shop.metric("tillgate_records_not_recorded_total")).toBe(0);
    expect(shop.said()).toContain("store.ballastReleased");
    await waitUntil(
      "a sale can be recorded again",
      async () => !(await shop.get("/readyz")).includes("store."),
      PATIENT,
    );
  }, 300_000);

  test("what memory cannot hold is one gap at HQ, with the count and the sum that the books lack", async () => {
    await using disk = await smallDisk();
    await using shop = await Shop.open({ store: { directory: `${disk.path}/store`, ...KEYS, ballastMb: 0 } });
    shop.startSelling({ pauseMs: 0 });
    await shop.sold(20);
    await disk.fill();
    const notRecorded = async (): Promise<number> => shop.metric("tillgate_records_not_recorded_total");
    await waitUntil("memory is full", async () => (await notRecorded()) > 150, { withinMs: 200_000 });
    await shop.stopSelling();
    await disk.free();
    await waitUntil("the rest is written", async () => heldAre(shop, (held) => held === 0), PATIENT);
    await shop.delivered();

    const [gap, ...others] = recordBodies(shop.hqDatabase, "gap");
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ event: "notRecorded", code: "store.full", count: await notRecorded() });
    const { records } = shop.audit();
    const newest = new Map(
      records.map((record): [string, TransactionRecord] => [entryKey(record.transaction), record]),
    );
    const lacking = shop.acquirer
      .books()
      .filter((entry) => entry.amount > 0 && [undefined, "requested"].includes(newest.get(entryKey(entry))?.event));
    const amount = lacking.reduce((sum, entry) => sum + entry.amount, 0);
    expect(lacking.length).toBeGreaterThan(50);
    expect(gap).toMatchObject({ sums: [{ currency: "CNY", count: lacking.length, amount }] });
    expect(shop.audit().hq).toMatchObject({ forks: 0, gaps: 0, chainBreaks: 0, damaged: 0 });
  }, 400_000);

  test("a stop with records in memory says how many and what sum are lost, and the next start goes on", async () => {
    await using disk = await smallDisk();
    await using shop = await Shop.open({ store: { directory: `${disk.path}/store`, ...KEYS, ballastMb: 0 } });
    shop.startSelling();
    await shop.sold(20);
    await disk.fill();
    await waitUntil("records wait in memory", async () => heldAre(shop, (held) => held > 20), PATIENT);
    await shop.stopSelling();
    const held = await shop.metric("tillgate_records_held");
    expect(await shop.stop()).toBe(0);
    const lost = shop
      .said()
      .split("\n")
      .find((line) => line.includes("records.lost"));
    expect(JSON.parse(lost ?? "{}")).toMatchObject({ event: "records.lost", sums: [{ currency: "CNY" }] });
    expect(Number(/"count":(\d+)/.exec(lost ?? "")?.[1])).toBeGreaterThanOrEqual(held);
    await disk.free();
    await shop.start();
    await shop.delivered();
    expect(shop.audit().hq).toMatchObject({ forks: 0, gaps: 0, chainBreaks: 0, damaged: 0 });
  }, 300_000);

  test("one that turns read-only is taken up again when it was checked and mounted anew, by the same process", async () => {
    await using disk = await smallDisk();
    await using shop = await Shop.open({ store: { directory: `${disk.path}/store`, ...KEYS } });
    shop.startSelling();
    await shop.sold(20);
    await disk.turnReadOnly();
    await waitUntil("records wait in memory", async () => heldAre(shop, (held) => held > 0), PATIENT);
    await shop.sold(40);
    expect(await shop.get("/readyz")).toMatch(/store\.(readOnly|ioError)/);
    const { pid } = shop.daemon;
    await disk.repair();
    await waitUntil("they are written", async () => heldAre(shop, (held) => held === 0), PATIENT);
    await shop.sold(20);
    const settled = await shop.settle();
    expectKept(settled, "after the disk was read-only");
    expect(shop.daemon.pid).toBe(pid);
    expect(settled.hq.streams).toHaveLength(1);
    expect(recordBodies(shop.hqDatabase, "gap")).toEqual([]);
  }, 300_000);
});
