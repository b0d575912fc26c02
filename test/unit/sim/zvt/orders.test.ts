import { duplexPair } from "node:stream";
import { describe, expect, test } from "vitest";
import { ZvtTerminal } from "../../../../src/sim/zvt/terminal.ts";
import type { ZvtTerminalOptions } from "../../../../src/sim/zvt/terminal-options.ts";
import type { Message } from "../../../../src/drivers/zvt/codec/messages.ts";
import type { StatusInformation } from "../../../../src/drivers/zvt/codec/status-information.ts";
import { AnsweringTill } from "../../../support/answering-till.ts";
import { waitUntil } from "../../../support/wait-until.ts";

const REGISTRATION = "06 00 06 000000 BA 0978";
/** Asks for the administration's receipts too, for 06 D3, and UTF-8. */
const REGISTRATION_WITH_TLV = "06 00 11 000000 9E 0978 06 09 14 01 FE 26 04 0A 02 06 D3";
const SALE = "06 01 07 04 000000001000";
const HOLD = "06 22 0A 04 000000025000 49 0978";
const OPEN_HOLDS = "06 23 03 87 FFFF";
const END_OF_DAY = "06 50 03 000000";
const REPEAT = "06 20 03 000000";
const STATUS_ENQUIRY = "05 01 00";

async function registered(
  options: ZvtTerminalOptions = {},
  registration = REGISTRATION,
): Promise<{ terminal: ZvtTerminal; till: AnsweringTill }> {
  const terminal = new ZvtTerminal(options);
  const till = connected(terminal, registration === REGISTRATION_WITH_TLV ? "utf8" : "cp437");
  await till.order(registration);
  await terminal.whenIdle();
  return { terminal, till };
}

function connected(terminal: ZvtTerminal, charset: "cp437" | "utf8" = "cp437"): AnsweringTill {
  const [near, far] = duplexPair();
  terminal.serve(far, "tcp");
  return new AnsweringTill(near, charset);
}

/** Orders one after the other, as a till must: the next one when the terminal is done. */
async function order(terminal: ZvtTerminal, till: AnsweringTill, bytes: string): Promise<readonly Message[]> {
  const heard = await till.order(bytes);
  await terminal.whenIdle();
  return heard;
}

function statusOf(messages: readonly Message[]): StatusInformation | undefined {
  return messages.findLast((message) => message.type === "status")?.status;
}

function abortOf(messages: readonly Message[]): number | undefined {
  return messages.find((message) => message.type === "abort")?.code;
}

