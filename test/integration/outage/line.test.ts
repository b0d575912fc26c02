import { chmod, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { startWeather, type Weather } from "../../../src/sim/weather/weather.ts";
import { certificateAuthority } from "../../support/certificates.ts";
import { Shop } from "../../support/shop.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { expectKept } from "../promise/promise.ts";

describe("an acquirer with two lines that fail in turn", () => {
  test("gets no request twice, whichever line it came on and whatever failed when", async () => {
    await using shop = await Shop.open({ acquirer: { habits: { declineRate: 0.08, delayMs: [0, 40] } } });
    await using first = await startWeather({ target: shop.acquirer });
    await using second = await startWeather({ target: shop.acquirer, seed: 2 });
    await shop.stop();
    await shop.start({ relay: { endpoints: [first, second].map(({ port }) => `127.0.0.1:${port}`) } });
    shop.startSelling();
    await shop.sold(20);
    for (const breaks of [
      { kind: "closeMidMessage", towards: "toTarget" },
      { kind: "closeMidMessage", towards: "toClient" },
      { kind: "halfOpen", dead: "toClient" },
    ] as const) {
      const [used, other] = await busier(shop, first, second);
      await used.set(breaks);
      await waitUntil("a terminal has no answer", () =>
        shop.terminals.some(({ memory }) => memory.reversal !== undefined),
      );
      await used.set({ kind: "cut" });
      const before = other.traffic().bytesToTarget;
      await shop.sold(20);
      expect(other.traffic().bytesToTarget, "the other line carries it").toBeGreaterThan(before);
      await used.set({ kind: "clear" });
    }

    const settled = await shop.settle();

    expectKept(settled, "after both lines had failed");
    expect(shop.acquirer.totals()).toMatchObject({ repeatedRequests: 0, afterTheirReversal: 0 });
    expect(settled.doubts.length).toBeGreaterThan(0);
    const used = new Set(settled.records.flatMap(({ transaction: { endpoint } }) => endpoint ?? []));
    expect([...used].sort()).toEqual([first, second].map(({ port }) => `127.0.0.1:${port}`).sort());
  });
});

/** Which line is the one in use comes first. */
async function busier(shop: Shop, one: Weather, another: Weather): Promise<readonly [Weather, Weather]> {
  const before = [one.traffic().bytesToTarget, another.traffic().bytesToTarget] as const;
  await shop.sold(10);
  const more = one.traffic().bytesToTarget - before[0] > another.traffic().bytesToTarget - before[1];
  return more ? [one, another] : [another, one];
}

describe("an acquirer that wants TLS with a client certificate", () => {
  test("gets the gateway's, and a gateway without one claims no sale", async () => {
    await using directory = await tempDir();
    const authority = await certificateAuthority(directory.path);
    const host = await authority.issue({ commonName: "host" });
    const client = await authority.issue({ commonName: "shop" });
    const files = {
      ca: directory.file("ca.pem"),
      cert: directory.file("client.pem"),
      key: directory.file("client.key"),
    };
    await writeFile(files.ca, authority.cert);
    await writeFile(files.cert, client.cert);
    await writeFile(files.key, client.key);
    await chmod(files.key, 0o600);
    await using shop = await Shop.open({
      terminals: 1,
      acquirer: { tls: { ...host, clientCa: authority.cert } },
      relay: { tls: { ca: files.ca, cert: files.cert, key: { file: files.key } } },
    });
    const [terminal] = shop.terminals;
    if (terminal === undefined) throw new Error("the shop has a terminal");
    await terminal.signIn();
    expect(await terminal.sale(10_000)).toMatchObject({ shown: "approved" });

    await shop.stop();
    await shop.start({ relay: { tls: { ca: files.ca } } });
    const refused = await terminal.sale(20_000);
    expect(refused).toMatchObject({ shown: "noAnswer", reason: "closed" });
    if (refused.entry === undefined) throw new Error("the terminal sent it");
    const told = (await shop.told(terminal, refused.entry)).at(-1);
    // TLS 1.3 tells a client only afterwards that its certificate was refused (RFC 8446, 4.4.2.4): a byte of the sale may
    // have left by then, or not.
    expect(["notSent failed", "unanswered inDoubt"]).toContain(`${told?.event} ${told?.transaction.outcome}`);
    expect(shop.acquirer.connections().refused).toBeGreaterThan(0);
    expect(shop.acquirer.books()).toHaveLength(1);

    await shop.stop();
    await shop.start({ relay: { tls: { ca: files.ca, cert: files.cert, key: { file: files.key } } } });
    const settled = await shop.settle();
    expectKept(settled, "after all");
    expect(shop.acquirer.totals()).toMatchObject({ approved: 1, reversed: 0 });
  });
});

describe("a paused terminal", () => {
  test("starts no sale, but the reversal that it still owes passes", async () => {
    await using shop = await Shop.open({ terminals: 1 });
    // Each message on a connection of its own: only the first frame of a connection may be refused.
    const terminal = shop.terminal(1, { lineUse: "request" });
    shop.terminals[0] = terminal;
    await terminal.signIn();
    shop.acquirer.next({ delivery: "silent" });
    const owed = await terminal.sale(10_000);
    expect(owed).toMatchObject({ shown: "noAnswer" });
    await shop.stop();
    await shop.start({ relay: { enforcePause: true }, listed: () => ({ paused: "keypad broken" }) });

    // The reversal goes before the sale, as at every terminal.
    const refused = await terminal.sale(20_000);

    expect(refused).toMatchObject({ shown: "noAnswer", reason: "closed" });
    expect(owed.entry).toMatchObject({ result: "reversed" });
    expect(shop.acquirer.totals(), "the second sale never came").toMatchObject({ transactions: 1, reversed: 1 });
    if (owed.entry === undefined || refused.entry === undefined) throw new Error("both were sent");
    const told = await shop.told(terminal, owed.entry);
    expect(told.at(-1)).toMatchObject({ event: "reversalAnswered", transaction: { outcome: "reversed" } });
    expect((await shop.told(terminal, refused.entry))[0]).toMatchObject({
      event: "refused",
      transaction: { outcome: "refused", reason: "keypad broken" },
    });
    expectKept(await shop.settle(), "after the pause");
  });
});
