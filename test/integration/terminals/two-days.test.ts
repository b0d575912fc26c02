import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { terminalId } from "../../../src/domain/terminal.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { openItems } from "../../../src/terminals/open-items.ts";
import { standings } from "../../../src/terminals/standing.ts";
import { usage } from "../../../src/terminals/usage/usage.ts";
import { SupervisedShop } from "../../support/supervised-shop.ts";

const HOUR_MS = 3_600_000;
/** Heap that may come and go; a leak of one object of 200 bytes for each heartbeat would be 14 MB. */
const HEAP_BOUND_BYTES = 4_000_000;

let shop: SupervisedShop;

beforeEach(() => {
  shop = new SupervisedShop();
});

afterEach(async () => {
  await shop.stop();
});

/** What is left after several collections: what only waits for its finaliser is no leak. */
async function heapBytes(): Promise<number> {
  setFlagsFromString("--expose-gc");
  let least = Infinity;
  for (let round = 0; round < 5; round += 1) {
    runInNewContext("gc()");
    least = Math.min(least, process.memoryUsage().heapUsed);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return least;
}

interface Size {
  readonly sleepers: number;
  readonly listeners: number;
  readonly sessions: number;
  readonly snapshots: number;
  readonly heap: number;
}

async function size(): Promise<Size> {
  for (const device of shop.devices.values()) device.calls.length = 0;
  return {
    sleepers: shop.clock.sleepers,
    listeners: shop.listeners,
    sessions: [...shop.devices.values()].reduce((sum, { openSessions }) => sum + openSessions, 0),
    snapshots: [standings.pack(shop.standing), openItems.pack(shop.open), usage.pack(shop.used)].join("").length,
    heap: await heapBytes(),
  };
}

describe("two days of a shop", () => {
  it(
    "let nothing grow: no timer, listener, open session, memory or flood of records",
    { timeout: 120_000 },
    async () => {
      shop.keepsRecords = false;
      for (const name of ["till-1", "till-2", "spare"]) {
        shop.add(name, {
          group: "front",
          ...(name === "spare" ? { standbyFor: terminalId("till-1") } : {}),
          schedule: { settleAt: "23:30", diagnoseAt: ["06:00"] },
        });
      }
      const recorded = new Map<string, number>();
      const record = shop.record;
      Object.assign(shop, {
        record: async (draft: Parameters<typeof record>[0]) => {
          recorded.set(draft.kind, (recorded.get(draft.kind) ?? 0) + 1);
          return record(draft);
        },
      });
      await shop.start();
      let sold = 0;
      const hour = async (at: number): Promise<void> => {
        const [first, second] = [...shop.devices.values()];
        for (let sixth = 0; sixth < 6; sixth += 1) {
          await shop.clock.pass(HOUR_MS / 12);
          const claim = shop.supervised.claims.claim({ group: "front" }, "sale");
          if (!("refused" in claim)) {
            const id = transactionId(`t-${at}-${sixth}`);
            const about = { id, terminal: claim.terminal, operator: `operator-${sixth}` };
            shop.transaction("requested", { ...about, outcome: "inDoubt" });
            await shop.sell(claim);
            await shop.clock.pass(30_000);
            shop.transaction("answered", { ...about, outcome: "approved" });
            claim[Symbol.dispose]();
            sold += 1;
          }
          first?.loseLink();
          await shop.clock.pass(HOUR_MS / 12 - 30_000);
        }
        // One breaks in a different way each hour, and works again.
        if (second === undefined) return;
        second.poll = (["hangs", "throws", "silent", "garbage"] as const)[at % 4] ?? "silent";
        await shop.clock.pass(60_000);
        second.poll = "works";
      };
      for (let at = 0; at < 6; at += 1) await hour(at);
      await shop.clock.pass(600_000);
      const early = await size();
      for (let at = 6; at < 48; at += 1) await hour(at);
      await shop.clock.pass(600_000);
      const late = await size();
      expect(sold).toBeGreaterThan(280);
      expect(late.sleepers).toBe(early.sleepers);
      expect(late.listeners).toBe(early.listeners);
      expect([early.sessions, late.sessions]).toEqual([3, 3]);
      expect(late.heap - early.heap).toBeLessThan(HEAP_BOUND_BYTES);
      expect(late.snapshots).toBeLessThan(200_000);
      // 288 losses of a link and 48 broken hours: a bounded number of records for each.
      expect(recorded.get("terminal")).toBeLessThan(1_500);
      await shop.stop();
      expect(shop.clock.sleepers).toBe(0);
      expect(shop.listeners).toBe(0);
      expect((await size()).sessions).toBe(0);
    },
  );
});
