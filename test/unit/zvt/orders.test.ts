import { describe, expect, test } from "vitest";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { paymentId, type PaymentOrder } from "../../../src/domain/payment.ts";
import { orderCommand } from "../../../src/drivers/zvt/orders.ts";
import { asHex, hex } from "./codec/bytes.ts";

const WRITING = { password: "123456", paymentType: 0x40 };

function order(differs: Partial<PaymentOrder>): PaymentOrder {
  return { payment: paymentId("p"), kind: "sale", currency: currency("EUR"), ...differs };
}

const amount = minorUnits(1234);
const original = { receiptNumber: "42" };

describe("orders as commands", () => {
  test.each([
    [order({ amount }), "06 01 0C 04 000000001234 49 0978 19 40"],
    [order({ kind: "preAuth", amount }), "06 22 0A 04 000000001234 49 0978"],
    [order({ kind: "completion", amount, original }), "06 24 0A 87 0042 04 000000001234"],
    [order({ kind: "cancellation", original }), "06 25 03 87 0042"],
    [order({ kind: "refund", amount }), "06 31 0D 123456 04 000000001234 49 0978"],
    [order({ kind: "reversal", original }), "06 30 06 123456 87 0042"],
    [order({ kind: "reversal", original: { receiptNumber: "000042" } }), "06 30 06 123456 87 0042"],
  ])("$kind", (wanted, expected) => {
    const written = orderCommand(wanted, WRITING);
    expect(typeof written === "string" ? written : asHex(written)).toBe(asHex(hex(expected)));
  });

  test.each([
    ["amountMissing", order({})],
    ["amountMissing", order({ kind: "completion", original })],
    ["originalMissing", order({ kind: "completion", amount })],
    ["originalMissing", order({ kind: "reversal", original: { rrn: "123456789012" } })],
    ["originalMissing", order({ kind: "cancellation", original: { receiptNumber: "12345" } })],
    ["partialNotSupported", order({ kind: "cancellation", amount, original })],
    ["partialNotSupported", order({ kind: "reversal", amount, original })],
    ["currencyUnknown", order({ amount, currency: currency("XXX") })],
    ["notSupported", order({ amount: minorUnits(0) })],
    ["notSupported", order({ amount: minorUnits(1_000_000_000_000) })],
  ] as const)("%s is found before anything is sent", (fault, wanted) => {
    expect(orderCommand(wanted, WRITING)).toBe(fault);
  });
});
