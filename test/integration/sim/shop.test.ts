import { describe, expect, test } from "vitest";
import { systemClock } from "../../../src/runtime/clock.ts";
import { startAcquirer } from "../../../src/sim/acquirer/acquirer.ts";
import { seededRandom } from "../../../src/sim/seeded-random.ts";
import { shopTask } from "../../../src/sim/terminal/shop.ts";
import { startWeather } from "../../../src/sim/weather/weather.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { asLines, terminalAt } from "./counter.ts";

/** As fast as the machine goes: a shop's day in a few seconds. */
const FAST = { transactionsPerMinute: 20, speed: 100_000, clock: systemClock() };

describe("shops", () => {
  test("sell by the hour, settle at night and open again; their journals are the host's books", async () => {
    await using acquirer = await startAcquirer({ habits: { declineRate: 0.1 } });
    const stop = new AbortController();
    const shops = ["TG000001", "TG000002", "TG000003"].map((de41, n) => {
      const random = seededRandom(n + 1);
      const terminal = terminalAt(acquirer.port, {
        de41,
        random,
        lineUse: n === 0 ? "long" : "request",
        receiveMs: 20_000,
      });
      return { terminal, task: shopTask(terminal, { ...FAST, speed: 20_000, random }) };
    });
    const running = Promise.all(shops.map(({ task }) => task.run(stop.signal)));
    await waitUntil("each has settled twice", () => shops.every(({ terminal }) => terminal.memory.batch > "000002"));
    stop.abort();
    await running;

    for (const { terminal } of shops) {
      const books = acquirer.books().filter(({ de41 }) => de41 === terminal.de41);
      expect(asLines(books)).toEqual(asLines(terminal.journal()));
      expect(terminal.isConnected).toBe(false);
    }
    const kinds = new Set(acquirer.books().map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(["sale", "preAuth", "saleVoid", "balance"]));
    expect(acquirer.totals().declined).toBeGreaterThan(0);
    expect(
      acquirer.uploads().map(({ endedWith }) => endedWith),
      "every batch balanced",
    ).not.toContain("202");
    expect(acquirer.totals().repeatedRequests).toBe(0);
  });

  test("come through bad weather with nothing in doubt once it clears", async () => {
    await using acquirer = await startAcquirer({ habits: { silentRate: 0.05 } });
    await using weather = await startWeather({ target: acquirer });
    const stop = new AbortController();
    const random = seededRandom(5);
    const terminal = terminalAt(weather.port, { random, receiveMs: 60, reversalResends: 1_000_000 });
    let troubles = 0;
    const onShown = ({ shown }: { readonly shown: string }): void => {
      if (shown === "noAnswer" || shown === "noConnection") troubles += 1;
    };
    const running = shopTask(terminal, { ...FAST, random, onShown }).run(stop.signal);
    for (const conditions of [
      { kind: "lossy", loss: 0.2, firstStallMs: 20, longestStallMs: 200 },
      { kind: "blackHole" },
      { kind: "cut" },
      { kind: "halfOpen", dead: "toClient" },
      { kind: "closeMidMessage", towards: "toClient" },
      { kind: "refuse" },
    ] as const) {
      await weather.set({ kind: "clear" });
      const before = acquirer.totals().transactions;
      await waitUntil("business is under way", () => acquirer.totals().transactions > before + 20);
      const felt = troubles;
      await weather.set(conditions);
      await waitUntil(`the terminal feels: ${conditions.kind}`, () => troubles > felt);
    }
    await weather.set({ kind: "clear" });
    stop.abort();
    await running;
    await waitUntil("what is owed is paid", async () => (await terminal.payDebts()) === undefined);

    const settled = terminal.journal().filter(({ result }) => result !== "notSent");
    expect(settled.filter(({ result }) => result === "pending").map(({ kind }) => kind)).not.toContain("sale");
    const approvedAtTerminal = settled.filter(({ result }) => result === "approved");
    const approvedAtHost = acquirer.books().filter(({ state, kind }) => state === "approved" && kind !== "balance");
    expect(asLines(approvedAtHost)).toEqual(asLines(approvedAtTerminal.filter(({ kind }) => kind !== "balance")));
    expect(acquirer.totals().reversed).toBeGreaterThan(0);
  });
});
