import { duplexPair } from "node:stream";
import { describe, expect, test } from "vitest";
import type { ZvtNext } from "../../../../src/sim/zvt/conduct.ts";
import { ZvtTerminal } from "../../../../src/sim/zvt/terminal.ts";
import type { ZvtTerminalOptions } from "../../../../src/sim/zvt/terminal-options.ts";
import { RawTill } from "../../../support/raw-till.ts";
import { waitUntil } from "../../../support/wait-until.ts";

// Transcripts by hand, with the frames of reference/zvt.md, 3.3.
const ACK = "06";
const NAK = "15";
const POSITIVE = "10 02 80 00 00 10 03 f5 1f";
const REGISTRATION = "10 02 06 00 06 00 00 00 ba 09 78 10 03 d0 d8";
const AUTHORISATION = "10 02 06 01 07 04 00 00 00 00 10 10 00 10 03 62 91";
const STATUS_ENQUIRY = "10 02 05 01 00 10 03 10 06";
const ABORT_BY_TILL = "10 02 06 b0 00 10 03 43 f3";
const WAITING_FOR_HOST = "10 02 04 ff 01 04 10 03 e5 e7";
const RESULT_ABORTED = "10 02 04 0f 02 27 6c 10 03 76 32";
const ABORT_BY_TERMINAL = "10 02 06 1e 01 6c 10 03 c9 f2";
const COMPLETION = "10 02 06 0f 00 10 03 c6 33";
const BUSY = "10 02 84 9c 00 10 03 c3 41";

function onSerial(options: ZvtTerminalOptions = {}): { terminal: ZvtTerminal; till: RawTill } {
  const terminal = new ZvtTerminal(options);
  const [near, far] = duplexPair();
  terminal.serve(far, "serial");
  return { terminal, till: new RawTill(near) };
}

/** Bytes up to and with the next block's end. */
async function nextBlock(till: RawTill): Promise<string> {
  let block = await till.take(2);
  for (let escaped = false; ;) {
    const byte = await till.take(1);
    block += byte;
    if (escaped && byte === "03") return block + (await till.take(2));
    escaped = !escaped && byte === "10";
  }
}

async function register(till: RawTill): Promise<void> {
  till.say(REGISTRATION);
  await till.hear(ACK + POSITIVE);
  till.say(ACK);
  expect(await nextBlock(till)).toMatch(/^1002060f0a19002952001234490978/);
  till.say(ACK + POSITIVE);
  await till.hear(ACK);
}