describe("orders of money", () => {
  test("a sale tells amount, receipt, trace, hidden card and terminal, in one status information", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    const heard = await order(terminal, till, SALE);
    expect(heard.map(({ type }) => type).filter((type) => type !== "printLine")).toEqual([
      "positive",
      "intermediate",
      ...(heard.some((message) => message.type === "intermediate" && message.code === 0x01) ? ["intermediate"] : []),
      "intermediate",
      "status",
      "completion",
    ]);
    const status = statusOf(heard);
    expect(status).toMatchObject({
      result: 0,
      amount: 1_000,
      currencyNumber: "978",
      receiptNumber: "0001",
      trace: "000001",
      terminalNumber: "52001234",
      merchantNumber: "455600112233",
    });
    expect(status?.unread).toBeUndefined();
    expect(terminal.books.totals()).toMatchObject({ charges: 1, charged: 1_000 });
  });

  test("a declined sale ends with 04 0F and 06 1E of the same result, and nothing is charged", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ decline: 0x33 });
    const heard = await order(terminal, till, SALE);
    expect(statusOf(heard)?.result).toBe(0x33);
    expect(abortOf(heard)).toBe(0x33);
    expect(terminal.books.bookings).toMatchObject([{ outcome: "declined", result: 0x33, amount: 0, told: true }]);
    expect(terminal.books.totals().charges).toBe(0);
  });

  test("a hold is booked with what was used by 06 24, and is then closed", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, HOLD);
    expect(terminal.books.totals()).toMatchObject({ charges: 0, holds: 1, held: 25_000 });
    const heard = await order(terminal, till, "06 24 0A 87 0001 04 000000018000");
    expect(statusOf(heard)).toMatchObject({
      result: 0,
      amount: 18_000,
      receiptNumber: "0002",
      originalTrace: "000001",
    });
    expect(terminal.books.totals()).toMatchObject({ charges: 1, charged: 18_000, holds: 0 });
    expect(abortOf(await order(terminal, till, "06 24 0A 87 0001 04 000000000100"))).toBe(0xb8);
  });

  test("the amount of 06 23 is given back: the rest of the hold is charged", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, HOLD);
    await order(terminal, till, "06 23 0A 87 0001 04 000000001000");
    expect(terminal.books.totals()).toMatchObject({ charges: 1, charged: 24_000, holds: 0 });
    expect(terminal.books.bookings[1]).toMatchObject({
      kind: "completion",
      ordered: 1_000,
      amount: 24_000,
      original: 1,
    });
  });

  test("more than was held ends with B7, an unknown hold with B8", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, HOLD);
    expect(abortOf(await order(terminal, till, "06 24 0A 87 0001 04 000000025001"))).toBe(0xb7);
    expect(abortOf(await order(terminal, till, "06 24 0A 87 0042 04 000000000100"))).toBe(0xb8);
    expect(terminal.books.totals()).toMatchObject({ charges: 0, holds: 1 });
  });

  test("06 25 gives the whole hold back", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, HOLD);
    await order(terminal, till, "06 25 03 87 0001");
    expect(terminal.books.totals()).toMatchObject({ charges: 0, holds: 0 });
  });

  test("the open holds are told as an error B8 with their receipts, and FFFF when there is none", async () => {
    const { terminal, till } = await registered({}, REGISTRATION_WITH_TLV);
    using _ = terminal;
    await order(terminal, till, OPEN_HOLDS);
    expect(till.raw.at(-1)).toBe("061e04b887ffff");
    await order(terminal, till, HOLD);
    await order(terminal, till, SALE);
    await order(terminal, till, HOLD);
    const told = (await order(terminal, till, OPEN_HOLDS)).find((message) => message.type === "abort");
    expect(told).toMatchObject({ code: 0xb8, status: { receiptNumber: "0001", tlv: { openHolds: ["0001", "0003"] } } });
  });

  test("a reversal undoes the charge once: B4 the second time, B5 for a receipt that is not there", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, SALE);
    expect(statusOf(await order(terminal, till, "06 30 06 000000 87 0001"))).toMatchObject({
      result: 0,
      amount: 1_000,
    });
    expect(terminal.books.totals()).toMatchObject({ charges: 0, charged: 0 });
    expect(terminal.books.charges).toHaveLength(1);
    expect(abortOf(await order(terminal, till, "06 30 06 000000 87 0001"))).toBe(0xb4);
    expect(abortOf(await order(terminal, till, "06 30 06 000000 87 0042"))).toBe(0xb5);
  });

  test("a refund is booked as one", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, "06 31 0D 000000 04 000000000700 49 0978");
    expect(terminal.books.totals()).toMatchObject({ charges: 0, refunds: 1, refunded: 700 });
  });

  test("the end of day tells by card what the batch held, and a settled charge cannot be reversed any more", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, SALE);
    await order(terminal, till, SALE);
    await order(terminal, till, "06 01 07 04 000000000250");
    await order(terminal, till, "06 30 06 000000 87 0002");
    const { totals, amount } = statusOf(await order(terminal, till, END_OF_DAY)) ?? {};
    expect(amount).toBe(1_250);
    expect(totals).toMatchObject({ firstReceipt: "0001", lastReceipt: "0004" });
    expect(totals?.cards.reduce((sum, row) => sum + row.amount, 0)).toBe(1_250);
    expect(totals?.cards.reduce((sum, row) => sum + row.count, 0)).toBe(2);
    expect(abortOf(await order(terminal, till, "06 30 06 000000 87 0001"))).toBe(0xb5);
    expect(statusOf(await order(terminal, till, END_OF_DAY))?.amount).toBe(0);
  });

  test("a repeated receipt tells the newest transaction again and books nothing", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    expect((await order(terminal, till, REPEAT)).map(({ type }) => type)).toEqual(["positive", "completion"]);
    const first = statusOf(await order(terminal, till, SALE));
    const again = statusOf(await order(terminal, till, REPEAT));
    expect({ ...again, time: "", date: "" }).toEqual({ ...first, time: "", date: "" });
    expect(terminal.books.bookings).toHaveLength(1);
  });

  test("the receipt number begins anew after 9999", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.books.continueAt({ receipt: 9_999, trace: 999_999 });
    expect(statusOf(await order(terminal, till, SALE))).toMatchObject({ receiptNumber: "0001", trace: "000001" });
  });

  test("the till may put the status information off with 84 9C, and lower the amount with 84 9D", async () => {
    const { terminal, till } = await registered({ times: { againMs: 1 } }, "06 00 06 000000 86 0978");
    using _ = terminal;
    till.answers.push("84 9C 00", "84 9D 07 04 000000000600");
    const heard = await order(terminal, till, SALE);
    expect(heard.filter(({ type }) => type === "status")).toHaveLength(2);
    expect(terminal.books.totals()).toMatchObject({ charges: 1, charged: 600 });
  });
});

