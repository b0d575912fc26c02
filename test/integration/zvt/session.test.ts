import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { cardToken } from "../../../src/domain/card.ts";
import type { DeviceNews, DeviceSession } from "../../../src/domain/device.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { type PaymentAnswer, paymentId, type PaymentOrder } from "../../../src/domain/payment.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import type { DeviceDeps } from "../../../src/drivers/driver.ts";
import type { LinkPlace } from "../../../src/drivers/transport/byte-link.ts";
import { linkOptions } from "../../../src/drivers/transport/link-options.ts";
import { linkPlace } from "../../../src/drivers/transport/link-place.ts";
import { tcpPlace } from "../../../src/drivers/transport/tcp-place.ts";
import { encodeApdu } from "../../../src/drivers/zvt/codec/apdu.ts";
import { encodeTotals } from "../../../src/drivers/zvt/codec/totals.ts";
import { ascii, bcd, bmp, joined, tlv } from "../../../src/drivers/zvt/codec/writing.ts";
import { zvtDriver } from "../../../src/drivers/zvt/index.ts";
import { zvtOptions } from "../../../src/drivers/zvt/options.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { Secret } from "../../../src/runtime/secret.ts";
import { serialLine } from "../../support/serial-line.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { COMPLETION, POSITIVE, readyAnd, type Script, ScriptedTerminal, statusOf } from "../../support/zvt-terminal.ts";

const NEVER = new AbortController().signal;
const AMOUNT = minorUnits(1234);
const APPROVED = bmp(0x27, Uint8Array.of(0));
const PAID = bmp(0x04, bcd(1234, 6));

interface Opened {
  readonly session: DeviceSession;
  readonly terminal: ScriptedTerminal;
  readonly news: readonly DeviceNews[];
  readonly sell: () => Promise<PaymentAnswer>;
}

function receipt(number: number): Uint8Array {
  return bmp(0x87, bcd(number, 2));
}

function order(): PaymentOrder {
  return { payment: paymentId("p-1"), kind: "sale", amount: AMOUNT, currency: currency("EUR") };
}

async function opened(
  place: LinkPlace,
  terminal: ScriptedTerminal,
  work: (opened: Opened) => Promise<void>,
): Promise<void> {
  const news: DeviceNews[] = [];
  const deps: DeviceDeps = {
    clock: systemClock(),
    log: silentLog,
    random: () => 0,
    tokenise: () => cardToken("0123456789abcdef"),
    news: (each) => news.push(each),
  };
  const options = zvtOptions.parse({ family: "zvt", link: { tcp: "127.0.0.1:20007" } });
  const setup = {
    terminal: terminalId("till-1"),
    options,
    password: new Secret("123456"),
    currency: currency("EUR"),
    timezone: "Asia/Shanghai",
  };
  await using session = await zvtDriver(setup, place, deps).open(NEVER);
  await work({ session, terminal, news, sell: async () => session.pay(order(), () => undefined, NEVER) });
}

