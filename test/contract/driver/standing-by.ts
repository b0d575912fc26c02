import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { DEVICE_RECOVERIES, DeviceError, type DeviceSession } from "../../../src/domain/device.ts";
import { PAYMENT_KINDS } from "../../../src/domain/payment.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { GARBAGE, MISCHIEFS } from "./mischiefs.ts";
import { framesOf, type InWorld, type Rig } from "./rig.ts";
import type { Mischief } from "./world.ts";

/** ms. How late an answer comes to an opening that was given up. */
const LATE_MS = 300;

const never = new AbortController().signal;

/** What every device owes while no order runs, and all that one owes which takes none. */
export function standingBy(inWorld: InWorld): void {
  refusing(inWorld);
  lineTrouble(inWorld);
  givingUp(inWorld);
}

function refusing(inWorld: InWorld): void {
  test("an order of a kind that the device does not take is not sent, and the session goes on", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      const frames = rig.peer.frames;
      for (const kind of PAYMENT_KINDS) {
        if (rig.driver.abilities.payments.has(kind)) continue;
        const paying = session.pay({ ...rig.order(), kind }, () => undefined, never);
        const answer = await rig.patiently(kind, paying);
        expect(answer).toMatchObject({ outcome: "failed", notSent: true, reason: "notSupported" });
      }
      expect(rig.peer).toMatchObject({ orders: 0, booked: 0, frames });
      expect((await session.poll(never)).state).toBe("ready");
    });
  });

  test("what the driver says that it cannot do, it refuses without asking the device", async () => {
    await inWorld(async (rig) => {
      const { tellsLastTransaction, settles, diagnoses, recoveries } = rig.driver.abilities;
      const session = await rig.open();
      const frames = rig.peer.frames;
      const refused = async (work: Promise<unknown>): Promise<void> =>
        expect(rig.patiently("a refusal", work)).rejects.toMatchObject({ name: "DeviceError", code: "notSupported" });
      if (!tellsLastTransaction) await refused(session.lastTransaction(never));
      if (!settles) await refused(session.settle(never));
      if (!diagnoses) await refused(session.diagnose(never));
      for (const step of DEVICE_RECOVERIES) if (!recoveries.has(step)) await refused(session.recover(step, never));
      expect(rig.peer.frames).toBe(frames);
      expect((await session.poll(never)).state).toBe("ready");
    });
  });
}

function lineTrouble(inWorld: InWorld): void {
  test("a link that is lost while nothing runs ends the session, and nothing is sent over it", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      rig.peer.unplug();
      expect((await rig.patiently("the end", session.ended)).code).toBe("linkLost");
      await expect(rig.patiently("polling", session.poll(never))).rejects.toBeInstanceOf(DeviceError);
      expect(await rig.sell(session)).toMatchObject({ outcome: "failed", notSent: true });
      expect(rig.peer.orders).toBe(0);
      await rig.close(session);
      rig.peer.behave();
      await rig.close(await rig.reopen());
    });
  });

  test.each(GARBAGE)(
    "when %s while nothing runs, the next question has a true answer or an error",
    async (_, bytes) => {
      await inWorld(async (rig) => {
        const session = await rig.open();
        rig.peer.say(bytes);
        await pollTruly(rig, session);
        await rig.close(session);
        await seemsWell(rig);
      });
    },
  );

  test.each(MISCHIEFS)(
    "when %s at any step of opening and asking, it is told, and a new link works",
    async (_, what) => {
      await atEachStep(
        inWorld,
        async (rig) => {
          const session = await rig.open();
          await session.poll(never);
          await rig.close(session);
        },
        async (rig, step) => askWith(rig, step, what),
      );
    },
  );
}

function givingUp(inWorld: InWorld): void {
  test("an opening that is given up at any step leaves nothing open, also when the device answers later", async () => {
    await atEachStep(
      inWorld,
      async (rig) => rig.close(await rig.open()),
      async (rig, step) => {
        rig.peer.plan(step, { type: "late", ms: LATE_MS });
        const stop = new AbortController();
        const reason = new Error("stopping");
        let isOver = false;
        const opening = rig.open(stop.signal).catch((error: unknown) => error);
        void opening.finally(() => (isOver = true));
        await waitUntil("it has come to the step", () => isOver || rig.peer.frames > step, { everyMs: 1 });
        stop.abort(reason);
        const opened = await opening;
        if (isSession(opened)) await rig.close(opened);
        // On a slow machine the driver may have lost patience first.
        else if (!(opened instanceof DeviceError)) expect(opened).toBe(reason);
        await delay(2 * LATE_MS);
        await rig.leftNothing();
        await seemsWell(rig);
      },
    );
  });

  test("a question can be given up at once", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      rig.peer.plan(0, { type: "silence" });
      const stop = new AbortController();
      const reason = new Error("no longer asked");
      const polling = rig.patiently("polling", session.poll(stop.signal));
      stop.abort(reason);
      await expect(polling).rejects.toBe(reason);
      await rig.close(session);
      await seemsWell(rig);
    });
  });

  test("a shutdown in the middle of a question ends it with an error, and leaves nothing open", async () => {
    await inWorld(async (rig) => {
      const session = await rig.open();
      const { frames } = rig.peer;
      rig.peer.plan(0, { type: "silence" });
      const polling = rig.patiently("polling", session.poll(never)).catch((error: unknown) => error);
      await waitUntil("the question is out", () => rig.peer.frames > frames, { everyMs: 1 });
      await rig.close(session);
      expect(await polling).toMatchObject({ name: "DeviceError", code: "closed" });
      await seemsWell(rig);
    });
  });
}

/** Side by side, each step in a world of its own: most of the time is waiting. */
async function atEachStep(
  inWorld: InWorld,
  goodCase: (rig: Rig) => Promise<void>,
  work: (rig: Rig, step: number) => Promise<void>,
): Promise<void> {
  let frames = 0;
  await inWorld(async (rig) => {
    frames = await framesOf(rig.peer, async () => goodCase(rig));
  });
  expect(frames).toBeGreaterThan(0);
  await Promise.all(Array.from({ length: frames }, async (_, step) => inWorld(async (rig) => work(rig, step))));
}

async function askWith(rig: Rig, step: number, mischief: Mischief): Promise<void> {
  rig.peer.plan(step, mischief);
  const session = await rig.open().catch((error: unknown) => {
    expect(error).toBeInstanceOf(DeviceError);
  });
  if (session !== undefined) await pollTruly(rig, session);
  rig.peer.behave();
  if (session !== undefined) await rig.close(session);
  await seemsWell(rig);
}

/** The device is well all the time: it is said to be, or there is no answer. */
async function pollTruly(rig: Rig, session: DeviceSession): Promise<void> {
  const polled = await rig.patiently("polling", session.poll(never)).catch((error: unknown) => error);
  if (!(polled instanceof DeviceError)) expect(polled).toMatchObject({ state: "ready" });
}

async function seemsWell(rig: Rig): Promise<void> {
  rig.peer.behave();
  const session = await rig.reopen();
  expect((await rig.patiently("polling", session.poll(never))).state).toBe("ready");
  await rig.close(session);
}

function isSession(opened: unknown): opened is DeviceSession {
  return typeof opened === "object" && opened !== null && Symbol.asyncDispose in opened;
}
