import { describe, expect, test } from "vitest";
import { DeviceError } from "../../../src/domain/device.ts";
import type { PaymentAnswer, PaymentStep } from "../../../src/domain/payment.ts";
import { MISCHIEFS } from "./mischiefs.ts";
import { AMOUNT, framesOf, type InWorld, Rig } from "./rig.ts";
import { standingBy } from "./standing-by.ts";
import type { DriverWorld, Mischief, ScriptedPeer } from "./world.ts";

interface Kind {
  /** Whether the family takes payments at all. */
  readonly sells: boolean;
  /** False where the protocol tells who answers with a result only: then another terminal cannot be known by opening. */
  readonly introducesItself?: boolean;
}

/**
 * What every driver of a device owes to those who use it (src/domain/device.ts). Real bytes over the family's own kind of
 * link; the steps of its protocol are found by counting frames, so that no step is forgotten.
 */
export function driverContract(
  name: string,
  { sells, introducesItself = true }: Kind,
  makeWorld: () => Promise<DriverWorld>,
): void {
  const inWorld = async (work: (rig: Rig) => Promise<void>): Promise<void> => {
    await using rig = new Rig(await makeWorld());
    await work(rig);
  };

  describe(`driver of ${name}`, () => {
    connecting(inWorld);
    standingBy(inWorld);
    if (introducesItself) introducing(inWorld);
    if (sells) {
      selling(inWorld);
      trouble(inWorld);
    }
  });
}

function connecting(inWorld: InWorld): void {
  test("opens, says who answers, tells how it is, and leaves nothing behind", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      expect(session.identity).toBeTypeOf("object");
      expect((await session.poll(new AbortController().signal)).state).toBe("ready");
      expect(rig.peer.links).toBe(1);
      await rig.close(session);
      expect((await session.ended).code).toBe("closed");
      await rig.close(await rig.open());
    });
  });

  test("where nobody is, opening fails and says so", async () => {
    await inWorld(async (rig) => {
      await rig.world[Symbol.asyncDispose]();
      await expect(rig.open()).rejects.toBeInstanceOf(DeviceError);
      await rig.leftNothing();
    });
  });

  test("a device that says nothing is told as an error, and opening can be given up at once", async () => {
    await inWorld(async (rig) => {
      rig.peer.plan(0, { type: "silence" });
      await expect(rig.open()).rejects.toBeInstanceOf(DeviceError);
      await rig.leftNothing();
      const reason = new Error("stopping");
      const stop = new AbortController();
      const opening = rig.open(stop.signal);
      stop.abort(reason);
      await expect(opening).rejects.toBe(reason);
      await rig.leftNothing();
    });
  });

  test("a link that is lost at any step of opening is told as an error, and opening again works", async () => {
    await inWorld(async (rig) => {
      const frames = await framesOf(rig.peer, async () => rig.close(await rig.open()));
      for (let step = 0; step < frames; step++) {
        rig.peer.plan(step, { type: "cut" });
        // The last frames may be none that opening waits for.
        const opened = await rig.open().catch((error: unknown) => {
          expect(error).toBeInstanceOf(DeviceError);
        });
        if (opened !== undefined) await rig.close(opened);
        rig.peer.behave();
        await rig.close(await rig.reopen());
      }
    });
  });

  test("a question that is not answered is an error, and opening anew works", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      rig.peer.plan(0, { type: "silence" });
      await expect(rig.patiently("polling", session.poll(new AbortController().signal))).rejects.toBeInstanceOf(
        DeviceError,
      );
      rig.peer.behave();
      await rig.close(session);
      await rig.close(await rig.reopen());
    });
  });
}

function introducing(inWorld: InWorld): void {
  test("another device than the expected one is not used", async () => {
    await inWorld(async (rig) => {
      rig.peer.isExpected = false;
      await expect(rig.open()).rejects.toMatchObject({ code: "wrongTerminal" });
      await rig.leftNothing();
    });
  });
}

