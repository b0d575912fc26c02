import { createServer, type Socket } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { DeviceError } from "../../../src/domain/device.ts";
import type { LinkPlace } from "../../../src/drivers/transport/byte-link.ts";
import { EcrLine } from "../../../src/drivers/ecr/ecr-line.ts";
import { TRANSBANK_FRAME } from "../../../src/drivers/ecr/profiles/frames.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { EcrRig } from "../../support/ecr-rig.ts";
import { waitUntil } from "../../support/wait-until.ts";

const never = new AbortController().signal;

async function failure(going: Promise<unknown>): Promise<DeviceError> {
  const error: unknown = await going.then(
    () => new Error("it went well"),
    (reason: unknown) => reason,
  );
  if (error instanceof DeviceError) return error;
  throw error;
}

describe.each(["misPos", "poslink"] as const)("a %s terminal", (profile) => {
  it("is listened to: its frames are counted and checked, nothing is written to it", async () => {
    await using rig = await EcrRig.start({ profile });
    await using session = await rig.open();
    expect(await session.poll(never)).toEqual({ state: "ready", reason: "onlyObserved" });
    rig.terminal.say("A01\x1c000000\x1cOK");
    rig.terminal.say("again");
    await waitUntil("both are read", () => rig.counter("framesReceived") === 2);
    rig.terminal.sayRaw(Uint8Array.of(0x41, 0x42, 0x43));
    await waitUntil("noise is told", () => rig.counter("garbageBytes") === 3);
    expect(rig.news).toEqual([{ type: "lineFault", fault: "garbage" }]);
    expect(await rig.sell(session, 100)).toMatchObject({ outcome: "failed", notSent: true });
    expect(rig.driver.abilities).toMatchObject({ payments: new Set(), settles: false, tellsLastTransaction: false });
    expect((await failure(session.settle(never))).code).toBe("notSupported");
    expect(rig.terminal.heardBytes).toBe(0);
  });
});

describe("a line", () => {
  it("on which something else talks without end is given up", async () => {
    await using rig = await EcrRig.start({ profile: "poslink" });
    await using session = await rig.open();
    rig.terminal.sayRaw(new Uint8Array(20_000).fill(0x5a));
    expect((await session.ended).code).toBe("garbage");
    expect((await failure(session.poll(never))).code).toBe("garbage");
  });

  it("whose checksum covers other bytes is not taken for a terminal, until the config says so", async () => {
    await using wrong = await EcrRig.start({ profile: "ecr17", lrc: "data" });
    expect((await failure(wrong.open())).code).toBe("silent");
    await using right = await EcrRig.start({ profile: "ecr17", lrc: "data", driver: { lrcOver: "data" } });
    await using session = await right.open();
    expect((await right.sell(session, 100)).outcome).toBe("approved");
  });

  it("to a terminal that sends without end and takes nothing does not pile up what is to be written", async () => {
    let writes = 0;
    const { promise: over, resolve: end } = Promise.withResolvers<DeviceError>();
    const place: LinkPlace = {
      kind: "serial",
      name: "stuck",
      open: async () => ({
        ended: over,
        write: async () => {
          writes++;
          await over;
        },
        [Symbol.asyncDispose]: async () => end(new DeviceError("closed", "closed")),
      }),
    };
    await using line = await EcrLine.open(place, TRANSBANK_FRAME, systemClock(), () => undefined, never);
    for (let i = 0; i < 1000; i++) line.write(Uint8Array.of(0x06)).catch(() => undefined);
    expect((await line.ended).code).toBe("garbage");
    expect(writes).toBeLessThanOrEqual(64);
  });

  it("to a terminal that says nothing is closed again by the opening", async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.resume();
      socket.once("end", () => socket.end());
      socket.once("close", () => sockets.delete(socket));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    await using rig = await EcrRig.startAt("transbank", address.port);
    expect((await failure(rig.open())).code).toBe("silent");
    await waitUntil("it is closed", () => sockets.size === 0);
    server.close();
  });

  it("is given up by who opens it, without waiting for the terminal", async () => {
    await using rig = await EcrRig.start({ profile: "transbank", driver: { ackTimeoutMs: 20_000 } });
    await using session = await rig.open();
    const stop = new AbortController();
    rig.terminal.isAsleep = true;
    const polling = session.poll(stop.signal);
    stop.abort(new Error("enough"));
    await expect(polling).rejects.toThrow("enough");
  });
});

describe("what only one protocol has", () => {
  it("Transbank: new keys are a trial of the way to the host, and a remedy", async () => {
    await using rig = await EcrRig.start({ profile: "transbank" });
    await using session = await rig.open();
    expect(await session.diagnose(never)).toMatchObject({ outcome: "passed", deviceCode: "00" });
    await session.recover("initialise", never);
    expect(session.identity).toEqual({ terminalNumber: "TG000001" });
    expect((await failure(session.recover("reset", never))).code).toBe("notSupported");
  });

  it("Transbank: a sale that fails because the batch must be closed is news of the terminal", async () => {
    await using rig = await EcrRig.start({ profile: "transbank" });
    await using session = await rig.open();
    rig.terminal.next({ customer: "meetsFullMemory" });
    expect(await rig.sell(session, 100)).toMatchObject({ outcome: "failed", reason: "settlementRequired" });
    const condition = { state: "attention", reason: "settlementRequired", remedy: "settle", code: "67" };
    expect(rig.news).toEqual([{ type: "condition", condition }]);
  });

  it("Transbank: no sale yet is said to be none", async () => {
    await using rig = await EcrRig.start({ profile: "transbank" });
    await using session = await rig.open();
    expect(await session.lastTransaction(never)).toBeUndefined();
  });

  it("ECR17: the terminal says who it is; the extended result tells the amount", async () => {
    await using rig = await EcrRig.start({ profile: "ecr17", driver: { extendedResult: true } });
    await using session = await rig.open();
    expect(session.identity).toEqual({ terminalNumber: "12345678", firmware: "SIM00001" });
    await using other = await EcrRig.start({ profile: "ecr17", driver: { expect: { terminalNumber: "7" } } });
    expect((await failure(other.open())).code).toBe("wrongTerminal");
    expect((await failure(session.lastTransaction(never))).code).toBe("refused");
    expect((await rig.sell(session, 100)).transaction.amount).toBe(100);
    expect(await session.lastTransaction(never)).toMatchObject({ transaction: { amount: 100, stan: "000001" } });
    expect((await failure(session.diagnose(never))).code).toBe("notSupported");
  });
});
