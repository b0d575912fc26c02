import { expect, it, vi } from "vitest";
import { type Seq, seq } from "../../../src/domain/record.ts";
import { DeliveryMark } from "../../../src/queue/delivery-mark.ts";

it("writes the newest of the positions that were asked for while one was being written", async () => {
  const written: Seq[] = [];
  const done: (() => void)[] = [];
  const mark = new DeliveryMark(seq(0), async (upTo) => {
    written.push(upTo);
    await new Promise<void>((resolve) => done.push(resolve));
  });
  const all = [1, 2, 5, 3, 4].map(async (n) => mark.advance(seq(n)));
  expect(written).toEqual([1]);
  expect(mark.at).toBe(0);
  done.shift()?.();
  await all[0];
  expect(mark.at).toBe(1);
  expect(written).toEqual([1, 5]);
  done.shift()?.();
  await Promise.all(all);
  expect(mark.at).toBe(5);
  await mark.advance(seq(4));
  expect(written).toEqual([1, 5]);
});

it("stays where it is when the disk refuses, tells everyone who waits, and tries again when asked again", async () => {
  let isFull = true;
  const mark = new DeliveryMark(seq(7), () => (isFull ? Promise.reject(new Error("full")) : Promise.resolve()));
  const outcomes = await Promise.allSettled([mark.advance(seq(8)), mark.advance(seq(9))]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(mark.at).toBe(7);
  isFull = false;
  await mark.advance(seq(8));
  expect(mark.at).toBeGreaterThanOrEqual(8);
});

it("goes back when it is told to, and what was to be written beyond is forgotten", async () => {
  const written: Seq[] = [];
  const done: (() => void)[] = [];
  const store = async (upTo: Seq): Promise<void> => {
    written.push(upTo);
    await new Promise<void>((resolve) => done.push(resolve));
  };
  const mark = new DeliveryMark(seq(50), store);
  const forward = mark.advance(seq(60));
  const later = mark.advance(seq(70));
  const back = mark.regress(seq(20), store);
  done.shift()?.();
  await forward;
  await vi.waitFor(() => expect(written).toEqual([60, 20]));
  done.shift()?.();
  await back;
  await later;
  expect(mark.at).toBe(20);
  await mark.regress(seq(30), store);
  expect(mark.at).toBe(20);
});
