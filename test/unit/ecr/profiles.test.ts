import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardToken } from "../../../src/domain/card.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { paymentId, type PaymentOrder } from "../../../src/domain/payment.ts";
import { shownCard } from "../../../src/drivers/ecr/codec/shown-card.ts";
import type { Command, Dialect, NotPossible, ToldPayment } from "../../../src/drivers/ecr/profiles/dialect.ts";
import { ecr17 } from "../../../src/drivers/ecr/profiles/ecr17.ts";
import { transbank } from "../../../src/drivers/ecr/profiles/transbank.ts";
import { withCheckDigit } from "../../../src/sim/terminal/card.ts";
import { ticketOf } from "../../../src/drivers/ecr/profiles/ticket.ts";

/** Invented. */
const CARD = withCheckDigit("541333008901000");
const token = cardToken("0123456789abcdef");
const nexi = ecr17({ terminalNumber: "12345678", cashRegister: "00000001", extendedResult: false });

function ascii(line: string): Uint8Array {
  return new TextEncoder().encode(line);
}

function text(command: Command | NotPossible): string {
  return "notPossible" in command ? command.notPossible : new TextDecoder().decode(command.data);
}

function told(dialect: Dialect, line: string): ToldPayment | undefined {
  const message = dialect.read(ascii(line));
  return message && dialect.payment(message, () => token);
}

function order(more: Partial<PaymentOrder>): PaymentOrder {
  return {
    payment: paymentId("p-1"),
    kind: "sale",
    amount: minorUnits(650),
    currency: currency("EUR"),
    ...more,
  };
}

/** A sale's answer as Transbank's page has it. */
function saleLine(code: string, name = "0210"): string {
  return `${name}|${code}|597029414300|ABC1234C|000042|XZ1234|15000|3|5000|6677|60|CR||30000000|VI|28102019|223512|1|0|`;
}

function transbankStep(code: string): string | undefined {
  return transbank.read(ascii(`0900|${code}|`))?.progress?.step;
}

function lastSale(code: string): unknown {
  const message = transbank.read(ascii(saleLine(code, "0260")));
  return message && transbank.remembered(message, () => token);
}

/** What ECR17 says to undo the sale of this number. */
function nexiUndo(stan?: string): string {
  return text(nexi.compose(order({ kind: "reversal", original: stan === undefined ? {} : { stan } })));
}

describe("Transbank", () => {
  it("orders a sale with nine digits, a ticket of its own and news of what the terminal does", () => {
    const command = transbank.compose(order({ amount: minorUnits(25_000) }));
    expect(text(command)).toBe(`0200|000025000|${ticketOf(paymentId("p-1"))}|||1`);
    expect(text(transbank.compose(order({ amount: minorUnits(1_000_000_000) })))).toBe("amountTooLarge");
  });

  it("undoes a sale by the number on its voucher, and nothing without it", () => {
    const undo = (receiptNumber: string): string =>
      text(transbank.compose(order({ kind: "reversal", original: { receiptNumber } })));
    expect(undo("10")).toBe("1200|10|");
    expect(undo("1234567")).toBe("originalNotUnderstood");
    expect(text(transbank.compose(order({ kind: "reversal" })))).toBe("originalMissing");
  });

  it("reads a sale field by field, without the account number", () => {
    const answer = told(transbank, saleLine("00"));
    expect(answer).toEqual({
      outcome: "approved",
      kind: "sale",
      transaction: {
        deviceCode: "00",
        responseCode: "00",
        amount: 15000,
        currency: "CLP",
        card: { last4: "6677", length: 0, scheme: "other", luhnOk: true, hiddenByTerminal: true },
        cardName: "VISA",
        terminalDate: "1028",
        terminalTime: "223512",
        receiptNumber: "60",
        authCode: "XZ1234",
        de41: "ABC1234C",
        de42: "597029414300",
      },
    });
    expect(JSON.stringify(answer)).not.toContain("30000000");
  });

  it("takes every result but 00 for a refusal, as its page says, and what is no result for doubt", () => {
    const meaning = (code: string): string => `${told(transbank, saleLine(code))?.outcome}`;
    expect(["00", "0", "01", "93", "07", "02", "78", "99"].map(meaning)).toEqual(
      "approved approved declined declined failed failed declined declined".split(" "),
    );
    expect(["", "xx", "000"].map(meaning)).toEqual(["inDoubt", "inDoubt", "inDoubt"]);
    expect(told(transbank, "0210")?.outcome).toBe("inDoubt");
  });

  it("leaves doubt when only the printing failed of what the bank authorised", () => {
    const unpaid = (code: string): string => saleLine(code).replace("XZ1234", "");
    expect(["24", "95"].map((code) => told(transbank, saleLine(code))?.outcome)).toEqual(["inDoubt", "inDoubt"]);
    expect(["24", "95"].map((code) => told(transbank, unpaid(code))?.outcome)).toEqual(["failed", "failed"]);
    expect(told(transbank, saleLine("24").replace("XZ1234", "000000"))?.outcome).toBe("failed");
  });

  it("tells the till what the customer is asked for", () => {
    expect(["78", "79", "80", "81", "82", "99"].map(transbankStep)).toEqual(
      "presentCard confirmAmount choose enterPin waitingForHost pleaseWait".split(" "),
    );
  });

  it("does not take the result of printing the copy for that of the last sale", () => {
    expect(lastSale("00")).toMatchObject({ outcome: "approved", kind: "sale" });
    expect(lastSale("11")).toBe("none");
    expect(lastSale("24")).toBe("refused");
  });

  it("reads the totals of its page", () => {
    const message = transbank.read(ascii("0710|00|1|2000"));
    expect(message && transbank.settlement(message)).toMatchObject({ totals: { count: 1, amount: 2000 } });
  });
});

