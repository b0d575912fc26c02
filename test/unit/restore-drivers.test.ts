import { expect, it } from "vitest";
import { type Seq, seq, streamId } from "../../src/domain/record.ts";
import type { TransactionRecord } from "../../src/domain/transaction.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { type ReplaySource, restoreDrivers } from "../../src/restore-drivers.ts";
import { aTransaction, LedgerInMemory } from "../support/ledger-in-memory.ts";

const OLD = streamId("0b8b6a51-7c3a-4f7e-9a0e-6b0f6a3b0001");
const OLDER = streamId("0b8b6a51-7c3a-4f7e-9a0e-6b0f6a3b0002");

/** Remembers what it was told. */
class ListeningDriver implements Driver {
  readonly name = "relay:union";
  readonly told: (readonly [stan: string, at: Seq])[] = [];
  restored: string | undefined;

  restoreSnapshot(state: string): boolean {
    this.restored = state;
    return true;
  }

  restore({ transaction }: TransactionRecord, at: Seq): void {
    this.told.push([transaction.stan, at]);
  }

  snapshot(): { readonly state: string; readonly upTo: Promise<Seq> } {
    return { state: "", upTo: Promise.resolve(seq(0)) };
  }

  run(): Promise<void> {
    return Promise.resolve();
  }

  counters(): Readonly<Record<string, number>> {
    return {};
  }

  terminals(): readonly [] {
    return [];
  }
}

function sale(stan: string): object {
  return { event: "answered", transaction: aTransaction({ stan }) };
}

function carrying(stream: string, at: number, kind: string, body: object): object {
  return { envelope: { stream, seq: at, kind, body } };
}

/** A stream that carries three records of the one before, the last of which that one carried itself; then a sale of its own. */
function continued(): LedgerInMemory {
  const ledger = new LedgerInMemory();
  ledger.add("gap", { event: "streamBegun" });
  ledger.add("carried", carrying(OLD, 7, "transaction", sale("000007")));
  ledger.add("carried", carrying(OLD, 8, "clock", { event: "started" }));
  ledger.add("carried", carrying(OLD, 9, "carried", carrying(OLDER, 3, "transaction", sale("000009"))));
  ledger.add("transaction", sale("000010"));
  return ledger;
}

async function replay(
  ledger: LedgerInMemory,
  snapshot: Awaited<ReturnType<ReplaySource["loadSnapshot"]>>,
): Promise<{ readonly driver: ListeningDriver; readonly count: number }> {
  const driver = new ListeningDriver();
  const source: ReplaySource = {
    first: seq(1),
    durable: await ledger.head(),
    page: async (from, limit) => ledger.page(from, limit),
    loadSnapshot: async () => Promise.resolve(snapshot),
  };
  return { driver, count: await restoreDrivers(source, new Map([["union", driver]])) };
}

it("replays what a stream carries like what it holds, under the place where it stands now", async () => {
  const { driver, count } = await replay(continued(), undefined);
  expect(driver.told).toEqual([
    ["000007", 2],
    ["000009", 4],
    ["000010", 5],
  ]);
  expect(count).toBe(3);
});

it("leaves out of the carried records what a snapshot of the stream before knows", async () => {
  const { driver } = await replay(continued(), { seq: seq(0), state: "memory", of: { stream: OLD, seq: seq(7) } });
  expect(driver.restored).toBe("memory");
  expect(driver.told.map(([stan]) => stan)).toEqual(["000009", "000010"]);
});

it("takes a snapshot of this stream as holding all that was carried before it", async () => {
  const { driver } = await replay(continued(), { seq: seq(4), state: "memory" });
  expect(driver.told.map(([stan]) => stan)).toEqual(["000010"]);
});
