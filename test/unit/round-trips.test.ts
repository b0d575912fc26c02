import { expect, test } from "vitest";
import { seq } from "../../src/domain/record.ts";
import { RoundTrips } from "../../src/round-trips.ts";
import { aTransaction } from "../support/ledger-in-memory.ts";

test("an answered transaction tells how long the acquirer took, and every record goes its way", async () => {
  const heard: number[] = [];
  const recorded: string[] = [];
  const trips = new RoundTrips();
  const record = trips.through(async ({ kind }) => Promise.resolve(seq(recorded.push(kind))));
  const transaction = aTransaction({ hostMs: 321 });
  await record({ kind: "transaction", body: { event: "answered", transaction } });
  trips.tell((ms) => heard.push(ms));
  await record({ kind: "transaction", body: { event: "answered", transaction } });
  await record({ kind: "transaction", body: { event: "requested", transaction } });
  await record({ kind: "transaction", body: { event: "answered", transaction: aTransaction({}) } });
  await record({ kind: "clock", body: { event: "answered", transaction } });
  expect(heard).toEqual([321]);
  expect(recorded).toHaveLength(5);
});