describe("what the till asked for at registration", () => {
  test("with the bits for it come lines, one by one, and no intermediate status without", async () => {
    const { terminal, till } = await registered({}, "06 00 06 000000 86 0978");
    using _ = terminal;
    const heard = await order(terminal, till, SALE);
    expect(heard.filter(({ type }) => type === "intermediate")).toEqual([]);
    const lines = heard.flatMap((message) => (message.type === "printLine" ? [message.line] : []));
    expect(lines).toContain("** Händlerbeleg **");
    expect(lines).toContain("** Kundenbeleg **");
    expect(lines.join("\n")).toMatch(/Betrag EUR +10,00/);
  });

  test("a till that allows 06 D3 gets blocks, named by receipt type, in UTF-8", async () => {
    const { terminal, till } = await registered({}, REGISTRATION_WITH_TLV);
    using _ = terminal;
    const heard = await order(terminal, till, SALE);
    const blocks = heard.filter((message) => message.type === "printBlock");
    expect(blocks.map(({ receiptType }) => receiptType)).toEqual([1, 2]);
    expect(blocks[0]?.lines).toContain("** Händlerbeleg **");
    expect(heard.find((message) => message.type === "intermediate")).toMatchObject({ code: 0x0a, text: "Karte bitte" });
    expect(statusOf(heard)?.tlv?.cardTechnology).toBeGreaterThanOrEqual(0);
    expect(till.raw.some((apdu) => apdu.startsWith("06d3ff"))).toBe(true);
  });

  test("without bit 80 nothing is printed", async () => {
    const { terminal, till } = await registered({}, "06 00 06 000000 0E 0978");
    using _ = terminal;
    expect((await order(terminal, till, SALE)).some(({ type }) => type.startsWith("print"))).toBe(false);
  });

  test("whole card numbers on receipts and in BMP 22 when that is wanted: the driver's codec masks them", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ showsCard: true });
    const heard = await order(terminal, till, SALE);
    // In packed digits, and as text in groups of four: an invented number of a range that no bank uses.
    expect(till.raw.join("")).toMatch(/22f[01]f\d[3-6]\d{13}/);
    expect(Buffer.from(till.raw.join(""), "hex").toString("latin1")).toMatch(/Karte {2}\d{4} \d{4} \d{4} \d{3}/);
    const text = JSON.stringify(heard);
    expect(text).not.toMatch(/\d{4} \d{4} \d{4} \d{3}/);
    expect(text).not.toMatch(/DE68 ?2105/);
    expect(statusOf(heard)?.card).toBeDefined();
  });

  test("a wrong currency is refused with 84 1E and 6F, in an order with result 6F", async () => {
    const terminal = new ZvtTerminal();
    using _ = terminal;
    const till = connected(terminal);
    till.say("06 00 06 000000 BA 0840");
    await waitUntil("it is refused", () => till.raw.length === 1);
    expect(till.raw[0]).toBe("841e036f0978");
    expect(terminal.device.isRegistered).toBe(false);
    await order(terminal, till, REGISTRATION);
    expect(abortOf(await order(terminal, till, "06 01 0A 04 000000001000 49 0840"))).toBe(0x6f);
  });

  test("nothing but status, registration and log-off goes before registration, after log-off and after a power failure", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    till.say("06 02 00");
    await waitUntil("it is taken", () => till.raw.at(-1) === "800000" && !terminal.isBusy);
    expect(terminal.device.configByte).toBe(0x86);
    expect(abortOf(await order(terminal, till, SALE))).toBe(0x6b);
    expect((await order(terminal, till, STATUS_ENQUIRY)).at(-1)?.type).toBe("completion");
    await order(terminal, till, REGISTRATION);
    terminal.failPower();
    expect(abortOf(await order(terminal, connected(terminal), END_OF_DAY))).toBe(0x6b);
  });
});

