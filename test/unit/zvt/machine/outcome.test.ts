import { describe, expect, test } from "vitest";
import { minorUnits } from "../../../../src/domain/money.ts";
import type { StatusInformation } from "../../../../src/drivers/zvt/codec/status-information.ts";
import { doubtOf, isNewer, paymentAnswer, verdictOf } from "../../../../src/drivers/zvt/machine/outcome.ts";
import { Told } from "../../../../src/drivers/zvt/machine/told.ts";

function toldOf(...statuses: readonly StatusInformation[]): Told {
  const told = new Told("customer");
  for (const status of statuses) told.take({ type: "status", status }, 0);
  return told;
}

const COMPLETED = { type: "completed" } as const;

describe("what is certain of an order", () => {
  test.each([
    ["completed with result 0", COMPLETED, [{ result: 0 }], { outcome: "approved", code: 0 }],
    [
      "completed, the last word a host's no",
      COMPLETED,
      [{ result: 5 }],
      { outcome: "declined", reason: "hostDeclined", code: 5 },
    ],
    ["completed without a status", COMPLETED, [], { outcome: "unsaid" }],
    ["completed with a status that has no result", COMPLETED, [{ receiptNumber: "0001" }], { outcome: "unsaid" }],
    [
      "an approval and then a refusal",
      COMPLETED,
      [{ result: 0 }, { result: 5 }],
      { outcome: "inDoubt", reason: "contradictory", code: 5 },
    ],
    [
      "aborted at the terminal",
      { type: "aborted", code: 0x6c },
      [{ result: 0x6c }],
      { outcome: "failed", reason: "abortedAtTerminal", code: 0x6c },
    ],
    [
      "aborted without a status",
      { type: "aborted", code: 0x78 },
      [],
      { outcome: "declined", reason: "cardExpired", code: 0x78 },
    ],
    [
      "aborted after an approval",
      { type: "aborted", code: 0xcc },
      [{ result: 0 }],
      { outcome: "inDoubt", reason: "approvedThenAborted", code: 0xcc },
    ],
    [
      "a card that was checked and of which nobody took money",
      COMPLETED,
      [{ result: 0, statusByte: 0x50 }],
      { outcome: "inDoubt", reason: "onlyChecked", code: 0 },
    ],
    ["aborted with 0", { type: "aborted", code: 0 }, [], { outcome: "inDoubt", reason: "contradictory", code: 0 }],
    ["refused", { type: "refused", code: 0x9c }, [], { outcome: "failed", reason: "pleaseWait", code: 0x9c }],
  ] as const)("%s", (_what, end, statuses, expected) => {
    expect(verdictOf(end, toldOf(...statuses), "decimal")).toEqual(expected);
  });

  test("less than was asked for is a part", () => {
    const told = toldOf({ result: 0, amount: minorUnits(700), currencyNumber: "978", trace: "000815" });
    expect(paymentAnswer({ outcome: "approved", code: 0 }, told, { amount: minorUnits(1000) }, "decimal")).toEqual({
      outcome: "approvedPartly",
      transaction: { amount: 1000, approvedAmount: 700, currency: "EUR", stan: "000815", deviceCode: "00" },
    });
  });

  test("the host's code stands beside the terminal's own", () => {
    const told = toldOf({ result: 0x33 });
    expect(paymentAnswer({ outcome: "declined", reason: "hostDeclined", code: 0x33 }, told, {}, "decimal")).toEqual({
      outcome: "declined",
      reason: "hostDeclined",
      transaction: { deviceCode: "33", responseCode: "51" },
    });
  });

  test("how the card was read is told in the words of ISO 8583", () => {
    const told = toldOf({ result: 0, statusByte: 0x70, tlv: { cardTechnology: 1 } });
    expect(paymentAnswer({ outcome: "approved" }, told, {}, "decimal").transaction.entryMode).toEqual({
      code: "051",
      method: "chip",
      pin: "entered",
    });
  });

  test("the host's time runs from its first waiting to the next other message", () => {
    const told = new Told("customer");
    const shown = [
      told.take({ type: "intermediate", code: 0x0a }, 100),
      told.take({ type: "intermediate", code: 0x04 }, 1000),
      told.take({ type: "intermediate", code: 0x04 }, 1500),
      told.take({ type: "status", status: { result: 0 } }, 2300),
    ];
    expect(shown.map((each) => each?.step)).toEqual(["presentCard", "waitingForHost", "waitingForHost", undefined]);
    told.end(9999);
    expect(told.hostMs).toBe(1300);
  });

  test("a card number that goes on in the next line is hidden, in lines and in blocks", () => {
    const told = new Told("customer");
    told.take({ type: "printLine", attribute: 0, line: "Karte 4111 1111", feed: 1 }, 0);
    told.take({ type: "printLine", attribute: 0, line: "1111 1111", feed: 1 }, 0);
    told.take({ type: "printBlock", receiptType: 1, lines: ["4111111111", "111111 OK"] }, 0);
    expect(told.receipts?.map(({ lines }) => lines)).toEqual([
      ["Karte **** ****", "**** ****"],
      ["**********", "****** OK"],
    ]);
  });

  test("slips are kept by their kind, and in parts", () => {
    const told = new Told("customer");
    told.take({ type: "printBlock", receiptType: 1, lines: ["a"] }, 0);
    told.take({ type: "printBlock", receiptType: 1, lines: ["b"] }, 0);
    told.take({ type: "printBlock", receiptType: 2, lines: ["c"] }, 0);
    told.take({ type: "printLine", attribute: 0, line: "d", feed: 1 }, 0);
    told.take({ type: "printLine", attribute: 0xff, line: "", feed: 200 }, 0);
    told.take({ type: "printLine", attribute: 0, line: "e", feed: 1 }, 0);
    expect(told.receipts).toEqual([
      { type: "merchant", lines: ["a", "b"] },
      { type: "customer", lines: ["c"] },
      { type: "customer", lines: ["d", "", "", "", "", "", "e"] },
    ]);
  });
});

describe("whether a last transaction is newer", () => {
  test.each([
    [{ receiptNumber: "0043" }, { receiptNumber: "0042" }, true],
    [{ receiptNumber: "0042" }, { receiptNumber: "0042" }, false],
    [{ receiptNumber: "0041" }, { receiptNumber: "0042" }, false],
    [{ receiptNumber: "0001" }, { receiptNumber: "9999" }, true],
    [{ stan: "000001" }, { stan: "999999" }, true],
    [{ receiptNumber: "0043", stan: "000010" }, { receiptNumber: "0042", stan: "000010" }, false],
    [{ receiptNumber: "0043" }, {}, false],
    [{}, { receiptNumber: "0042" }, false],
  ])("%o after %o: %s", (last, known, expected) => {
    expect(isNewer(last, known)).toBe(expected);
  });

  test.each([
    ["closed", "stopped"],
    ["silent", "noAnswer"],
    ["garbage", "garbage"],
    ["linkLost", "linkLost"],
    ["absent", "linkLost"],
  ])("an end by %s leaves doubt because of %s", (code, reason) => {
    expect(doubtOf({ code })).toBe(reason);
  });
});
