import { copyFile, cp, rm } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { books } from "../../../src/sim/hq/books.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

describe("headquarters", () => {
  test("that comes back with an old backup gets everything since, once each", async () => {
    await using rig = await Rig.start();
    const backup = join(rig.path, "hq-backup.db");
    const first = rig.hq();
    const { uplink } = rig.uplink();
    await rig.sell(100);
    await rig.settled();
    expect(await first.running.stop()).toBeUndefined();
    await copyFile(join(rig.path, "hq.db"), backup);
    const second = rig.hq();
    await rig.sell(50);
    await rig.settled();
    expect(await second.running.stop()).toBeUndefined();
    await waitUntil("the gateway knows", () => !uplink.state().hqOnline);
    rig.hq({ databaseFile: backup });
    await waitUntil("it has everything again", () => books(backup).rows === 150);
    await rig.settled();
    expect(books(backup)).toMatchObject({ rows: 150, gaps: 0, forks: 0, chainBreaks: 0 });
    expect(uplink.counters()).toMatchObject({ hqFellBehind: 1 });
  });

  test("that comes back empty gets the whole ledger, and the mark survives a restart in between", async () => {
    await using rig = await Rig.start();
    const first = rig.hq();
    const before = rig.uplink();
    await rig.sell(80);
    await rig.settled();
    expect(await first.running.stop()).toBeUndefined();
    const empty = join(rig.path, "hq-empty.db");
    rig.hq({ databaseFile: empty, beforeCommit: () => "wait" });
    await waitUntil("the mark has gone back", () => rig.ledger.mark() === 0);
    expect(await before.running.stop()).toBeUndefined();
    await rig.reopenLedger();
    expect(rig.ledger.mark()).toBe(0);
    rig.hq({ databaseFile: join(rig.path, "hq-other.db") });
    rig.uplink();
    await rig.sell(1);
    await waitUntil("it has everything", () => books(join(rig.path, "hq-other.db")).rows === 81);
    await rig.settled();
  });

  test("that holds records which the ledger has lost, and whose numbers it used again, gets the new ones too", async () => {
    await using rig = await Rig.start();
    const copy = join(rig.path, "copy");
    rig.hq();
    const first = rig.uplink();
    await rig.sell(50);
    await rig.settled();
    expect(await first.running.stop()).toBeUndefined();
    await rig.reopenLedger(async (store) => cp(store, copy, { recursive: true }));
    const second = rig.uplink();
    await rig.sell(20);
    await rig.settled();
    expect(await second.running.stop()).toBeUndefined();
    const { stream } = rig;
    await rig.reopenLedger(async (store) => {
      await rm(store, { recursive: true });
      await cp(copy, store, { recursive: true });
    });
    await rig.sell(40);
    expect({ stream: rig.stream, durable: rig.ledger.durable }).toEqual({ stream, durable: 90 });

    const { ledger } = rig;
    const third = rig.uplink({}, { differsFromHq: (at) => void ledger.noteDiffersFromHq(at) });
    await waitUntil("the ledger wants to begin anew", () => ledger.reopening.aborted);
    expect(ledger.mark(), "headquarters' word for other records frees none of these").toBe(50);
    expect(third.uplink.counters()["receiptsDiffering"]).toBeGreaterThan(0);
    expect(await third.running.stop()).toBeUndefined();
    await rig.reopenLedger();
    expect(rig.stream).not.toBe(stream);
    rig.uplink();
    const settled = await rig.settled();

    const sales = settled.transactions.map(({ transaction }) => transaction.id);
    const all = Array.from({ length: 110 }, (_, index) => `sale-${index + 1}`);
    expect(sales.toSorted()).toEqual(all.toSorted());
    expect(settled.forks, "each number that was used twice").toBe(20);
    expect(settled.alarms.map(({ what }) => what)).toContain("fork");
  });

  test("that comes back empty is never sent a record that is damaged here: the ledger is opened anew, and the rest arrives", async () => {
    await using rig = await Rig.start();
    const first = rig.hq();
    const before = rig.uplink();
    await rig.sell(400);
    await rig.settled();
    expect(await before.running.stop()).toBeUndefined();
    await rig.reopenLedger(async (store) => {
      const db = new Database(join(store, "ledger.db"));
      db.exec("UPDATE record SET body = replace(body, '\"amount\":100', '\"amount\":900') WHERE seq = 30");
      db.close();
      return Promise.resolve();
    });
    expect(await first.running.stop()).toBeUndefined();
    const { ledger, stream } = rig;
    expect(ledger.mark(), "what HQ holds is in nobody's way").toBe(400);

    const empty = join(rig.path, "hq-empty.db");
    rig.hq({ databaseFile: empty });
    const during = rig.uplink();
    await waitUntil("the ledger wants to be opened anew", () => ledger.reopening.aborted);
    expect(books(empty).damaged, "headquarters was sent nothing that it must refuse").toBe(0);
    expect(await during.running.stop()).toBeUndefined();
    await rig.reopenLedger();
    expect(rig.stream).not.toBe(stream);
    rig.uplink();
    await waitUntil("everything is stored and confirmed", () => rig.ledger.mark() === rig.ledger.durable);

    const held = books(empty).transactions.map(({ transaction }) => transaction.id);
    const all = Array.from({ length: 400 }, (_, index) => `sale-${index + 1}`);
    expect(held.toSorted()).toEqual(all.filter((sale) => sale !== "sale-30").toSorted());
    expect(books(empty).gapRecords.map(({ body }) => body["event"])).toContain("quarantined");
  });
});