describe("ECR17", () => {
  const head = "123456780E";
  const common = "200000000001000007000008";
  const approved = `${head}00000${CARD}ICC1234562111520${common}`;

  it("orders a sale of 167 bytes with each field in its place", () => {
    const line = text(nexi.compose(order({})));
    expect(line).toHaveLength(167);
    expect(line.slice(0, 31)).toBe("123456780P000000010000000000650");
    expect(line.slice(31, 159)).toBe(" ".repeat(128));
    expect(line.slice(159)).toBe("00000000");
    const extended = ecr17({ terminalNumber: "00000000", cashRegister: "00000001", extendedResult: true });
    expect(text(extended.compose(order({})))[9]).toBe("X");
  });

  it("undoes the last sale only by its number, never whatever was last", () => {
    expect(nexiUndo("7")).toBe("123456780S0000000100000700");
    expect(nexiUndo()).toBe("originalMissing");
    expect(nexiUndo("000000")).toBe("originalMissing");
    expect(nexiUndo("x")).toBe("originalNotUnderstood");
  });

  it("asks for status, last result and settlement as its pages say", () => {
    expect(text(nexi.poll)).toBe("123456780s");
    expect(text(nexi.lastTransaction)).toBe("123456780G000000010000");
    expect(text(nexi.settle)).toBe("123456780C0000000100000000");
  });

  it("reads an approval field by field", () => {
    expect(told(nexi, approved)).toEqual({
      outcome: "approved",
      cardToken: token,
      transaction: {
        deviceCode: "00",
        responseCode: "00",
        card: { bin6: "541333", last4: CARD.slice(-4), length: 16, scheme: "mastercard", luhnOk: true },
        entryMode: { code: "ICC", method: "chip", pin: "unspecified" },
        stan: "000007",
        authCode: "123456",
        terminalTime: "152000",
        de41: "12345678",
      },
    });
  });

  it("reads the amount of an extended result, and the reason of a refusal", () => {
    expect(told(nexi, `${approved}000000006500000000000`)?.transaction).toMatchObject({
      deviceCode: "00/000",
      amount: 650,
    });
    const refusal = `${head}01${"CARTA RIFIUTATA".padEnd(24)}${"0".repeat(11)}${common}`;
    expect(told(nexi, refusal)).toMatchObject({
      outcome: "declined",
      transaction: { deviceCode: "01", deviceText: "CARTA RIFIUTATA", stan: "000007" },
    });
  });

  it("leaves doubt where a result does not say what happened", () => {
    expect(told(nexi, approved.replace("0E00", "0E09"))?.outcome).toBe("inDoubt");
    expect(told(nexi, head)?.outcome).toBe("inDoubt");
  });

  it("says how the terminal is, who it is, and what its last days came to", () => {
    const status = (digit: string): unknown => {
      const message = nexi.read(ascii(`123456780s${"0".repeat(10)}2611261011${digit}REL00001`));
      return [message && nexi.identity(message), nexi.condition(message).state];
    };
    expect(status("2")).toEqual([{ terminalNumber: "12345678", firmware: "REL00001" }, "ready"]);
    expect(["0", "4", "9"].map((digit) => status(digit))).toMatchObject([
      [{}, "attention"],
      [{}, "fault"],
      [{}, "attention"],
    ]);
    const closed = nexi.read(ascii(`123456780C00${"650".padStart(16, "0")}${"600".padStart(16, "0")}`));
    expect(closed && nexi.settlement(closed)).toEqual({
      outcome: "approved",
      reason: "totalsDiffer",
      deviceCode: "00",
      totals: { amount: 650 },
    });
  });
});

describe("a card number on a till's line", () => {
  it("is masked, whole or with its middle taken out", () => {
    expect(shownCard(`000${CARD}`)).toMatchObject({ card: { bin6: "541333", length: 16 }, digits: CARD });
    expect(shownCard("000541333******9999")).toEqual({
      card: {
        bin6: "541333",
        last4: "9999",
        length: 16,
        scheme: "mastercard",
        luhnOk: true,
        hiddenByTerminal: true,
      },
    });
    expect(shownCard("0005413330000009999")?.digits).toBeUndefined();
    expect(shownCard("0".repeat(19))).toBeUndefined();
    expect(shownCard("CARTA RIFIUTATA")).toBeUndefined();
  });
});

describe.each([
  ["Transbank", transbank],
  ["ECR17", nexi],
] as const)("whatever bytes come, %s", (_name, dialect) => {
  it("reads them without throwing, and lets no card number out", () => {
    const prefix = fc.constantFrom(
      "",
      "0210|00|",
      "0260|",
      "0900|",
      "123456780E00",
      "123456780V01",
      "123456780C",
      "123456780s",
    );
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        const message = dialect.read(Uint8Array.from([...ascii(start), ...rest]));
        if (message === undefined) return;
        dialect.payment(message, () => token);
        dialect.settlement(message);
        dialect.condition(message);
        dialect.identity(message);
      }),
    );
    const card = CARD;
    const lines = [
      `123456780E01${card.padEnd(24)}`,
      `123456780E00000${card}ICC`,
      `0210|00|1|2|3|4|5|6|7|${card}|8|CR||${card}|`,
    ];
    for (const line of lines) expect(JSON.stringify(told(dialect, line) ?? "")).not.toContain(card);
    expect(JSON.stringify(dialect.readProgress(ascii(`CARTA ${card}`)))).not.toContain(card);
  });
});
