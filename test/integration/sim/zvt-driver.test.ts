import { describe, expect, test } from "vitest";
import { cardToken } from "../../../src/domain/card.ts";
import type { DeviceDriver } from "../../../src/domain/device.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { type PaymentAnswer, paymentId, type PaymentOrder } from "../../../src/domain/payment.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import type { LinkPlace } from "../../../src/drivers/transport/byte-link.ts";
import { serialPlace } from "../../../src/drivers/transport/serial-place.ts";
import { tcpPlace } from "../../../src/drivers/transport/tcp-place.ts";
import { zvtDriver } from "../../../src/drivers/zvt/index.ts";
import { zvtOptions } from "../../../src/drivers/zvt/options.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { ZVT_STEPS, type ZvtNext } from "../../../src/sim/zvt/conduct.ts";
import { serveZvtPort, serveZvtTcp } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { serialCable } from "../../support/serial-line.ts";

// The driver against a terminal that writes, reads and counts with code of its own.

const never = new AbortController().signal;

/** @param t4S  How long the driver waits for a terminal that has fallen silent. */
function driverAt(place: LinkPlace, t4S = 2): DeviceDriver {
  const options = {
    ...zvtOptions.parse({ family: "zvt", link: { tcp: "127.0.0.1:20007" } }),
    answerTimeoutMs: 1_000,
    completionTimeoutS: t4S,
  };
  return zvtDriver(
    { terminal: terminalId("till-1"), options, currency: currency("EUR"), timezone: "Europe/Berlin" },
    place,
    {
      clock: systemClock(),
      log: silentLog,
      random: () => 0.5,
      tokenise: () => cardToken("0123456789abcdef"),
      news: () => undefined,
    },
  );
}

function sale(amount = 1_234): PaymentOrder {
  return { payment: paymentId("payment-1"), kind: "sale", amount: minorUnits(amount), currency: currency("EUR") };
}

/** One sale over a session of its own. */
async function sell(driver: DeviceDriver): Promise<PaymentAnswer> {
  await using session = await driver.open(never);
  return await session.pay(sale(), () => undefined, never);
}

/** What the driver says may leave a doubt, and may never be against the books. */
function agrees({ outcome }: PaymentAnswer, charges: number): boolean {
  if (outcome === "approved" || outcome === "approvedPartly") return charges === 1;
  return outcome === "inDoubt" || charges === 0;
}

const CONDUCTS: readonly ZvtNext[] = [
  {},
  ...ZVT_STEPS.map((dieAt): ZvtNext => ({ dieAt })),
  ...ZVT_STEPS.map((muteFrom): ZvtNext => ({ muteFrom })),
  { customer: "aborts" },
  { decline: 0x05 },
  { decline: 0x33 },
  { decline: 0x9b },
  { refuse: 0x9c },
  { refuse: 0xcc },
  { refuse: 0x83 },
  { abortWith: 0xa0 },
  { abortWith: 0x6f },
  { deaf: true },
  { noAnswer: true },
  { completion: "lost" },
  { completion: { lateMs: 200 } },
  { contradicts: true },
  { approveOnly: 100 },
  { hostMs: 200 },
  { showsCard: true },
  { minutes: 1 },
  { isOther: true },
];

const SERIAL_CONDUCTS: readonly ZvtNext[] = [
  {},
  { decline: 0x33 },
  { customer: "aborts" },
  { nak: 1 },
  { nak: 2 },
  { wrongCrc: 1 },
  { wrongCrc: 2 },
  { twice: true },
  { garbage: 7 },
  { noAck: true },
  { completion: { lateMs: 200 } },
];

