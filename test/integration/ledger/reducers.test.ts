import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { DerivedDraft } from "../../../src/domain/derived.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { type Seq, seq } from "../../../src/domain/record.ts";
import type { Reducer } from "../../../src/domain/reducer.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { exposure } from "../../../src/exposure/exposure.ts";
import { exposureAt } from "../../../src/exposure/view.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { ReducerRunner, type ReducerSource } from "../../../src/reducer-runner.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { type Log, silentLog } from "../../../src/runtime/log.ts";
import { ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { RunningTask } from "../../support/running-task.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";

const clock = systemClock();

async function sell(ledger: Ledger, from: number, to: number): Promise<void> {
  await Promise.all(
    Array.from({ length: to - from + 1 }, async (_, index) => {
      const transaction = aTransaction({
        id: transactionId(`t-${from + index}`),
        terminal: terminalId(`till-${index % 4}`),
        stan: String(from + index).padStart(6, "0"),
        amount: minorUnits(100),
        currency: currency("CNY"),
      });
      return ledger.append({
        kind: "transaction",
        terminal: transaction.terminal,
        body: { event: "answered", transaction },
      });
    }),
  );
}

/** Adds up the seqs of the records that it is given, and counts its ticks. */
interface Total {
  sum: number;
  ticks: number;
}
const total: Reducer<Total> = {
  name: "total",
  version: 3,
  kinds: new Set(["transaction"]),
  begin: () => ({ sum: 0, ticks: 0 }),
  step: (state, input) =>
    input.type === "tick" ? { ...state, ticks: state.ticks + 1 } : { ...state, sum: state.sum + input.seq },
  pack: ({ sum }) => JSON.stringify(sum),
  unpack: (text) => ({ sum: Number(text), ticks: 0 }),
};

/** The ledger, with what was read from it. */
function observed(ledger: Ledger, differs: Partial<ReducerSource> = {}): ReducerSource & { readonly read: Seq[] } {
  const read: Seq[] = [];
  return {
    read,
    get durable() {
      return ledger.durable;
    },
    mark: () => ledger.mark(),
    page: async (from, limit) => {
      const page = await ledger.page(from, limit);
      read.push(...page.map((row) => row.seq));
      return page;
    },
    listen: () => ledger.listen(),
    loadSnapshot: async (name) => ledger.loadSnapshot(name),
    saveSnapshot: async (name, upTo, state) => ledger.saveSnapshot(name, upTo, state),
    ...differs,
  };
}

it("follows the ledger, and goes on behind its snapshot after a restart", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await sell(ledger, 1, 450);
  const first = observed(ledger);
  {
    const runner = new ReducerRunner(first, { clock, log: silentLog, record: async (draft) => ledger.append(draft) });
    const running = runner.add(total);
    expect(running.present()).toBeUndefined();
    const task = new RunningTask(runner);
    await waitUntil("it has caught up", () => running.present()?.sum === (450 * 451) / 2);
    await sell(ledger, 451, 500);
    await waitUntil("it follows", () => running.present()?.sum === (500 * 501) / 2);
    expect(running.from).toBe(1);
    await task.stop();
  }
  expect(await ledger.loadSnapshot("total@3")).toMatchObject({ seq: 500 });
  await sell(ledger, 501, 510);
  const second = observed(ledger);
  const runner = new ReducerRunner(second, { clock, log: silentLog, record: async (draft) => ledger.append(draft) });
  const running = runner.add(total);
  const task = new RunningTask(runner);
  await waitUntil("it has caught up again", () => running.present()?.sum === (510 * 511) / 2);
  expect(second.read).toEqual([501, 502, 503, 504, 505, 506, 507, 508, 509, 510]);
  await task.stop();
});

it("replays everything for another version, and for a snapshot that it cannot read", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await sell(ledger, 1, 10);
  await ledger.saveSnapshot("total@2", seq(9), "1\n7");
  await ledger.saveSnapshot("total@3", seq(9), "nonsense");
  const runner = new ReducerRunner(observed(ledger), {
    clock,
    log: silentLog,
    record: async (draft) => ledger.append(draft),
  });
  const running = runner.add(total);
  const task = new RunningTask(runner);
  await waitUntil("it has caught up", () => running.present()?.sum === 55);
  await task.stop();
});

it("gives each reducer what lies behind its own snapshot, and reads the ledger once for all", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await sell(ledger, 1, 10);
  await ledger.saveSnapshot("total@3", seq(8), "1\n36");
  const source = observed(ledger);
  const runner = new ReducerRunner(source, { clock, log: silentLog, record: async (draft) => ledger.append(draft) });
  const known = runner.add(total);
  const unknown = runner.add({ ...total, name: "other" });
  const task = new RunningTask(runner);
  await waitUntil("both have caught up", () => unknown.present()?.sum === 55);
  expect(known.present()?.sum).toBe(55);
  expect(source.read).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await task.stop();
});