describe("a simulated ZVT terminal on a serial line", () => {
  test("registers, asks the host, tells the result and completes, each message acknowledged and answered", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    await register(till);

    till.say(AUTHORISATION);
    await till.hear(ACK + POSITIVE);
    till.say(ACK);
    for (;;) {
      const block = await nextBlock(till);
      till.say(ACK + POSITIVE);
      await till.hear(ACK);
      if (block === WAITING_FOR_HOST.replaceAll(" ", "")) break;
      expect(block).toMatch(/^100204ff01/);
    }
    expect(await nextBlock(till)).toMatch(/^1002040f..27000400000000101000/);
    till.say(ACK + POSITIVE);
    await till.hear(ACK);
    let printed = 0;
    for (;;) {
      const block = await nextBlock(till);
      till.say(ACK + POSITIVE);
      await till.hear(ACK);
      if (block === COMPLETION.replaceAll(" ", "")) break;
      expect(block).toMatch(/^100206d1/);
      printed++;
    }
    expect(printed).toBeGreaterThan(5);
    await terminal.whenIdle();
    expect(terminal.books.bookings).toMatchObject([
      { kind: "charge", ordered: 1_000, amount: 1_000, outcome: "approved", receipt: 1, trace: 1, told: true },
    ]);
  });

  test("the red key ends an order with result 6C, and nothing is charged", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    till.say("10 02 06 00 06 00 00 00 86 09 78 10 03 16 03");
    await till.hear(ACK + POSITIVE);
    till.say(ACK);
    await nextBlock(till);
    till.say(ACK + POSITIVE);
    await till.hear(ACK);

    terminal.next({ customer: "aborts" });
    till.say(AUTHORISATION);
    await till.hear(ACK + POSITIVE);
    till.say(ACK);
    await till.hear(RESULT_ABORTED);
    till.say(ACK + POSITIVE);
    await till.hear(ACK + ABORT_BY_TERMINAL);
    till.say(ACK + POSITIVE);
    await till.hear(ACK);
    expect(terminal.books.bookings).toMatchObject([{ outcome: "aborted", result: 0x6c, amount: 0 }]);
  });

  test("06 B0 before the host is asked ends the order", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    await register(till);
    terminal.next({ customer: "waits" });
    till.say(AUTHORISATION);
    await till.hear(ACK + POSITIVE);
    till.say(ACK);
    await nextBlock(till);
    till.say(ACK + POSITIVE);
    await till.hear(ACK);

    till.say(ABORT_BY_TILL);
    await till.hear(ACK + POSITIVE);
    till.say(ACK);
    await till.hear(RESULT_ABORTED);
    till.say(ACK + POSITIVE);
    await till.hear(ACK + ABORT_BY_TERMINAL);
    till.say(ACK + POSITIVE);
    await till.hear(ACK);
    expect(terminal.books.charges).toEqual([]);
  });

  test("answers a status enquiry whose checksum has a 10 in it, and says 51 when it wants an initialisation", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    terminal.device.status = 0x51;
    till.say(STATUS_ENQUIRY);
    await till.hear(ACK + POSITIVE);
    till.say(ACK);
    expect(await nextBlock(till)).toMatch(/^1002060f01511003/);
  });

  test("a till that has answered the completion is master again, and may send its next command at once", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    till.say(STATUS_ENQUIRY);
    await till.hear(ACK + POSITIVE);
    till.say(ACK);
    await nextBlock(till);
    till.say(ACK + POSITIVE + STATUS_ENQUIRY);
    await till.hear(ACK + ACK + POSITIVE);
    expect(terminal.counters.outOfTurn).toBe(0);
  });

  test("a block with a wrong checksum is refused, and taken when it comes right", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    till.say("10 02 05 01 00 10 03 11 06");
    await till.hear(NAK);
    till.say(STATUS_ENQUIRY);
    await till.hear(ACK + POSITIVE);
    expect(terminal.commands).toHaveLength(1);
  });

  test("a block that stops in the middle is refused after T1", async () => {
    const { terminal, till } = onSerial({ times: { characterMs: 20 } });
    using _ = terminal;
    till.say("10 02 05 01");
    await till.hear(NAK);
    till.say(STATUS_ENQUIRY);
    await till.hear(ACK + POSITIVE);
  });

  test("a block that is not acknowledged goes out three times and no more", async () => {
    const { terminal, till } = onSerial({ times: { ackMs: 20 } });
    using _ = terminal;
    till.say(STATUS_ENQUIRY);
    await till.hear(ACK + POSITIVE + POSITIVE + POSITIVE);
    await terminal.whenIdle();
    expect(till.held).toBe("");
  });

  test.each<{ next: ZvtNext; heard: string; charges: number }>([
    { next: { deaf: true }, heard: "", charges: 0 },
    { next: { noAnswer: true }, heard: ACK, charges: 0 },
    { next: { refuse: 0x9c }, heard: ACK + BUSY, charges: 0 },
    { next: { noAck: true }, heard: POSITIVE, charges: 1 },
    { next: { muteFrom: "taken" }, heard: ACK, charges: 1 },
    { next: { muteFrom: "received" }, heard: "", charges: 1 },
    { next: { dieAt: "received" }, heard: "", charges: 0 },
    { next: { dieAt: "taken" }, heard: ACK, charges: 0 },
    { next: { nak: 1 }, heard: NAK, charges: 0 },
    { next: { wrongCrc: 1 }, heard: `${ACK} 10 02 80 00 00 10 03 f4 1e`, charges: 1 },
    { next: { twice: true }, heard: ACK + POSITIVE + POSITIVE, charges: 1 },
  ])("$next: the till hears $heard, and $charges is charged", async ({ next, heard, charges }) => {
    const { terminal, till } = onSerial({ times: { ackMs: 20, answerMs: 20 } });
    using _ = terminal;
    await register(till);
    terminal.next(next);
    till.say(AUTHORISATION);
    await till.hear(heard);
    if (heard.endsWith(POSITIVE)) till.say(ACK);
    await waitUntil("all is done", () => !terminal.isBusy && terminal.books.charges.length === charges);
    await terminal.whenIdle();
    if (heard !== "") return;
    till.say(STATUS_ENQUIRY);
    await till.hear(ACK + POSITIVE);
  });

  test("garbage comes before each block and is none", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    terminal.next({ on: 0x0501, garbage: 5 });
    till.say(STATUS_ENQUIRY);
    await till.hear(ACK);
    const noise = Buffer.from(await till.take(5), "hex");
    expect([...noise].every((byte) => byte >= 0x20)).toBe(true);
    await till.hear(POSITIVE);
  });

  test("nothing is heard while the power is away", async () => {
    const { terminal, till } = onSerial();
    using _ = terminal;
    terminal.failPower(60_000);
    till.say(STATUS_ENQUIRY);
    await new Promise((resolve) => setImmediate(resolve));
    expect(till.held).toBe("");
    expect(terminal.commands).toEqual([]);
  });
});
