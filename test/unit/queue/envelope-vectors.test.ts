import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { envelopeSchema } from "../../../src/contract/envelope.ts";
import { envelopeHash, parseEnvelope } from "../../../src/contract/envelope-hash.ts";
import { canonicalJson } from "../../../src/domain/canonical-json.ts";
import type { Envelope } from "../../../src/domain/record.ts";
import { ChainHash, EnvelopeText, GENESIS_HASH } from "../../../src/queue/envelope-text.ts";

const DIRECTORY = join(import.meta.dirname, "../../vectors/envelope");

const vectorSchema = z.object({
  records: z.array(z.object({ envelope: envelopeSchema, canonical: z.string(), hash: z.string() })).min(1),
});

function vector(name: string): z.output<typeof vectorSchema>["records"] {
  return vectorSchema.parse(JSON.parse(readFileSync(join(DIRECTORY, `${name}.json`), "utf8"))).records;
}

/** As the ledger's threads write it, from its columns. */
function concatenated(envelope: Envelope): { readonly hash: string; readonly text: string } {
  const { seq, at, kind, lane, terminal = null, clock, body, prevHash } = envelope;
  const record = {
    seq,
    at: Date.parse(at),
    kind,
    lane,
    terminal,
    quotedBootId: JSON.stringify(clock.bootId),
    monotonicMs: clock.monotonicMs,
    synced: clock.synced,
    body: canonicalJson(body),
  };
  const text = new EnvelopeText(envelope.stream);
  const hash = new ChainHash().of(prevHash, text.withoutHash(record, prevHash));
  return { hash, text: text.withHash(record, prevHash, hash) };
}

describe.each(["plain", "odd", "chain"])("the vector %s, computed by another program", (name) => {
  it("is written the same by sorting an object", () => {
    for (const { envelope, canonical } of vector(name)) expect(canonicalJson(envelope)).toBe(canonical);
  });

  it("is written the same by concatenating columns, with the same hash", () => {
    for (const { envelope, canonical, hash } of vector(name)) {
      expect(concatenated(envelope)).toEqual({ hash, text: canonical });
    }
  });

  it("has the hash that HQ computes, and is accepted there", () => {
    for (const { envelope, canonical, hash } of vector(name)) {
      expect(envelopeHash(envelope)).toBe(hash);
      for (const payload of [canonical, Buffer.from(canonical)]) {
        const answer = parseEnvelope(payload);
        expect(answer.ok && canonicalJson(answer.envelope)).toBe(canonical);
      }
    }
  });
});

it("links the records of the chain vector from 64 zeros on", () => {
  let prevHash = GENESIS_HASH;
  for (const { envelope } of vector("chain")) {
    expect(envelope.prevHash).toBe(prevHash);
    prevHash = envelope.hash;
  }
});

describe("an envelope that reaches HQ", () => {
  const [first] = vector("plain");
  if (first === undefined) throw new Error("the plain vector is empty");
  const { canonical, envelope } = first;

  it("is refused when any one byte is another", () => {
    for (let at = 0; at < canonical.length; at += 1) {
      const other = canonical[at] === "1" ? "2" : "1";
      expect(parseEnvelope(canonical.slice(0, at) + other + canonical.slice(at + 1)).ok).toBe(false);
    }
  });

  it("is accepted with its members in another order and with white space, for the hash is over the canonical form", () => {
    const reversed = Object.fromEntries(Object.entries(envelope).toReversed());
    expect(parseEnvelope(JSON.stringify(reversed, null, 2))).toEqual({ ok: true, envelope });
  });

  it("is accepted with members that a later version added, and refused when those are changed", () => {
    const { hash: _old, ...rest } = { ...envelope, clock: { ...envelope.clock, source: "gps" }, addedLater: 1 };
    const extended = { ...rest, hash: envelopeHash(rest) };
    expect(parseEnvelope(JSON.stringify(extended)).ok).toBe(true);
    expect(parseEnvelope(JSON.stringify({ ...extended, addedLater: 2 })).ok).toBe(false);
  });

  it("is refused with the members named, and without its content, when it is no envelope", () => {
    expect(parseEnvelope("{")).toEqual({ ok: false, reason: "not JSON" });
    expect(parseEnvelope('"6212"')).toMatchObject({ ok: false });
    const answer = parseEnvelope(JSON.stringify({ ...envelope, seq: 0, kind: "lottery" }));
    expect(answer).toMatchObject({ ok: false });
    expect(answer.ok ? "" : answer.reason).toMatch(/seq.*kind|kind.*seq/s);
  });
});
