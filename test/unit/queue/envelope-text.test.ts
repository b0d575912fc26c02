import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/domain/canonical-json.ts";
import { EnvelopeText, GENESIS_HASH, type RecordText } from "../../../src/queue/envelope-text.ts";

const STREAM = "0b1c2d3e-0000-4000-8000-000000000001";
const HASH = "ab".repeat(32);

const first: RecordText = {
  seq: 7,
  at: Date.UTC(2025, 10, 22, 7, 0, 0, 5),
  kind: "transaction",
  lane: "money",
  terminal: "till-1",
  quotedBootId: '"0b1c2d3e-0000-4000-8000-000000000002"',
  monotonicMs: 12,
  synced: true,
  body: '{"event":"answered"}',
};

/** Each differs from `first` in one member. */
const neighbours: readonly (readonly [string, Partial<RecordText>])[] = [
  ["seq", { seq: 8 }],
  ["millisecond", { at: first.at + 1 }],
  ["second", { at: first.at + 1000 }],
  ["kind", { kind: "terminal" }],
  ["lane", { lane: "state" }],
  ["terminal", { terminal: "till-2" }],
  ["terminal, which it has none of", { terminal: null }],
  ["boot", { quotedBootId: '"0b1c2d3e-0000-4000-8000-000000000003"' }],
  ["monotonic time", { monotonicMs: 13 }],
  ["clock's state", { synced: false }],
  ["body", { body: "{}" }],
];

function parsed(text: string): unknown {
  return JSON.parse(text);
}

function sorted(record: RecordText, hash?: string): string {
  const { at, body, kind, lane, monotonicMs, quotedBootId, seq, synced, terminal } = record;
  return canonicalJson({
    at: new Date(at).toISOString(),
    body: parsed(body),
    clock: { bootId: parsed(quotedBootId), monotonicMs, synced },
    hash,
    kind,
    lane,
    prevHash: GENESIS_HASH,
    seq,
    stream: STREAM,
    terminal: terminal ?? undefined,
  });
}

describe("the envelope's text", () => {
  it.each(neighbours)("is the record's own when its neighbour has another %s", (_, change) => {
    const text = new EnvelopeText(STREAM);
    const other = { ...first, ...change };
    for (const record of [first, other, first, first, other]) {
      expect(text.withoutHash(record, GENESIS_HASH)).toBe(sorted(record));
      expect(text.withHash(record, GENESIS_HASH, HASH)).toBe(sorted(record, HASH));
    }
  });
});