it("gives the same exposure after a restart as without one", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  const through = new ReducerRunner(observed(ledger), {
    clock,
    log: silentLog,
    record: async (draft) => ledger.append(draft),
  });
  const never = through.add(exposure);
  const running = new RunningTask(through);
  for (const [from, to] of [
    [1, 300],
    [301, 301],
    [302, 700],
  ] as const) {
    await sell(ledger, from, to);
    const runner = new ReducerRunner(observed(ledger), {
      clock,
      log: silentLog,
      record: async (draft) => ledger.append(draft),
    });
    const restarted = runner.add(exposure);
    const task = new RunningTask(runner);
    const present = { now: { at: clock.now(), clock: clock.stamp() }, head: ledger.durable, mark: ledger.mark() };
    await waitUntil("both have caught up", () => {
      const states = [never.present(), restarted.present()];
      return states.every((state) => state !== undefined && exposureAt(state, present).unsettled.count === to);
    });
    const [a, b] = [never.present(), restarted.present()].map((state) =>
      state === undefined ? "" : exposure.pack(state),
    );
    expect(b).toBe(a);
    await task.stop();
  }
  await running.stop();
});

it("stops a reducer that throws, says so once, and lets the others go on", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  const errors: unknown[] = [];
  const log: Log = { ...silentLog, error: (event, fields) => errors.push([event, fields]) };
  const kept = new Set<string>();
  const needs = { needs: (name: string) => kept.add(name), needsNoMore: (name: string) => kept.delete(name) };
  const runner = new ReducerRunner(observed(ledger, needs), {
    clock,
    log,
    record: async (draft) => ledger.append(draft),
  });
  const bad = runner.add({
    ...total,
    name: "bad",
    step: (state, input) => {
      if (input.type === "record" && input.seq === 5) throw new Error("five");
      return total.step(state, input);
    },
  });
  const good = runner.add(total);
  const task = new RunningTask(runner);
  await sell(ledger, 1, 20);
  await waitUntil("the good one has read on", () => good.present()?.sum === 210);
  expect(bad.present()).toBeUndefined();
  expect(bad.failure).toBe("five");
  expect([...kept], "records are not kept for it for ever").toEqual(["total@3"]);
  expect(errors).toEqual([["reducer.failed", { reducer: "bad@3", seq: 5, reason: "five" }]]);
  await task.stop();
  expect(await ledger.loadSnapshot("bad@3")).toBeUndefined();
});

it("begins where retention has left the ledger, and says from where it counts, also after a restart", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  await sell(ledger, 1, 20);
  const freed: Partial<ReducerSource> = {
    first: seq(11),
    page: async (from, limit) => {
      if (from < 11) throw new Error("record.freed");
      return ledger.page(from, limit);
    },
  };
  for (const needed of ["at first", "after a restart"]) {
    const names: string[] = [];
    const source = observed(ledger, { ...freed, needs: (name) => names.push(name) });
    const runner = new ReducerRunner(source, { clock, log: silentLog, record: async (draft) => ledger.append(draft) });
    const running = runner.add(total);
    expect(names, needed).toEqual(["total@3"]);
    const task = new RunningTask(runner);
    await waitUntil("it has caught up", () => running.present()?.sum === 155);
    expect(running.from).toBe(11);
    await task.stop();
  }
});

it("ticks when a reducer asks for it, and when somebody looks", async () => {
  await using dir = await tempDir();
  await using ledger = await ledgerIn(dir.path);
  const runner = new ReducerRunner(observed(ledger), {
    clock,
    log: silentLog,
    record: async (draft) => ledger.append(draft),
  });
  let ticks = 0;
  const soon = clock.monotonicMs() + 200;
  runner.add({
    ...total,
    name: "eager",
    step: (state, input) => {
      if (input.type === "tick") ticks += 1;
      return state;
    },
    deadline: () => (ticks < 4 ? soon : undefined),
  });
  const looked = runner.add(total);
  const task = new RunningTask(runner);
  await waitUntil("its deadline has passed", () => ticks >= 4);
  const before = looked.present()?.ticks ?? 0;
  expect(looked.present()?.ticks).toBe(before + 1);
  await task.stop();
});