describe("the terminal's status", () => {
  test.each([
    { status: 0x51, command: "06 93 03 000000" },
    { status: 0x62, command: "06 91 0B 000000 AA 261126 0C 120000" },
    { status: 0x62, command: "06 70 00" },
    { status: 0xc2, command: "06 70 00" },
    { status: 0xb1, command: END_OF_DAY },
    { status: 0xf0, command: END_OF_DAY },
  ])("$status lets no sale through until $command", async ({ status, command }) => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.device.status = status;
    expect((await order(terminal, till, STATUS_ENQUIRY)).at(-1)).toMatchObject({
      completion: { terminalStatus: status },
    });
    expect(abortOf(await order(terminal, till, SALE))).toBeGreaterThan(0x63);
    await order(terminal, till, command);
    expect((await order(terminal, till, STATUS_ENQUIRY)).at(-1)).toMatchObject({ completion: { terminalStatus: 0 } });
    expect(statusOf(await order(terminal, till, SALE))?.result).toBe(0);
    expect(terminal.books.totals().charges).toBe(1);
  });

  test("a till that shows its password is told version, model and serial number", async () => {
    const { terminal, till } = await registered({}, REGISTRATION_WITH_TLV);
    using _ = terminal;
    expect((await order(terminal, till, "05 01 03 000000")).at(-1)).toMatchObject({
      completion: {
        terminalStatus: 0,
        softwareVersion: "SIM 13.08",
        status: { tlv: { model: "SIM-ZVT", software: "SIM 13.08", serial: "80012345" } },
      },
    });
  });

  test("the clock is set by 06 91 and tells the time from then on", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    await order(terminal, till, "06 91 0B 000000 AA 301224 0C 101500");
    const status = statusOf(await order(terminal, till, SALE));
    expect(status?.date).toBe("1224");
    expect(status?.time).toMatch(/^1015/);
    expect(abortOf(await order(terminal, till, "06 91 0B 000000 AA 301340 0C 101500"))).toBe(0x83);
  });

  test("while somebody is in its menu only status, registration and log-off go", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.device.isLocked = true;
    expect(abortOf(await order(terminal, till, SALE))).toBe(0xa0);
    expect(abortOf(await order(terminal, till, "06 70 00"))).toBe(0xa0);
    expect((await order(terminal, till, STATUS_ENQUIRY)).at(-1)?.type).toBe("completion");
    expect((await order(terminal, till, REGISTRATION)).at(-1)?.type).toBe("completion");
  });

  test("a failed diagnosis ends with its code and mends nothing", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.device.status = 0xc2;
    terminal.next({ on: 0x0670, decline: 0x9b });
    expect(abortOf(await order(terminal, till, "06 70 00"))).toBe(0x9b);
    expect(terminal.device.status).toBe(0xc2);
  });

  test("unknown fields and commands are refused with 84 83, known ones that mean nothing here are not", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    expect(await order(terminal, till, "06 01 09 04 000000001000 DF 00")).toEqual([{ type: "negative", code: 0x83 }]);
    expect(await order(terminal, till, "06 C0 00")).toEqual([{ type: "negative", code: 0x83 }]);
    const heard = await order(terminal, till, "06 01 13 04 000000001000 49 0978 19 40 3C F0F0F3 414243");
    expect(statusOf(heard)?.result).toBe(0);
  });
});
