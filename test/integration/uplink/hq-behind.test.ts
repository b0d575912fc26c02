import { copyFile } from "node:fs/promises";
import { join } from "node:path";
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
});
