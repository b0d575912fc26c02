import { duplexPair } from "node:stream";
import { describe, expect, test } from "vitest";
import { ZVT_STEPS, type ZvtNext, type ZvtStep } from "../../../../src/sim/zvt/conduct.ts";
import { ZvtTerminal } from "../../../../src/sim/zvt/terminal.ts";
import type { ZvtTerminalOptions } from "../../../../src/sim/zvt/terminal-options.ts";
import { seededRandom } from "../../../../src/sim/seeded-random.ts";
import { AnsweringTill } from "../../../support/answering-till.ts";
import { waitUntil } from "../../../support/wait-until.ts";

const REGISTRATION = "06 00 06 000000 BA 0978";
const SALE = "06 01 07 04 000000001000";
const STATUS_ENQUIRY = "05 01 00";
const REPEAT = "06 20 03 000000";

function connected(terminal: ZvtTerminal): AnsweringTill {
  const [near, far] = duplexPair();
  terminal.serve(far, "tcp");
  return new AnsweringTill(near);
}

async function registered(options: ZvtTerminalOptions = {}): Promise<{ terminal: ZvtTerminal; till: AnsweringTill }> {
  const terminal = new ZvtTerminal(options);
  const till = connected(terminal);
  await till.order(REGISTRATION);
  await terminal.whenIdle();
  return { terminal, till };
}

function isFrom(step: ZvtStep, first: ZvtStep): boolean {
  return ZVT_STEPS.indexOf(step) >= ZVT_STEPS.indexOf(first);
}

/** Twelve sales by chance. @returns what became of each. */
async function play(seed: number): Promise<readonly string[]> {
  const { terminal, till } = await registered({
    random: seededRandom(seed),
    habits: { declineRate: 0.3, abortRate: 0.3, busyRate: 0.3 },
  });
  using _ = terminal;
  for (let sale = 0; sale < 12; sale++) {
    await till.order(SALE);
    await terminal.whenIdle();
  }
  return terminal.books.bookings.map(({ outcome, result }) => `${outcome} ${result}`);
}

/** Lets what is under way on the streams arrive. */
async function settled(terminal: ZvtTerminal): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  await terminal.whenIdle();
}

describe("each step of a sale", () => {
  test("comes in its order, also to a till that wants no intermediate status", async () => {
    const steps: ZvtStep[] = [];
    const { terminal, till } = await registered({
      onStep: (step, { code }) => {
        if (code === 0x0601) steps.push(step);
      },
    });
    using _ = terminal;
    await till.order(SALE);
    await terminal.whenIdle();
    expect(steps).toEqual(ZVT_STEPS);
  });

  test("is waited for: what a test does there comes before what the terminal does next", async () => {
    const released = Promise.withResolvers<void>();
    const { terminal, till } = await registered({
      onStep: async (step) => (step === "hostDecided" ? released.promise : undefined),
    });
    using _ = terminal;
    till.say(SALE);
    await waitUntil("the host has decided", () => terminal.books.charges.length === 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(till.heard.some(({ type }) => type === "status")).toBe(false);
    released.resolve();
    await waitUntil("it is completed", () => till.heard.at(-1)?.type === "completion");
  });

  test.each(ZVT_STEPS.map((step) => ({ step, charged: isFrom(step, "hostDecided") })))(
    "power that fails at $step breaks the line off, and the books say whether money moved: $charged",
    async ({ step, charged }) => {
      const { terminal, till } = await registered();
      using _ = terminal;
      terminal.next({ dieAt: step });
      till.say(SALE);
      await waitUntil("the line is gone", () => till.hasEnded);
      await terminal.whenIdle();
      expect(terminal.books.charges).toHaveLength(charged ? 1 : 0);
      expect(terminal.books.bookings).toMatchObject([
        {
          ordered: 1_000,
          outcome: charged ? "approved" : "aborted",
          told: isFrom(step, "statusSent"),
        },
      ]);
      expect(terminal.device.isRegistered).toBe(false);
      expect(terminal.counters.powerFailures).toBe(1);
    },
  );

  test.each(ZVT_STEPS)("a terminal that says nothing more from %s on has charged all the same", async (step) => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ muteFrom: step });
    till.say(SALE);
    await waitUntil("it is charged", () => terminal.books.charges.length === 1);
    await settled(terminal);
    expect(till.hasEnded).toBe(false);
    expect(till.heard.slice(2).some(({ type }) => type === "completion")).toBe(step === "completed");
  });

  test("after a lost till the order takes its course, and the next till finds the receipt", async () => {
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const { terminal, till } = await registered({
      onStep: async (step) => {
        if (step !== "waitingForHost") return;
        reached.resolve();
        await goOn.promise;
      },
    });
    using _ = terminal;
    till.say(SALE);
    await reached.promise;
    till.end();
    const next = connected(terminal);
    expect((await next.order(STATUS_ENQUIRY)).at(-1)).toMatchObject({ completion: { terminalStatus: 0x9c } });
    expect(await next.order(SALE)).toEqual([{ type: "negative", code: 0x9c }]);
    goOn.resolve();
    await terminal.whenIdle();
    expect(terminal.books.bookings).toMatchObject([
      { outcome: "approved", amount: 1_000, told: false },
      { outcome: "refused", result: 0x9c },
    ]);
    const repeated = await next.order(REPEAT);
    expect(repeated.find((message) => message.type === "status")).toMatchObject({
      status: { result: 0, amount: 1_000, receiptNumber: "0001" },
    });
  });

  test("a terminal that needs its till gives up when that goes before the host was asked", async () => {
    const { terminal, till } = await registered({ needsTill: true });
    using _ = terminal;
    terminal.next({ customer: "waits" });
    till.say(SALE);
    await waitUntil("it waits for a card", () => till.heard.at(-1)?.type === "intermediate");
    till.end();
    await terminal.whenIdle();
    expect(terminal.books.bookings).toMatchObject([{ outcome: "aborted", result: 0x6c }]);
  });
});

