import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../../src/runtime/clock.ts";
import { type RelayRig, relayRig, WireAcquirer, type WireTerminal } from "../../support/relay-rig.ts";
import { shopInterface } from "../../support/shop-interface.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { answerFrame, saleFrame } from "../../support/wire-frames.ts";

/** A length of zero. */
const KEEP_ALIVE = Buffer.from("0000", "hex");
const SALE_BYTES = saleFrame().length;

function saleOf(number: number): Buffer {
  return saleFrame({ stan: String(number).padStart(6, "0") });
}

/** Sends a sale, sees it at this acquirer, and goes away without an answer. */
async function givesUp(rig: RelayRig, acquirer: WireAcquirer, number: number): Promise<void> {
  const before = acquirer.received.length;
  const terminal = await rig.terminal();
  terminal.socket.write(saleOf(number));
  await waitUntil("the sale has arrived", () => acquirer.received.length === before + SALE_BYTES);
  terminal.socket.destroy();
  // The acquirer is listened to for a late answer still.
  await waitUntil("the acquirer has heard the goodbye", () => acquirer.sockets.at(-1)?.readableEnded === true);
}

async function sells(rig: RelayRig, number: number): Promise<WireTerminal> {
  const terminal = await rig.terminal();
  terminal.socket.write(saleOf(number));
  await terminal.hears(answerFrame().length);
  return terminal;
}

/** A clock that can be put forward. */
function movable(): { readonly clock: Clock; forward(ms: number): void } {
  const real = systemClock();
  let ahead = 0;
  return {
    clock: { ...real, monotonicMs: () => real.monotonicMs() + ahead },
    forward: (ms) => {
      ahead += ms;
    },
  };
}

function answers(acquirer: WireAcquirer): void {
  acquirer.answer = (_, socket) => socket.write(answerFrame());
}

describe("an endpoint that accepts connections and", () => {
  it("swallows what is sent is left for the other one, and no request goes twice", async () => {
    await using sick = await WireAcquirer.listen();
    await using well = await WireAcquirer.listen();
    answers(well);
    await using rig = await relayRig({ endpoints: [sick.port, well.port] });
    for (const number of [1, 2, 3]) await givesUp(rig, sick, number);
    await waitUntil("it is known", () => rig.driver.line().silent.length === 1);
    await sells(rig, 4);
    await sells(rig, 5);
    expect(sick.received).toEqual(Buffer.concat([1, 2, 3].map(saleOf)));
    expect(well.received).toEqual(Buffer.concat([4, 5].map(saleOf)));
    expect(rig.driver.isListening).toBe(true);
    expect(rig.driver.line()).toMatchObject({
      endpoint: `127.0.0.1:${well.port}`,
      silent: [`127.0.0.1:${sick.port}`],
      unreachable: [],
    });
  });

  it("hangs up at each request is left for the other one", async () => {
    await using sick = await WireAcquirer.listen();
    await using well = await WireAcquirer.listen();
    sick.answer = (_, socket) => socket.destroy();
    answers(well);
    await using rig = await relayRig({ endpoints: [sick.port, well.port] });
    for (const number of [1, 2, 3]) {
      const terminal = await rig.terminal();
      terminal.socket.write(saleOf(number));
      await terminal.closed();
    }
    await sells(rig, 4);
    expect(sick.received).toEqual(Buffer.concat([1, 2, 3].map(saleOf)));
    expect(well.received).toEqual(saleOf(4));
  });

  it("answers one in between is not left", async () => {
    await using moody = await WireAcquirer.listen();
    await using other = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [moody.port, other.port] });
    await givesUp(rig, moody, 1);
    await givesUp(rig, moody, 2);
    answers(moody);
    await sells(rig, 3);
    moody.answer = () => undefined;
    await givesUp(rig, moody, 4);
    await givesUp(rig, moody, 5);
    answers(moody);
    await sells(rig, 6);
    expect(other.sockets).toEqual([]);
  });

  it("is only shown signs of life is not called sick for saying nothing", async () => {
    await using quiet = await WireAcquirer.listen();
    await using other = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [quiet.port, other.port] });
    for (let n = 1; n <= 5; n += 1) {
      const terminal = await rig.terminal();
      terminal.socket.write(KEEP_ALIVE);
      await waitUntil("it has arrived", () => quiet.received.length === n * KEEP_ALIVE.length);
      terminal.socket.destroy();
    }
    answers(quiet);
    await sells(rig, 1);
    expect(other.sockets).toEqual([]);
  });

  it("answers late, after the terminal has gone, is taken back", async () => {
    await using slow = await WireAcquirer.listen();
    await using other = await WireAcquirer.listen();
    answers(other);
    await using rig = await relayRig({ endpoints: [slow.port, other.port] });
    for (const number of [1, 2, 3]) {
      const terminal = await rig.terminal();
      terminal.socket.write(saleOf(number));
      await waitUntil("the sale has arrived", () => slow.received.length === number * SALE_BYTES);
      terminal.socket.end();
    }
    await waitUntil("it is left", () => rig.driver.line().silent.length === 1);
    slow.sockets[2]?.write(answerFrame());
    await waitUntil("it is taken back", () => rig.driver.line().silent.length === 0);
    answers(slow);
    await sells(rig, 4);
    expect(other.sockets).toEqual([]);
  });

  it("has recovered is found out by one live connection after a minute", async () => {
    const time = movable();
    await using sick = await WireAcquirer.listen();
    await using well = await WireAcquirer.listen();
    answers(well);
    await using rig = await relayRig({ endpoints: [sick.port, well.port], clock: time.clock });
    for (const number of [1, 2, 3]) await givesUp(rig, sick, number);
    await waitUntil("it is known", () => rig.driver.line().silent.length === 1);
    time.forward(60_000);
    const trial = await rig.terminal();
    await waitUntil("the trial is on", () => sick.sockets.length === 4);
    await sells(rig, 4);
    expect(sick.sockets, "the others wait for what becomes of it").toHaveLength(4);
    answers(sick);
    trial.socket.write(saleOf(5));
    await trial.hears(answerFrame().length);
    await sells(rig, 6);
    expect(sick.sockets).toHaveLength(5);
    expect(rig.driver.line().silent).toEqual([]);
  });

  it("is the only one is used all the same: the port stays open", async () => {
    await using only = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [only.port] });
    for (const number of [1, 2, 3, 4]) await givesUp(rig, only, number);
    expect(rig.driver.isListening).toBe(true);
    answers(only);
    await sells(rig, 5);
    expect(rig.driver.line().silent).toEqual([]);
  });
});