function selling(inWorld: InWorld): void {
  test("sells", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      const steps: PaymentStep[] = [];
      const answer = await rig.sell(session, { progress: ({ step }) => steps.push(step) });
      expect(answer).toMatchObject({ outcome: "approved", transaction: { amount: AMOUNT } });
      expect(answer).not.toHaveProperty("notSent");
      expect(steps[0]).toBe("sent");
      expect(rig.peer).toMatchObject({ orders: 1, booked: 1 });
      expect((await session.poll(new AbortController().signal)).state).toBe("ready");
      expect((await rig.sell(session)).outcome).toBe("approved");
      expect(rig.peer).toMatchObject({ orders: 2, booked: 2 });
      await rig.close(session);
    });
  });

  test.each([
    ["declines", ["declined"]],
    ["abortedByCustomer", ["failed", "declined"]],
  ] as const)("a terminal that %s has taken no money, and the session goes on", async (sale, outcomes) => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      rig.peer.sale = sale;
      const answer = await rig.sell(session);
      expect(outcomes).toContain(answer.outcome);
      expect(answer.reason).toBeTypeOf("string");
      expect(answer).not.toHaveProperty("notSent");
      rig.peer.sale = "approves";
      expect((await rig.sell(session)).outcome).toBe("approved");
      expect(rig.peer).toMatchObject({ orders: 2, booked: 1 });
    });
  });

  test("an order that was called back before it began is not sent", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      const answer = await rig.sell(session, { cancel: AbortSignal.abort() });
      expect(answer).toMatchObject({ outcome: "failed", notSent: true });
      expect(rig.peer.orders).toBe(0);
    });
  });

  test("an order that is called back ends with what the terminal says became of it", async () => {
    await inWorld(async (rig) => {
      if (!rig.driver.abilities.cancels) return;
      const session = await rig.open();
      rig.peer.sale = "waitsForCard";
      const cancel = new AbortController();
      const answer = await rig.sell(session, {
        cancel: cancel.signal,
        progress: ({ step }) => {
          if (step === "presentCard") cancel.abort();
        },
      });
      expect(answer.outcome).toBe("failed");
      expect(answer).not.toHaveProperty("notSent");
      rig.peer.sale = "approves";
      expect((await rig.sell(session)).outcome).toBe("approved");
    });
  });

  test("calling back an order that the terminal does not let go leaves it in doubt", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      rig.peer.sale = "neverEnds";
      const cancel = new AbortController();
      const answer = await rig.sell(session, { cancel: cancel.signal, progress: () => cancel.abort() });
      expect(answer.outcome).toBe("inDoubt");
    });
  });

  test("a second order while one runs is not sent, and after the end none is", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      const first = rig.sell(session);
      expect(await rig.sell(session)).toMatchObject({ outcome: "failed", notSent: true });
      expect((await first).outcome).toBe("approved");
      await rig.close(session);
      expect(await rig.sell(session)).toMatchObject({ outcome: "failed", notSent: true });
      expect(rig.peer.orders).toBe(1);
    });
  });
}

function trouble(inWorld: InWorld): void {
  test.each(MISCHIEFS)(
    "when %s at any step of a sale, nothing is charged twice and nothing is denied",
    async (_, what) => {
      let frames = 1;
      await inWorld(async (rig) => {
        const session = await rig.open();
        frames = await framesOf(rig.peer, async () => void (await rig.sell(session)));
      });
      // Side by side: most of the time is waiting.
      await Promise.all(
        Array.from({ length: frames }, async (_each, step) => inWorld((rig) => saleWith(rig, step, what))),
      );
    },
  );

  test("an answer that comes too late is not taken for that to the next question", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      rig.peer.plan(1, { type: "late", ms: 4000 });
      const answer = await rig.sell(session);
      expect(answer.outcome).toBe("inDoubt");
      await rig.close(session);
      rig.peer.behave();
      const next = await rig.reopen();
      rig.peer.sale = "declines";
      expect((await rig.sell(next)).outcome).toBe("declined");
      expect(rig.peer.orders).toBe(2);
      await rig.close(next);
    });
  });

  test("a shutdown in the middle of a sale leaves it in doubt and nothing open", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      rig.peer.sale = "neverEnds";
      const shown = Promise.withResolvers<void>();
      const sale = rig.sell(session, {
        progress: ({ step }) => {
          if (step !== "sent") shown.resolve();
        },
      });
      await rig.patiently("the first progress", shown.promise);
      await rig.close(session);
      expect(await sale).toMatchObject({ outcome: "inDoubt", reason: "stopped" });
      expect(rig.peer.orders).toBe(1);
    });
  });

  test("a hundred sales leave no timer and no link", async () => {
    await inWorld(async (rig) => {
      for (let round = 0; round < 10; round++) {
        const session = await rig.open();
        for (let i = 0; i < 10; i++) expect((await rig.sell(session)).outcome).toBe("approved");
        await rig.close(session);
      }
      expect(rig.peer).toMatchObject({ orders: 100, booked: 100 });
    });
  });
}

/** The promise about money, whatever happens at one step. */
async function saleWith(rig: Rig, step: number, mischief: Mischief): Promise<void> {
  const session = await rig.open();
  rig.peer.plan(step, mischief);
  const answer = await rig.sell(session);
  expect(rig.peer.orders, "an order is never sent twice").toBeLessThanOrEqual(1);
  expectTruth(answer, rig.peer);
  // Sooner or later the driver finds that such a link is of no use, and a new one is.
  await rig.close(session);
  rig.peer.behave();
  const next = await rig.reopen();
  expect((await next.poll(new AbortController().signal)).state).toBe("ready");
  expect((await rig.sell(next)).outcome).toBe("approved");
  await rig.close(next);
}

function expectTruth({ outcome, notSent }: PaymentAnswer, peer: ScriptedPeer): void {
  if (peer.booked > 0) expect(["approved", "inDoubt"]).toContain(outcome);
  else expect(["failed", "declined", "inDoubt"]).toContain(outcome);
  if (notSent === true) expect(peer.orders).toBe(0);
}