describe("calling an order back", () => {
  test("06 B0 after the host was asked is taken and changes nothing", async () => {
    const goOn = Promise.withResolvers<void>();
    const { terminal, till } = await registered({
      onStep: async (step) => (step === "waitingForHost" ? goOn.promise : undefined),
    });
    using _ = terminal;
    till.say(SALE);
    await waitUntil("the host is asked", () => till.raw.at(-1) === "04ff0104");
    till.say("06 B0 00");
    await waitUntil("it is taken", () => till.raw.at(-1) === "800000");
    goOn.resolve();
    await waitUntil("it ends", () => till.heard.at(-1)?.type === "completion");
    expect(terminal.counters.lateAborts).toBe(1);
    expect(terminal.books.totals()).toMatchObject({ charges: 1, charged: 1_000 });
  });

  test("06 B0 frees a reader with a card in it", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.device.status = 0xe1;
    till.say("06 B0 00");
    await waitUntil("it is free", () => terminal.device.status === 0);
  });

  test("another command while one runs is ignored and counted", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ customer: "waits" });
    till.say(SALE);
    await waitUntil("it waits for a card", () => till.heard.at(-1)?.type === "intermediate");
    till.say(SALE);
    await waitUntil("it is counted", () => terminal.counters.outOfTurn === 1);
    till.say("06 B0 00");
    await waitUntil("it ends", () => till.heard.at(-1)?.type === "abort");
    await terminal.whenIdle();
    expect(terminal.books.bookings).toHaveLength(1);
  });
});

describe("misbehaviour on demand", () => {
  test.each<{ next: ZvtNext; end: string; charges: number }>([
    { next: { refuse: 0x9c }, end: "849c00", charges: 0 },
    { next: { refuse: 0xcc }, end: "84cc00", charges: 0 },
    { next: { abortWith: 0xa0 }, end: "061e01a0", charges: 0 },
    { next: { customer: "aborts" }, end: "061e016c", charges: 0 },
    { next: { decline: 0x05 }, end: "061e0105", charges: 0 },
    { next: { contradicts: true }, end: "061e016c", charges: 1 },
    { next: { completion: { lateMs: 5 } }, end: "060f00", charges: 1 },
    { next: { hostMs: 5 }, end: "060f00", charges: 1 },
  ])("$next: the last word is $end, and $charges is charged", async ({ next, end, charges }) => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next(next);
    await till.order(SALE);
    await terminal.whenIdle();
    expect(till.raw.at(-1)).toBe(end);
    expect(terminal.books.charges).toHaveLength(charges);
    await till.order(SALE);
    expect(till.raw.at(-1)).toBe("060f00");
  });

  test("a lost completion: the status information is the last that is heard", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ completion: "lost" });
    till.say(SALE);
    await waitUntil("it is charged", () => terminal.books.charges.length === 1);
    await settled(terminal);
    expect(till.heard.slice(3).some(({ type }) => type === "completion")).toBe(false);
    expect(terminal.books.bookings).toMatchObject([{ told: true }]);
  });

  test("a wrong amount is told, the right one is booked", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ echoAmount: 9_999 });
    const heard = await till.order(SALE);
    expect(heard.find((message) => message.type === "status")).toMatchObject({ status: { amount: 9_999 } });
    expect(terminal.books.charges).toMatchObject([{ ordered: 1_000, amount: 1_000 }]);
  });

  test("the host approves a part", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ approveOnly: 400 });
    const heard = await till.order(SALE);
    expect(heard.find((message) => message.type === "status")).toMatchObject({ status: { result: 0, amount: 400 } });
    expect(terminal.books.totals().charged).toBe(400);
  });

  test("another terminal answers under its own number and serial number", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ on: "any", isOther: true, times: 2 });
    await till.order(REGISTRATION);
    expect(till.raw.at(-1)).toBe("060f0a19002952001235490978");
    await terminal.whenIdle();
    await till.order(SALE);
    await terminal.whenIdle();
    await till.order(REGISTRATION);
    expect(till.raw.at(-1)).toBe("060f0a19002952001234490978");
  });

  test("04 FF tell the till to be patient", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ minutes: 5 });
    await till.order(SALE);
    expect(till.raw).toContain("04ff020405");
  });

  test("it sends without end until the line is gone, and charges nothing", async () => {
    const { terminal, till } = await registered();
    using _ = terminal;
    terminal.next({ floods: true });
    till.say(SALE);
    await waitUntil("a hundred came", () => till.raw.length > 100);
    till.end();
    await terminal.whenIdle();
    expect(terminal.books.charges).toEqual([]);
  });

  test("the power stays away as long as it is told to", async () => {
    const { terminal } = await registered();
    using _ = terminal;
    terminal.failPower(20);
    expect(terminal.isOn).toBe(false);
    const refused = connected(terminal);
    await waitUntil("it is turned away", () => refused.hasEnded);
    await waitUntil("the power is back", () => terminal.isOn);
    await connected(terminal).order(REGISTRATION);
  });

  test("rates decide by chance that can be played again", async () => {
    const first = await play(7);
    expect(await play(7)).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(3);
  });
});
