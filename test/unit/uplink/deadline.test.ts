import { expect, test } from "vitest";
import { LANE_OF, type RecordKind, seq } from "../../../src/domain/record.ts";
import { deadlineOf } from "../../../src/uplink/deadline.ts";

const AT = "2026-01-31T10:00:00.000Z";

function deadline(kind: RecordKind, body: object, asBytes = false): number | undefined {
  const text = JSON.stringify({ body });
  return deadlineOf({ seq: seq(1), kind, lane: LANE_OF[kind], envelope: asBytes ? Buffer.from(text) : text });
}

test("is read from the body of a kind that may have one, in text and in bytes", () => {
  expect(deadline("preauth", { deadline: AT })).toBe(Date.parse(AT));
  expect(deadline("risk", { note: "到期", deadline: AT }, true)).toBe(Date.parse(AT));
  expect(deadline("preauth", { hold: { deadline: AT } })).toBe(Date.parse(AT));
});

test("is none for other kinds, nor where none, or none that is a time, is said", () => {
  expect(deadline("transaction", { deadline: AT })).toBeUndefined();
  expect(deadline("preauth", { amount: 1 })).toBeUndefined();
  expect(deadline("preauth", { deadline: "soon" })).toBeUndefined();
  expect(deadline("preauth", { deadline: 5 })).toBeUndefined();
  expect(deadline("preauth", { deadline: "2".repeat(100) })).toBeUndefined();
});

test("is not found inside a text", () => {
  expect(deadline("preauth", { note: `"deadline":"${AT}"` })).toBeUndefined();
});