async function onTcp(script: Script, work: (opened: Opened) => Promise<void>): Promise<void> {
  const terminal = new ScriptedTerminal(readyAnd(script));
  const server = createServer((socket) => terminal.onTcp(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  try {
    await opened(tcpPlace({ host: "127.0.0.1", port }), terminal, work);
  } finally {
    server.close();
  }
}

async function onSerial(
  script: Script,
  work: (opened: Opened) => Promise<void>,
  prepare: (terminal: ScriptedTerminal) => void = () => undefined,
): Promise<void> {
  const terminal = new ScriptedTerminal(readyAnd(script));
  prepare(terminal);
  await using line = await serialLine((socket) => terminal.onSerial(socket));
  const serial = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 2, rtscts: false } as const;
  await opened(linkPlace(linkOptions(serial).parse({ serial: { path: line.path } })), terminal, work);
}

const SALE: Script = () => [
  POSITIVE,
  encodeApdu(0x04ff, Uint8Array.of(0x04)),
  statusOf(APPROVED, PAID, receipt(7), bmp(0x22, Uint8Array.of(0x62, 0x12, 0x34, 0xee, 0xee, 0xee, 0x10, 0x01))),
  encodeApdu(
    0x06d3,
    bmp(0x06, joined(tlv(0x1f07, Uint8Array.of(2)), tlv(0x25, tlv(0x07, ascii("Card 6212 3400 0000 0001"))))),
  ),
  COMPLETION,
];

const DIALS: Script = () => [POSITIVE, encodeApdu(0x06d8), statusOf(APPROVED, PAID), COMPLETION];

/** A sale without a word on its result; a reversal that tells the receipt of the sale; 7 was the last one. */
const UNDOES_RECEIPT_5: Script = (command) => {
  if (command === 0x0601) return [POSITIVE, COMPLETION];
  return [POSITIVE, statusOf(APPROVED, PAID, receipt(command === 0x0630 ? 5 : 7)), COMPLETION];
};

/** Abort and log-off have no completion. */
const TAKES_ALL: Script = (command) => (command === 0x06b0 || command === 0x0602 ? [POSITIVE] : [POSITIVE, COMPLETION]);

function asHex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

describe("a ZVT terminal on TCP", () => {
  test("registers with password, config byte, currency and what it may send, then says who it is", async () => {
    await onTcp(SALE, async ({ session, terminal }) => {
      expect(session.identity).toEqual({ terminalNumber: "52000123" });
      expect(asHex(terminal.received[0])).toBe("06000e1234569e0978060626040a0206d3");
      expect(terminal.commands).toEqual([0x0600, 0x0501]);
    });
  });

  test("a sale brings what the terminal told, its slip with the card number masked, and the host's time", async () => {
    await onTcp(SALE, async ({ sell }) => {
      const answer = await sell();
      expect(answer).toMatchObject({
        outcome: "approved",
        transaction: {
          amount: 1234,
          receiptNumber: "0007",
          card: { bin6: "621234", last4: "1001", hiddenByTerminal: true },
          receipts: [{ type: "customer", lines: ["Card 621234******0001"] }],
        },
      });
      expect(answer.transaction.hostMs).toBeGreaterThanOrEqual(0);
    });
  });

  test("dial-up by way of the till is refused, and the sale goes on", async () => {
    await onTcp(DIALS, async ({ sell, terminal }) => {
      expect((await sell()).outcome).toBe("approved");
      expect(terminal.received.map((apdu) => asHex(apdu))).toContain("848300");
    });
  });

  test("a refused order has certainly taken no money", async () => {
    await onTcp(
      () => [encodeApdu(0x849c)],
      async ({ sell, terminal }) => {
        expect(await sell()).toEqual({ outcome: "failed", reason: "pleaseWait", transaction: { deviceCode: "9C" } });
        expect(terminal.commands.filter((command) => command === 0x0601)).toHaveLength(1);
      },
    );
  });

  test("a completion without a result is settled by a receipt that is newer than any known, and by nothing less", async () => {
    let last = statusOf(APPROVED, PAID, receipt(7));
    const script: Script = (command) => {
      if (command === 0x0601) return [POSITIVE, COMPLETION];
      return command === 0x0620 ? [POSITIVE, last, COMPLETION] : [encodeApdu(0x8483)];
    };
    await onTcp(script, async ({ sell, session }) => {
      // Nothing is known of the terminal yet: its last receipt may be of any day.
      expect(await sell()).toMatchObject({ outcome: "inDoubt", reason: "noResult" });
      expect(await session.lastTransaction(NEVER)).toEqual({
        outcome: "approved",
        transaction: { amount: 1234, receiptNumber: "0007", deviceCode: "00" },
      });
      expect(await sell()).toMatchObject({ outcome: "inDoubt", reason: "noResult" });
      last = statusOf(APPROVED, PAID, receipt(8));
      expect(await sell()).toMatchObject({ outcome: "approved", transaction: { receiptNumber: "0008" } });
      last = statusOf(APPROVED, bmp(0x04, bcd(9999, 6)), receipt(9));
      expect(await sell()).toMatchObject({ outcome: "inDoubt", reason: "noResult" });
      last = statusOf(bmp(0x27, Uint8Array.of(0x6c)), PAID, receipt(10));
      expect(await sell()).toMatchObject({ outcome: "failed", reason: "abortedAtTerminal" });
    });
  });

  test("a last transaction that was a check of the card alone is evidence of nothing", async () => {
    const checked = statusOf(APPROVED, PAID, receipt(7), bmp(0x19, Uint8Array.of(0x50)));
    await onTcp(
      () => [POSITIVE, checked, COMPLETION],
      async ({ sell, session, terminal, news }) => {
        expect(await sell()).toMatchObject({ outcome: "inDoubt", reason: "onlyChecked" });
        await expect(session.lastTransaction(NEVER)).rejects.toMatchObject({ code: "refused" });
        terminal.say(checked);
        terminal.say(statusOf(APPROVED, PAID, receipt(8)));
        await waitUntil("the other is told", () => news.length > 0);
        expect(news).toMatchObject([{ type: "lateAnswer", answer: { transaction: { receiptNumber: "0008" } } }]);
      },
    );
  });

  test("a foreign receipt that was no evidence for one order is none for the next one either", async () => {
    let last = statusOf(APPROVED, PAID, receipt(7));
    const script: Script = (command) => (command === 0x0601 ? [POSITIVE, COMPLETION] : [POSITIVE, last, COMPLETION]);
    await onTcp(script, async ({ sell, session }) => {
      await session.lastTransaction(NEVER);
      last = statusOf(APPROVED, PAID, receipt(8));
      const other = { ...order(), amount: minorUnits(500) };
      expect(await session.pay(other, () => undefined, NEVER)).toMatchObject({ outcome: "inDoubt" });
      expect(await sell()).toMatchObject({ outcome: "inDoubt", reason: "noResult" });
    });
  });

  test("a reversal that tells its original's receipt does not make the receipts after that one new again", async () => {
    await onTcp(UNDOES_RECEIPT_5, async ({ sell, session }) => {
      await session.lastTransaction(NEVER);
      const undo = { payment: paymentId("p-2"), kind: "reversal", currency: currency("EUR") } as const;
      const undone = await session.pay({ ...undo, original: { receiptNumber: "5" } }, () => undefined, NEVER);
      expect(undone.outcome).toBe("approved");
      expect(await sell()).toMatchObject({ outcome: "inDoubt", reason: "noResult" });
    });
  });

  test("a terminal that remembers nothing says so, and one that refuses the question is no evidence", async () => {
    let answer = [POSITIVE, COMPLETION];
    await onTcp(
      () => answer,
      async ({ session }) => {
        expect(await session.lastTransaction(NEVER)).toBeUndefined();
        answer = [POSITIVE, statusOf(bmp(0x27, Uint8Array.of(0x83))), encodeApdu(0x061e, Uint8Array.of(0x83))];
        await expect(session.lastTransaction(NEVER)).rejects.toMatchObject({ code: "refused", detail: { code: "83" } });
      },
    );
  });

  test("the end of day brings the batch's totals", async () => {
    const cards = [{ card: "girocard", count: 2, amount: minorUnits(2468) }];
    const totals = encodeTotals({ firstReceipt: "0001", lastReceipt: "0002", cards });
    let answer = [POSITIVE, statusOf(APPROVED, bmp(0x60, totals)), COMPLETION];
    await onTcp(
      () => answer,
      async ({ session }) => {
        expect(await session.settle(NEVER)).toEqual({ outcome: "settled", totals: cards, currency: "EUR" });
        answer = [POSITIVE, encodeApdu(0x061e, Uint8Array.of(0x77))];
        expect(await session.settle(NEVER)).toEqual({
          outcome: "failed",
          reason: "endOfDayNotPossible",
          deviceCode: "77",
          currency: "EUR",
        });
        answer = [encodeApdu(0x8483)];
        expect(await session.settle(NEVER)).toMatchObject({ outcome: "refused", deviceCode: "83" });
      },
    );
  });

  test("a diagnosis tells whether the host is there", async () => {
    let answer = [POSITIVE, encodeApdu(0x04ff, Uint8Array.of(0x04)), COMPLETION];
    await onTcp(
      () => answer,
      async ({ session }) => {
        const passed = await session.diagnose(NEVER);
        expect(passed.outcome).toBe("passed");
        expect(passed.hostMs).toBeTypeOf("number");
        answer = [POSITIVE, encodeApdu(0x061e, Uint8Array.of(0xa3))];
        expect(await session.diagnose(NEVER)).toEqual({ outcome: "failed", reason: "noConnection", deviceCode: "A3" });
      },
    );
  });

  test("recoveries send what mends and nothing that moves money or resets the terminal", async () => {
    await onTcp(TAKES_ALL, async ({ session, terminal }) => {
      for (const step of ["initialise", "setClock", "diagnose", "abort", "reset"] as const) {
        await session.recover(step, NEVER);
      }
      expect(terminal.commands.slice(2)).toEqual([0x0693, 0x0691, 0x0670, 0x06b0, 0x0602, 0x0600]);
      const clock = terminal.received.find((apdu) => asHex(apdu).startsWith("0691"));
      expect(asHex(clock)).toMatch(/^06910b123456aa\d{6}0c\d{6}$/);
    });
  });

  test("a command that is not answered in time ends the session: what came late could be taken for another answer", async () => {
    await onTcp(
      () => [],
      async ({ session, sell }) => {
        await expect(session.diagnose(NEVER)).rejects.toMatchObject({ code: "silent", detail: { timer: "T3" } });
        expect((await session.ended).code).toBe("silent");
        expect(await sell()).toMatchObject({ outcome: "failed", notSent: true });
      },
    );
  });

  test("a question that is given up ends the session with the asker's reason", async () => {
    await onTcp(
      () => [],
      async ({ session }) => {
        const reason = new Error("stopping");
        const stop = new AbortController();
        const asked = session.diagnose(stop.signal);
        stop.abort(reason);
        await expect(asked).rejects.toBe(reason);
        expect((await session.ended).code).toBe("closed");
      },
    );
  });

  test("a recovery that the terminal refuses is an error with its reason", async () => {
    await onTcp(
      () => [POSITIVE, encodeApdu(0x061e, Uint8Array.of(0xe0))],
      async ({ session }) => {
        await expect(session.recover("initialise", NEVER)).rejects.toMatchObject({
          code: "refused",
          detail: { code: "E0", reason: "remoteMaintenance" },
        });
      },
    );
  });

  test.each([
    [Uint8Array.of(0x62), { state: "attention", code: "62", reason: "clockWrong", remedy: "setClock" }],
    [Uint8Array.of(0xe2), { state: "fault", code: "E2", reason: "cardReaderDefective", remedy: "technician" }],
  ])("how it is comes with what mends it", async (status, expected) => {
    let asked = 0;
    const terminal = new ScriptedTerminal((command) => {
      if (command === 0x0600) return [POSITIVE, COMPLETION];
      return [POSITIVE, encodeApdu(0x060f, asked++ === 0 ? Uint8Array.of(0) : status)];
    });
    const server = createServer((socket) => terminal.onTcp(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    await opened(tcpPlace({ host: "127.0.0.1", port }), terminal, async ({ session }) => {
      expect(await session.poll(NEVER)).toEqual(expected);
    });
    server.close();
  });
});

/** Opening is over when the terminal has the till's last 80 00. */
async function quiet({ received }: ScriptedTerminal): Promise<void> {
  await waitUntil("the last answer is there", () => received.length === 4);
}

describe("a ZVT terminal on a serial line", () => {
  test("sells", async () => {
    await onSerial(SALE, async ({ sell, news }) => {
      expect(await sell()).toMatchObject({ outcome: "approved", transaction: { receiptNumber: "0007" } });
      expect(news).toEqual([]);
    });
  });

  test("the terminal has its last answer before the port is closed", async () => {
    await onSerial(SALE, async ({ session, terminal }) => {
      await session.poll(NEVER);
      await session[Symbol.asyncDispose]();
      await waitUntil("the last answer is there", () => terminal.received.length === 6, { withinMs: 5000 });
      expect(asHex(terminal.received[5])).toBe("800000");
    });
  });

  test("a result that comes of its own accord is told, answered and taken for no order's", async () => {
    await onSerial(SALE, async ({ terminal, news, sell }) => {
      await quiet(terminal);
      terminal.send(statusOf(APPROVED, PAID, receipt(6)));
      await waitUntil("the till has answered", () => terminal.received.length === 5);
      expect(news).toEqual([
        {
          type: "lateAnswer",
          answer: { outcome: "approved", transaction: { amount: 1234, receiptNumber: "0006", deviceCode: "00" } },
        },
      ]);
      expect(await sell()).toMatchObject({ outcome: "approved", transaction: { receiptNumber: "0007" } });
    });
  });

  test("a spoilt block is refused and comes again", async () => {
    const spoilt = Uint8Array.of(0x10, 0x02, 0x80, 0x00, 0x00, 0x10, 0x03, 0x00, 0x00);
    await onSerial(SALE, async ({ sell, terminal, news }) => {
      await quiet(terminal);
      terminal.instead.push(spoilt);
      expect((await sell()).outcome).toBe("approved");
      expect(news).toEqual([{ type: "lineFault", fault: "checksum" }]);
      expect(terminal.commands.filter((command) => command === 0x0601)).toHaveLength(1);
    });
  });

  test("an ACK that is lost does not make an order go out twice", async () => {
    await onSerial(SALE, async ({ sell, terminal }) => {
      await quiet(terminal);
      terminal.swallowAcks = 1;
      expect((await sell()).outcome).toBe("approved");
      expect(terminal.commands.filter((command) => command === 0x0601)).toHaveLength(1);
    });
  });

  test("an order that waits behind an answer that is not acknowledged was not sent", async () => {
    await onSerial(SALE, async ({ sell, terminal }) => {
      await quiet(terminal);
      terminal.swallowAcks = 99;
      terminal.send(encodeApdu(0x0401));
      await waitUntil("the till has answered", () => terminal.received.length === 5);
      expect(await sell()).toMatchObject({ outcome: "failed", notSent: true, reason: "noAnswer" });
      expect(terminal.commands).not.toContain(0x0601);
    });
  });

  test("an order that nobody acknowledges or answers is in doubt, not sent again, and the session ends", async () => {
    await onSerial(
      () => [],
      async ({ sell, terminal, session }) => {
        await quiet(terminal);
        terminal.swallowAcks = 99;
        expect(await sell()).toMatchObject({ outcome: "inDoubt", reason: "noAnswer" });
        expect((await session.ended).code).toBe("silent");
        expect(terminal.commands.filter((command) => command === 0x0601)).toHaveLength(1);
      },
    );
  });
});