/** Says of every fifth sale that it was one, and counts what came back of that. */
interface Fifths {
  readonly sold: number;
  readonly back: number;
  readonly wanted: readonly DerivedDraft[];
}
const fifths: Reducer<Fifths> = {
  name: "fifths",
  version: 1,
  kinds: new Set(["transaction", "risk"]),
  begin: () => ({ sold: 0, back: 0, wanted: [] }),
  step: (state, input) => {
    if (input.type === "tick") return state;
    if (input.kind === "risk") return { ...state, back: state.back + 1, wanted: [] };
    const sold = state.sold + 1;
    return { ...state, sold, wanted: sold % 5 === 0 ? [{ kind: "risk", body: { sold } }] : [] };
  },
  derives: ({ wanted }) => wanted,
  pack: ({ sold, back }) => `${sold} ${back}`,
  unpack: (text) => {
    const [sold = 0, back = 0] = text.split(" ").map(Number);
    return { sold, back, wanted: [] };
  },
};

describe("what a reducer derives", () => {
  it("is written to the ledger once, with the record that it follows from, and comes back to the reducer", async () => {
    await using dir = await tempDir();
    await using ledger = await ledgerIn(dir.path);
    await sell(ledger, 1, 12);
    const runner = new ReducerRunner(ledger, { clock, log: silentLog, record: async (draft) => ledger.append(draft) });
    const running = runner.add(fifths);
    const task = new RunningTask(runner);
    await waitUntil("both came back", () => running.present()?.back === 2);
    await task.stop();
    expect(await derivedIn(ledger)).toEqual([
      { sold: 5, derived: { reducer: "fifths", version: 1, seq: 5, part: 0 } },
      { sold: 10, derived: { reducer: "fifths", version: 1, seq: 10, part: 0 } },
    ]);
  });

  it("is not written again by a replay, also not by another version's", async () => {
    await using dir = await tempDir();
    await using ledger = await ledgerIn(dir.path);
    await sell(ledger, 1, 12);
    for (const version of [1, 1, 2]) {
      const runner = new ReducerRunner(observed(ledger, { loadSnapshot: async () => Promise.resolve(undefined) }), {
        clock,
        log: silentLog,
        record: async (draft) => ledger.append(draft),
      });
      const running = runner.add({ ...fifths, version });
      const task = new RunningTask(runner);
      await waitUntil("it has caught up", () => running.present()?.back === 2);
      await task.stop();
    }
    expect(await derivedIn(ledger)).toHaveLength(2);
  });

  it.each([0, 1, 2, 3])("is whole and single after a crash behind %i of its writes", async (written) => {
    await using dir = await tempDir();
    await using ledger = await ledgerIn(dir.path);
    await sell(ledger, 1, 20);
    let left = written;
    const crashing = new ReducerRunner(ledger, {
      clock,
      log: silentLog,
      record: async (draft) => {
        left -= 1;
        return left >= 0 ? ledger.append(draft) : Promise.reject(new Error("the machine is off"));
      },
    });
    const before = crashing.add(fifths);
    const task = new RunningTask(crashing);
    await waitUntil("it has come so far", () => before.present()?.back === written);
    await task.stop();
    const runner = new ReducerRunner(ledger, { clock, log: silentLog, record: async (draft) => ledger.append(draft) });
    const running = runner.add(fifths);
    const again = new RunningTask(runner);
    await waitUntil("all are in the ledger", () => running.present()?.back === 4);
    await again.stop();
    const told = z.array(z.looseObject({ sold: z.number() })).parse(await derivedIn(ledger));
    expect(told.map(({ sold }) => sold)).toEqual([5, 10, 15, 20]);
  });

  it("keeps the snapshot back while it is not on disk, so that a restart derives it again", async () => {
    await using dir = await tempDir();
    await using ledger = await ledgerIn(dir.path);
    await sell(ledger, 1, 12);
    const refusing = new ReducerRunner(ledger, {
      clock,
      log: silentLog,
      record: async () => Promise.reject(new Error("the disk is full")),
    });
    const refused = refusing.add(fifths);
    const task = new RunningTask(refusing);
    await waitUntil("it has caught up", () => refused.present()?.sold === 12);
    await task.stop();
    expect(await ledger.loadSnapshot("fifths@1")).toBeUndefined();
    const runner = new ReducerRunner(ledger, { clock, log: silentLog, record: async (draft) => ledger.append(draft) });
    const running = runner.add(fifths);
    const again = new RunningTask(runner);
    await waitUntil("both are in the ledger", () => running.present()?.back === 2);
    await again.stop();
    expect(await derivedIn(ledger)).toHaveLength(2);
  });
});

async function derivedIn(ledger: Ledger): Promise<readonly unknown[]> {
  const rows = await ledger.page(seq(1), 100);
  return rows
    .filter(({ kind }) => kind === "risk")
    .map(({ envelope }) => z.object({ body: z.unknown() }).parse(JSON.parse(envelope.toString("utf8"))).body);
}