describe("a shop with two lines", () => {
  it("sells over the second while the first has no address, and goes back when it has been good for a while", async () => {
    await using dsl = await shopInterface();
    await using acquirer = await WireAcquirer.listen();
    answers(acquirer);
    const routes = [
      { name: "dsl", interface: dsl.name },
      { name: "lte", sourceAddress: "127.0.0.3" },
    ];
    await using rig = await relayRig({
      endpoints: [acquirer.port],
      options: { routes },
      routeRules: { probeEveryMs: 50, backupAtLeastMs: 500 },
    });
    const from = (): string | undefined => acquirer.sockets.at(-1)?.remoteAddress;
    const longLived = await sells(rig, 1);
    expect(from()).toBe(dsl.address);

    await dsl.takeAddress();
    await sells(rig, 2);
    expect(from()).toBe("127.0.0.3");
    expect(rig.driver.line()).toMatchObject({ route: "lte", routePreferred: "dsl", routeMoves: 1 });
    expect(
      acquirer.sockets.map(({ closed }) => closed),
      "what was open stays where it was",
    ).toEqual([false, false]);

    await dsl.giveAddress();
    await waitUntil("it is back", () => rig.driver.line().route === "dsl");
    await sells(rig, 3);
    expect(acquirer.sockets.filter(({ remoteAddress }) => remoteAddress === dsl.address)).toHaveLength(
      acquirer.sockets.filter(({ remoteAddress }) => remoteAddress !== "127.0.0.3").length,
    );
    longLived.socket.write(saleOf(4));
    await longLived.hears(2 * answerFrame().length);
    expect(acquirer.received, "each request once").toEqual(Buffer.concat([1, 2, 3, 4].map(saleOf)));
    expect(rig.ledger.drafts.filter(({ kind }) => kind === "link").map(({ body }) => body)).toEqual([
      { event: "routeChanged", of: "acquirer", acquirer: "unionpay", from: "dsl", to: "lte", because: "failed" },
      { event: "routeChanged", of: "acquirer", acquirer: "unionpay", from: "lte", to: "dsl", because: "recovered" },
    ]);
  });

  it("leaves a line over which nothing is answered, though connections open on it", async () => {
    await using acquirer = await WireAcquirer.listen();
    acquirer.answer = (_, socket) => {
      if (socket.remoteAddress === "127.0.0.3") socket.write(answerFrame());
    };
    const routes = [
      { name: "dsl", sourceAddress: "127.0.0.2" },
      { name: "lte", sourceAddress: "127.0.0.3" },
    ];
    await using rig = await relayRig({
      endpoints: [acquirer.port],
      options: { routes },
      routeRules: { probeEveryMs: 20, backupAtLeastMs: 20 },
    });
    for (const number of [1, 2, 3]) await givesUp(rig, acquirer, number);
    await waitUntil("it is known", () => rig.driver.line().silent.length === 1);
    await sells(rig, 4);
    await sells(rig, 5);
    // A line that swallows lets probes through: it is not come back to for that.
    const later = performance.now() + 500;
    await waitUntil("probes have been made", () => performance.now() > later);
    expect(rig.driver.line().route).toBe("lte");
    await sells(rig, 6);
    expect(rig.driver.line()).toMatchObject({ route: "lte", routePreferred: "dsl" });
    expect(acquirer.received).toEqual(Buffer.concat([1, 2, 3, 4, 5, 6].map(saleOf)));
  });
});
