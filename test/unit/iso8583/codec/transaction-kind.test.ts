import { describe, expect, test } from "vitest";
import type { Observation } from "../../../../src/drivers/iso8583/codec/observation.ts";
import { classify, isAnswer } from "../../../../src/drivers/iso8583/codec/transaction-kind.ts";
import { observed } from "./messages.ts";

function message(mti: string, more: Partial<Observation> = {}): Observation {
  return { mti, fields: [], cardPresent: false, pinPresent: false, macPresent: false, ...more };
}

/** Reference iso8583.md, 1.5: kind, request and answer, DE3, DE25, 60.1, reversed when in doubt, repeated when in doubt. */
const TABLE = [
  ["balance", "0200", "0210", "310000", "00", "01", false, false],
  ["sale", "0200", "0210", "000000", "00", "22", true, false],
  ["saleVoid", "0200", "0210", "200000", "00", "23", true, false],
  ["refund", "0220", "0230", "200000", "00", "25", false, true],
  ["preAuth", "0100", "0110", "030000", "06", "10", true, false],
  ["preAuthAddOn", "0100", "0110", "030000", "60", "10", true, false],
  ["preAuthVoid", "0100", "0110", "200000", "06", "11", true, false],
  ["completion", "0200", "0210", "000000", "06", "20", true, false],
  ["completionAdvice", "0220", "0230", "000000", "06", "24", false, true],
  ["completionVoid", "0200", "0210", "200000", "06", "21", true, false],
  ["offlineSale", "0220", "0230", "000000", "00", "30", false, true],
  ["adjustment", "0220", "0230", "000000", "00", "32", false, true],
  ["adjustment", "0220", "0230", "000000", "00", "34", false, true],
  ["offlineSale", "0200", "0210", "000000", "00", "36", false, true],
] as const;

describe("financial messages", () => {
  test.each(TABLE)(
    "%s by DE60: request %s, answer %s",
    (kind, request, answer, de3, de25, type, reversible, repeated) => {
      const codes = { processingCode: de3, conditionCode: de25, messageType: type };
      for (const mti of [request, answer, `${request.slice(0, 3)}1`]) {
        expect(classify(message(mti, codes))).toEqual({
          family: "financial",
          kind,
          reversible,
          repeated,
          isAnswer: mti === answer,
          repeat: mti.endsWith("1"),
        });
      }
    },
  );

  const WITHOUT_DE60 = TABLE.filter(
    ([kind, mti]) => kind !== "adjustment" && (kind !== "offlineSale" || mti === "0220"),
  );
  test.each(WITHOUT_DE60)("%s without DE60, by MTI, DE3 and DE25", (kind, request, answer, de3, de25) => {
    for (const mti of [request, answer]) {
      expect(classify(message(mti, { processingCode: de3, conditionCode: de25 }))).toMatchObject({ kind });
      expect(classify(message(mti, { processingCode: de3, conditionCode: de25, messageType: "00" }))).toMatchObject({
        kind,
      });
    }
  });

  test("DE60 is believed before DE3", () => {
    expect(classify(message("0200", { processingCode: "000000", messageType: "23" }))).toMatchObject({
      kind: "saleVoid",
    });
  });

  test("a mail order is a sale: a DE25 that the table does not have changes no kind", () => {
    expect(classify(message("0200", { processingCode: "000000", conditionCode: "08" }))).toMatchObject({
      kind: "sale",
    });
  });

  test("nothing that was told, not asked, is ever reversed", () => {
    expect(classify(message("0220", { messageType: "22" }))).toMatchObject({ reversible: false, repeated: true });
  });

  test("an unknown kind is doubted only when money moves with it", () => {
    const load = message("0200", { messageType: "45" });
    expect(classify(load)).toMatchObject({ kind: "other", reversible: false });
    expect(classify({ ...load, ...seenAmount() })).toMatchObject({ kind: "other", reversible: true, repeated: false });
    expect(classify({ ...load, ...seenAmount(), mti: "0220" })).toMatchObject({ reversible: false, repeated: true });
    expect(classify(message("0200"))).toMatchObject({ kind: "other" });
  });
});

/** As observed: amounts are made nowhere else. */
function seenAmount(): Pick<Observation, "amount"> {
  const { amount } = observed("0200", { 4: "000000000100" });
  return amount === undefined ? {} : { amount };
}

test.each([
  ["0400", { messageType: "22" }, { family: "reversal", kind: "sale" }],
  ["0401", { messageType: "10", conditionCode: "60" }, { family: "reversal", kind: "preAuthAddOn", repeat: true }],
  ["0410", { processingCode: "200000", conditionCode: "00" }, { family: "reversal", kind: "saleVoid", isAnswer: true }],
  ["0420", {}, { family: "reversal", kind: "other" }],
  ["0421", {}, { family: "reversal", repeat: true }],
  ["0800", { networkCode: "001" }, { family: "signIn" }],
  ["0800", { networkCode: "003" }, { family: "signIn" }],
  ["0810", { networkCode: "004" }, { family: "signIn", isAnswer: true }],
  ["0800", { networkCode: "006" }, { family: "signIn" }],
  ["0820", { networkCode: "002" }, { family: "signOff" }],
  ["0830", { networkCode: "002" }, { family: "signOff", isAnswer: true }],
  ["0820", { networkCode: "301" }, { family: "echo" }],
  ["0800", { networkCode: "360" }, { family: "parameterDownload" }],
  ["0800", { networkCode: "372" }, { family: "parameterDownload" }],
  ["0810", { networkCode: "394" }, { family: "parameterDownload", isAnswer: true }],
  ["0800", { networkCode: "101" }, { family: "parameterDownload" }],
  ["0820", { networkCode: "362" }, { family: "statusUpload" }],
  ["0820", { networkCode: "800", messageType: "07" }, { family: "statusUpload" }],
  ["0800", { networkCode: "999" }, { family: "unknown" }],
  ["0800", {}, { family: "unknown" }],
  ["0500", { networkCode: "201" }, { family: "settlement" }],
  ["0510", {}, { family: "settlement", isAnswer: true }],
  ["0320", { networkCode: "201" }, { family: "batchDetail" }],
  ["0320", { networkCode: "203" }, { family: "batchDetail" }],
  ["0330", { networkCode: "205" }, { family: "batchDetail", isAnswer: true }],
  ["0320", { networkCode: "207" }, { family: "batchEnd", balanced: true }],
  ["0320", { networkCode: "202" }, { family: "batchEnd", balanced: false }],
  ["0620", { networkCode: "951" }, { family: "scriptNotice" }],
  ["0630", {}, { family: "scriptNotice", isAnswer: true }],
  ["0000", {}, { family: "unknown" }],
  ["8020", {}, { family: "unknown" }],
])("%s with %o is %o", (mti, more, expected) => {
  expect(classify(message(mti, more))).toMatchObject({ isAnswer: false, repeat: false, ...expected });
});

test.each(["0110", "0210", "0230", "0330", "0410", "0510", "0630", "0810", "0830"])("%s is an answer", (mti) => {
  expect(isAnswer(mti)).toBe(true);
  expect(isAnswer(mti.replace(/1(.)$/, "0$1").replace(/3(.)$/, "2$1"))).toBe(false);
});
