import { expect, test } from "vitest";
import { type Seq, seq, streamId } from "../../../src/domain/record.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { MarkKeeper } from "../../../src/uplink/mark-keeper.ts";
import type { Outbox } from "../../../src/uplink/outbox.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { collectingLog, type LogLine, Running } from "./rig.ts";

/** A store for the mark whose disk can fail. */
class Store implements Outbox {
  readonly stream = streamId("0b7c2f6e-58f1-4c0e-9f39-0d8f6a1c2b3d");
  readonly durable = seq(1_000_000);
  readonly first = seq(1);
  readonly writes: number[] = [];
  isBroken = false;
  #mark: Seq = seq(0);

  freedEarlier(): never {
    throw new Error("nobody asks for it here");
  }

  head(): never {
    throw new Error("nobody asks for it here");
  }

  mark(): Seq {
    return this.#mark;
  }

  page(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  async confirm(upTo: Seq): Promise<void> {
    await Promise.resolve();
    if (this.isBroken) throw new Error("the disk is full");
    this.#mark = upTo;
    this.writes.push(upTo);
  }

  async regress(upTo: Seq): Promise<void> {
    await this.confirm(upTo);
  }

  keep(): void {}

  needs(): void {}

  append(): never {
    throw new Error("nobody appends here");
  }

  loadSnapshot(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  saveSnapshot(): Promise<void> {
    return Promise.resolve();
  }

  listen(): never {
    throw new Error("nobody listens here");
  }
}

test("many confirmations become few writes, and the last of them stands", async () => {
  const store = new Store();
  const keeper = new MarkKeeper(store, systemClock(), collectingLog([]));
  await using running = new Running(keeper);
  for (let upTo = 1; upTo <= 500; upTo += 1) {
    keeper.confirm(upTo);
    if (upTo % 100 === 0) await waitUntil("something is written", () => store.writes.length > 0);
  }
  await waitUntil("all is written", () => store.mark() === 500);
  expect(store.writes.length).toBeLessThan(50);
  expect(await running.stop()).toBeUndefined();
});

test("what was confirmed before a stop is written before it ends", async () => {
  const store = new Store();
  const keeper = new MarkKeeper(store, systemClock(), collectingLog([]));
  const running = new Running(keeper);
  keeper.confirm(7);
  await waitUntil("the first is written", () => store.mark() === 7);
  keeper.confirm(8);
  expect(await running.stop()).toBeUndefined();
  expect(store.mark()).toBe(8);
});

test("the mark goes back when headquarters has lost what it had, and on from there", async () => {
  const store = new Store();
  const keeper = new MarkKeeper(store, systemClock(), collectingLog([]));
  await using running = new Running(keeper);
  keeper.confirm(500);
  await waitUntil("it is written", () => store.mark() === 500);
  store.isBroken = true;
  keeper.regress(20);
  keeper.regress(80);
  store.isBroken = false;
  keeper.confirm(90);
  await waitUntil("the newest is written", () => store.mark() === 90);
  expect(store.writes).toEqual([500, 20, 90]);
  expect(running.isOver).toBe(false);
});

test("a disk that refuses is told of once, tried again, and its recovery told of", async () => {
  const store = new Store();
  const lines: LogLine[] = [];
  store.isBroken = true;
  const keeper = new MarkKeeper(store, systemClock(), collectingLog(lines));
  await using running = new Running(keeper);
  keeper.confirm(5);
  await waitUntil("it is told", () => lines.length > 0);
  store.isBroken = false;
  await waitUntil("it is written", () => store.mark() === 5);
  await waitUntil("that is told", () => lines.length > 1);
  expect(running.isOver).toBe(false);
  expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
    "error uplink.mark-not-written",
    "info uplink.mark-written",
  ]);
});
