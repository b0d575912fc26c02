import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PaymentKind } from "../../../src/domain/payment.ts";
import { currency } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { type Candidate, choose } from "../../../src/terminals/choose.ts";
import { CLAIM_REFUSALS } from "../../../src/terminals/claim.ts";

const EUR = currency("EUR");
const CURRENCIES = [EUR, currency("CNY")];
const NAMES = ["a", "b", "c", "d"].map(terminalId);

const candidates = fc.tuple(...NAMES.map((id) => aCandidate(id))).map((all): readonly Candidate[] => all);

function aCandidate(id: Candidate["id"]): fc.Arbitrary<Candidate> {
  return fc.record(
    {
      id: fc.constant(id),
      group: fc.constantFrom("front", "rear"),
      standbyFor: fc.constantFrom(...NAMES.filter((name) => name !== id)),
      payments: fc.subarray<PaymentKind>(["sale", "refund"]).map((kinds) => new Set(kinds)),
      currencies: fc.subarray(CURRENCIES).map((codes) => new Set(codes)),
      refusal: fc.record({ refused: fc.constantFrom(...CLAIM_REFUSALS) }),
      isStable: fc.boolean(),
    },
    { requiredKeys: ["id", "isStable"] },
  );
}

describe("the choice of a terminal", () => {
  it("never takes one that cannot be had, cannot do it, or stands in for none that was meant", () => {
    fc.assert(
      fc.property(
        candidates,
        fc.constantFrom(...NAMES),
        fc.constantFrom("front", undefined),
        fc.boolean(),
        (all, name, group, byName) => {
          const place = byName ? { terminal: name } : group === undefined ? {} : { group };
          const wanted = { ...place, currency: EUR };
          const chosen = choose(all, wanted, "sale");
          if ("refused" in chosen) return;
          expect(chosen.refusal).toBeUndefined();
          expect(chosen.payments?.has("sale") ?? true).toBe(true);
          expect(chosen.currencies?.has(EUR) ?? true).toBe(true);
          if (byName) expect(chosen.id === name || chosen.standbyFor === name).toBe(true);
        },
      ),
    );
  });

  it("never chooses between merchants: whom the customer pays the till has to name", () => {
    const [a, b, c] = [terminalId("a"), terminalId("b"), terminalId("c")];
    const sells = new Set<PaymentKind>(["sale"]);
    const one = (id: Candidate["id"], merchant?: string): Candidate => ({
      id,
      payments: sells,
      isStable: true,
      ...(merchant === undefined ? {} : { merchant }),
    });
    const both = [one(a, "M1"), one(b, "M2")];
    expect(choose(both, {}, "sale")).toEqual({ refused: "severalMerchants" });
    expect(choose([one(a, "M1"), one(b)], {}, "sale"), "one of no merchant").toEqual({ refused: "severalMerchants" });
    const offline: Candidate = { ...one(a, "M1"), refusal: { refused: "offline" } };
    expect(choose([offline, one(b, "M2")], {}, "sale"), "not by what is free").toEqual({ refused: "severalMerchants" });
    expect(choose(both, { terminal: b }, "sale")).toMatchObject({ id: b });
    expect(choose([...both, { ...one(c, "M2"), group: "rear" }], { group: "rear" }, "sale")).toMatchObject({ id: c });
    const euroOnly: Candidate = { ...one(b, "M2"), currencies: new Set([EUR]) };
    const yuanOnly: Candidate = { ...one(a, "M1"), currencies: new Set([currency("CNY")]) };
    expect(choose([yuanOnly, euroOnly], { currency: EUR }, "sale"), "one can").toMatchObject({ id: b });
    const reader: Candidate = { id: c, isStable: true, refusal: { refused: "offline" } };
    expect(choose([one(a, "M1"), reader], {}, "sale"), "a card reader").toMatchObject({ id: a });
    expect(choose([one(a), one(b)], {}, "sale"), "a shop that names none").toMatchObject({ id: a });
  });

  it("lets nobody stand in where an earlier payment is undone, completed or given back", () => {
    for (const kind of ["reversal", "completion", "cancellation"] as const) {
      const [a, b] = [terminalId("a"), terminalId("b")];
      const standby: Candidate = { id: b, standbyFor: a, isStable: true };
      for (const all of [
        [{ id: a, isStable: true, refusal: { refused: "paused" } } as const, standby],
        [{ id: a, isStable: true, refusal: { refused: "offline" } } as const, standby],
      ]) {
        expect(choose(all, { terminal: a }, "sale")).toMatchObject({ id: b });
        expect(choose(all, { terminal: a }, kind)).toEqual({ terminal: a, ...all[0]?.refusal });
      }
      expect(choose([{ id: a, isStable: false }, standby], { terminal: a }, kind)).toMatchObject({ id: a });
      expect(choose([{ id: a, isStable: true }, standby], {}, kind)).toEqual({ refused: "unknownTerminal" });
      expect(choose([{ id: a, isStable: true }], {}, kind)).toMatchObject({ id: a });
    }
  });

  it("says no only where no terminal that was meant can be had", () => {
    fc.assert(
      fc.property(candidates, (all) => {
        const chosen = choose(all, { group: "front", currency: EUR }, "sale");
        if (!("refused" in chosen)) return;
        const free = all.filter(
          ({ group, refusal, payments, currencies }) =>
            group === "front" &&
            refusal === undefined &&
            (payments === undefined || payments.has("sale")) &&
            (currencies === undefined || currencies.has(EUR)),
        );
        expect(free).toEqual([]);
      }),
    );
  });

  it("says that the currency is wrong where that alone stands in the way", () => {
    const [a, b] = NAMES.map((id) => ({ id, isStable: true, currencies: new Set([currency("CNY")]) }));
    if (a === undefined || b === undefined) throw new Error("no terminals");
    expect(choose([a, b], { currency: EUR }, "sale")).toEqual({ refused: "wrongCurrency" });
    expect(choose([a, b], { terminal: b.id, currency: EUR }, "sale")).toEqual({
      refused: "wrongCurrency",
      terminal: b.id,
    });
    const taking = { ...b, currencies: new Set(CURRENCIES) };
    expect(choose([a, taking], { currency: EUR }, "sale")).toBe(taking);
    const standby = { ...taking, standbyFor: a.id };
    expect(choose([a, standby], { terminal: a.id, currency: EUR }, "sale")).toMatchObject({ refused: "wrongCurrency" });
  });
});