describe("the ZVT driver against the simulated terminal", () => {
  test.each(CONDUCTS)("on TCP, with %j, says nothing that is against the books", async (next) => {
    using terminal = new ZvtTerminal({ times: { answerMs: 1_000 } });
    await using tcp = await serveZvtTcp(terminal);
    terminal.next(next);
    const answer = await sell(driverAt(tcpPlace({ host: tcp.host, port: tcp.port })));
    await terminal.whenIdle();
    expect(terminal.books.charges.length).toBeLessThanOrEqual(1);
    expect(terminal.books.bookings.every(({ ordered }) => ordered === 1_234)).toBe(true);
    expect({ answer, agrees: agrees(answer, terminal.books.charges.length) }).toMatchObject({ agrees: true });
  });

  test.each(SERIAL_CONDUCTS)("on a serial line, with %j, says nothing that is against the books", async (next) => {
    using terminal = new ZvtTerminal({ times: { answerMs: 1_000, ackMs: 1_000 } });
    await using cable = await serialCable();
    await using _ = await serveZvtPort(terminal, cable.far);
    terminal.next(next);
    const place = serialPlace({
      path: cable.path,
      baudRate: 9600,
      dataBits: 8,
      parity: "none",
      stopBits: 2,
      rtscts: false,
    });
    const answer = await sell(driverAt(place));
    await terminal.whenIdle();
    expect(terminal.books.bookings.length).toBeLessThanOrEqual(1);
    expect({ answer, agrees: agrees(answer, terminal.books.charges.length) }).toMatchObject({ agrees: true });
  });

  test("every order of money ends in the books as the driver reports it", async () => {
    using terminal = new ZvtTerminal();
    await using tcp = await serveZvtTcp(terminal);
    await using session = await driverAt(tcpPlace({ host: tcp.host, port: tcp.port })).open(never);
    const pay = async (order: Omit<PaymentOrder, "payment" | "currency">): Promise<PaymentAnswer> =>
      session.pay({ ...order, payment: paymentId("payment-1"), currency: currency("EUR") }, () => undefined, never);
    const sold = await pay({ kind: "sale", amount: minorUnits(1_010) });
    expect(sold).toMatchObject({ outcome: "approved", transaction: { amount: 1_010, receiptNumber: "0001" } });
    expect(sold.transaction.receipts?.map(({ type }) => type)).toEqual(["merchant", "customer"]);
    await pay({ kind: "reversal", original: { receiptNumber: "0001" } });
    await pay({ kind: "refund", amount: minorUnits(300) });
    await pay({ kind: "preAuth", amount: minorUnits(25_000) });
    await pay({ kind: "completion", amount: minorUnits(18_000), original: { receiptNumber: "0004" } });
    await pay({ kind: "preAuth", amount: minorUnits(9_000) });
    await pay({ kind: "cancellation", original: { receiptNumber: "0006" } });
    expect(terminal.books.bookings.map(({ kind, outcome, amount }) => [kind, outcome, amount])).toEqual([
      ["charge", "approved", 1_010],
      ["void", "approved", 1_010],
      ["refund", "approved", 300],
      ["hold", "approved", 25_000],
      ["completion", "approved", 18_000],
      ["hold", "approved", 9_000],
      ["release", "approved", 9_000],
    ]);
    expect(await session.settle(never)).toMatchObject({ outcome: "settled" });
    expect(terminal.books.totals()).toMatchObject({ charged: 18_000, refunded: 300, holds: 0 });
  });

  test("poll, recovery and the last transaction are what the terminal says", async () => {
    using terminal = new ZvtTerminal();
    await using tcp = await serveZvtTcp(terminal);
    await using session = await driverAt(tcpPlace({ host: tcp.host, port: tcp.port })).open(never);
    expect(session.identity).toMatchObject({ terminalNumber: "52001234" });
    expect(await session.lastTransaction(never)).toBeUndefined();
    for (const [status, reason] of [
      [0x51, "initialisationRequired"],
      [0x62, "clockWrong"],
      [0xc2, "diagnosisRequired"],
    ] as const) {
      terminal.device.status = status;
      const condition = await session.poll(never);
      expect(condition.reason).toBe(reason);
      if (condition.remedy !== "initialise" && condition.remedy !== "setClock" && condition.remedy !== "diagnose") {
        throw new Error(`no remedy for ${reason}`);
      }
      await session.recover(condition.remedy, never);
      expect(await session.poll(never)).toMatchObject({ state: "ready" });
    }
    await session.pay(sale(), () => undefined, never);
    expect(await session.lastTransaction(never)).toMatchObject({
      outcome: "approved",
      transaction: { amount: 1_234, receiptNumber: "0001" },
    });
  });

  test("an order that is called back in time is not charged; one that is called back late is", async () => {
    using terminal = new ZvtTerminal();
    await using tcp = await serveZvtTcp(terminal);
    await using session = await driverAt(tcpPlace({ host: tcp.host, port: tcp.port })).open(never);
    const early = new AbortController();
    terminal.next({ customer: "waits" });
    const first = session.pay(sale(), ({ step }) => step === "presentCard" && early.abort(), early.signal);
    expect(await first).toMatchObject({ outcome: "failed" });
    await terminal.whenIdle();
    const late = new AbortController();
    terminal.next({ hostMs: 300 });
    const second = session.pay(sale(), ({ step }) => step === "waitingForHost" && late.abort(), late.signal);
    expect(await second).toMatchObject({ outcome: "approved" });
    expect(terminal.books.charges).toHaveLength(1);
    expect(terminal.counters.lateAborts).toBe(1);
  });
});
