import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { terminalRecordsOf } from "../../support/drafts.ts";
import { relayRig, WireAcquirer } from "../../support/relay-rig.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { answerFrame, reversalAnswerFrame, reversalFrame, saleFrame } from "../../support/wire-frames.ts";

/** A length of zero. */
const KEEP_ALIVE = Buffer.from("0000", "hex");

describe("bytes", () => {
  it("pass unchanged both ways, and the sale is in the ledger", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    acquirer.answer = (_, socket) => socket.write(answerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    expect(await terminal.hears(132)).toEqual(answerFrame());
    expect(acquirer.received).toEqual(saleFrame());
    await waitUntil("the answer is recorded", () => rig.ledger.drafts.length >= 2);
    expect(rig.ledger.transactions()).toMatchObject([
      { event: "requested", transaction: { terminal: "till-1", outcome: "inDoubt", amount: 12_345, stan: "000002" } },
      {
        event: "answered",
        transaction: { outcome: "approved", responseCode: "00", endpoint: `127.0.0.1:${acquirer.port}` },
      },
    ]);
  });

  it("that nobody can decode pass all the same, in any pieces, are said once for each terminal, and a sale among them is read", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    const terminal = await rig.terminal();
    const rubbish = Buffer.concat([
      Buffer.from("00400102", "hex"),
      randomBytes(62),
      saleFrame({ stan: "000009" }),
      randomBytes(3_000),
    ]);
    for (let at = 0; at < rubbish.length; at += 97) terminal.socket.write(rubbish.subarray(at, at + 97));
    await waitUntil("all of it has arrived", () => acquirer.received.length === rubbish.length);
    expect(acquirer.received).toEqual(rubbish);
    const said = rig.ledger.drafts.filter((draft) =>
      terminalRecordsOf([draft]).some(({ event }) => event === "undecodable" || event === "opaque"),
    );
    expect(said.length).toBeGreaterThan(0);
    expect(new Set(said.map(({ terminal: whose }) => whose)).size).toBe(said.length);
    expect(rig.ledger.events()).toContain("requested:inDoubt");
  });

  it("of half a frame go on after a moment, and the frame is still read when its end comes", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame().subarray(0, 60));
    await waitUntil("the front has arrived", () => acquirer.received.length === 60);
    expect(rig.ledger.drafts).toEqual([]);
    terminal.socket.write(saleFrame().subarray(60));
    await waitUntil("the rest has arrived", () => acquirer.received.length === saleFrame().length);
    expect(acquirer.received).toEqual(saleFrame());
    await waitUntil("it is recorded", () => rig.ledger.events().includes("requested:inDoubt"));
  });

  it("of a frame longer than the limit pass unread, and the next frame is read again", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options: { framing: { maxFrameBytes: 256 } } });
    const terminal = await rig.terminal();
    const long = Buffer.alloc(2 + 30_000, 7);
    long.writeUInt16BE(30_000, 0);
    terminal.socket.write(long);
    terminal.socket.write(saleFrame());
    await waitUntil("all has arrived", () => acquirer.received.length === long.length + saleFrame().length);
    expect(acquirer.received).toEqual(Buffer.concat([long, saleFrame()]));
    await waitUntil("the sale is recorded", () => rig.ledger.events().includes("requested:inDoubt"));
  });

  it("pass without being looked at with observe: off", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options: { observe: "off" } });
    acquirer.answer = (_, socket) => socket.write(answerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.hears(132);
    expect(acquirer.received).toEqual(saleFrame());
    expect(rig.ledger.drafts).toEqual([]);
  });

  it("that are only signs of life pass both ways, and the sale among them is read", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    acquirer.answer = (_, socket) => socket.write(Buffer.concat([KEEP_ALIVE, answerFrame()]));
    const terminal = await rig.terminal();
    terminal.socket.write(Buffer.concat([KEEP_ALIVE, saleFrame(), KEEP_ALIVE]));
    expect(await terminal.hears(134)).toEqual(Buffer.concat([KEEP_ALIVE, answerFrame()]));
    await waitUntil("it is approved", () => rig.ledger.events().includes("answered:approved"));
    expect(rig.ledger.drafts.map(({ kind }) => kind)).toEqual(["transaction", "transaction"]);
  });

  it("flow on when the observer fails, and its failure is counted", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], observerFails: true });
    acquirer.answer = (_, socket) => socket.write(answerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    expect(await terminal.hears(132)).toEqual(answerFrame());
    expect(acquirer.received).toEqual(saleFrame());
    expect(rig.driver.counters()["observerFailures"]).toBeGreaterThan(0);
  });

  it("of an endless stream are held back, not stored, and another terminal sells meanwhile", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    const flood = await rig.terminal();
    await waitUntil("the flood's own line is up", () => acquirer.sockets.length === 1);
    acquirer.sockets[0]?.pause();
    const block = Buffer.alloc(64 * 1024, 9);
    let written = 0;
    // The acquirer reads nothing: a relay without back-pressure would take all of it.
    while (flood.socket.write(block) && written < 1_000) written += 1;
    const before = process.memoryUsage().arrayBuffers;
    for (let more = 0; more < 500; more += 1) flood.socket.write(block);
    acquirer.answer = (chunk, socket) => {
      if (chunk.length < 1_000) socket.write(answerFrame());
    };
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.hears(132);
    // Our own test holds the 32 MB that it could not write; the relay may hold a fraction of that besides.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024);
    flood.socket.destroy();
  });
});

describe("a request", () => {
  it("waits for its record, but not longer than the disk is given", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options: { writeAheadMaxMs: 1_000 } });
    const disk = Promise.withResolvers<void>();
    rig.ledger.disk = async () => disk.promise;
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await waitUntil("it is being recorded", () => rig.ledger.drafts.length === 1);
    expect(acquirer.received.length).toBe(0);
    disk.resolve();
    await waitUntil("it has gone out", () => acquirer.received.length === saleFrame().length);
    expect(rig.driver.counters()["forwardedBeforeDurable"]).toBe(0);
  });

  it("goes out without its record when the disk hangs, and its answer says so", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options: { writeAheadMaxMs: 20 } });
    const disk = Promise.withResolvers<void>();
    rig.ledger.disk = async () => disk.promise;
    acquirer.answer = (_, socket) => socket.write(answerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.hears(132);
    await waitUntil("the answer is noted", () => rig.ledger.drafts.length === 2);
    expect(rig.ledger.transactions()[1]).toMatchObject({
      transaction: { outcome: "approved", forwardedBeforeDurable: true },
    });
    disk.resolve();
  });

  it("goes out when it cannot be recorded at all, and that is counted", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    rig.ledger.disk = async () => Promise.reject(new Error("disk full"));
    acquirer.answer = (_, socket) => socket.write(answerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.hears(132);
    expect(rig.driver.counters()["notRecorded"]).toBeGreaterThan(0);
  });

  it("is answered at once, however slow the disk is", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    const terminal = await rig.terminal();
    await waitUntil("the line is up", () => acquirer.sockets.length === 1);
    const disk = Promise.withResolvers<void>();
    rig.ledger.disk = async () => disk.promise;
    acquirer.sockets[0]?.write(answerFrame());
    await terminal.hears(132);
    disk.resolve();
  });

  it("that never left has failed without doubt when its terminal is reset while it waits for the disk", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options: { writeAheadMaxMs: 1_000 } });
    const disk = Promise.withResolvers<void>();
    rig.ledger.disk = async () => disk.promise;
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await waitUntil("it is being recorded", () => rig.ledger.drafts.length === 1);
    terminal.socket.resetAndDestroy();
    await waitUntil("its end is noted", () => rig.ledger.events().includes("notSent:failed"));
    disk.resolve();
    expect(acquirer.received.length).toBe(0);
  });
});

describe("one endpoint for one request", () => {
  it("a request whose endpoint dies after the first byte is in doubt, and is never seen by the other", async () => {
    await using first = await WireAcquirer.listen();
    await using second = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [first.port, second.port] });
    first.answer = (_, socket) => socket.resetAndDestroy();
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.closed();
    await waitUntil("the doubt is recorded", () => rig.ledger.events().includes("unanswered:inDoubt"));
    expect(first.received).toEqual(saleFrame());
    expect(second.received.length).toBe(0);
  });

  it("a dead endpoint is passed over before anything is sent", async () => {
    await using second = await WireAcquirer.listen();
    const dead = await WireAcquirer.listen();
    const deadPort = dead.port;
    await dead[Symbol.asyncDispose]();
    await using rig = await relayRig({ endpoints: [deadPort, second.port] });
    second.answer = (_, socket) => socket.write(answerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.hears(132);
    expect(second.received).toEqual(saleFrame());
  });

  it("with all endpoints dead the request has failed without doubt, later terminals are refused before they send, and selling comes back", async () => {
    const gone = await WireAcquirer.listen();
    const { port } = gone;
    await gone[Symbol.asyncDispose]();
    await using rig = await relayRig({ endpoints: [port] });
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.closed();
    await waitUntil("the failure is recorded", () => rig.ledger.events().includes("notSent:failed"));
    await waitUntil("the port is shut", () => !rig.driver.isListening);
    const refused = connect({ host: "127.0.0.1", port: rig.port });
    expect(await once(refused, "error")).toMatchObject([{ code: "ECONNREFUSED" }]);
    await using back = await WireAcquirer.listen(port);
    back.answer = (_, socket) => socket.write(answerFrame());
    await waitUntil("the port is open again", () => rig.driver.isListening);
    const again = await rig.terminal();
    again.socket.write(saleFrame({ stan: "000003" }));
    await again.hears(132);
    expect(back.received).toEqual(saleFrame({ stan: "000003" }));
  });
});

describe("a paused terminal", () => {
  const options = { enforcePause: true };

  it("is closed without forwarding when its first frame is a sale, and the refusal is in the ledger", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options, paused: "stolen" });
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.closed();
    await waitUntil("it is recorded", () => rig.ledger.drafts.length === 1);
    expect(rig.ledger.transactions()).toMatchObject([
      { event: "refused", transaction: { outcome: "refused", reason: "stolen" } },
    ]);
    expect(acquirer.received.length).toBe(0);
  });

  it("gets its pending reversal through, and what follows it on that connection", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options, paused: "stolen" });
    acquirer.answer = (_, socket) => socket.write(reversalAnswerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(reversalFrame());
    await terminal.hears(132);
    expect(acquirer.received).toEqual(reversalFrame());
    await waitUntil("it is reversed", () => rig.ledger.events().includes("reversalAnswered:reversed"));
    terminal.socket.write(saleFrame({ stan: "000003" }));
    await waitUntil(
      "the sale has passed",
      () => acquirer.received.length === reversalFrame().length + saleFrame().length,
    );
  });

  it("does not get past the rule by a sign of life before its sale", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options, paused: "stolen" });
    const terminal = await rig.terminal();
    terminal.socket.write(KEEP_ALIVE);
    await waitUntil("it has passed", () => acquirer.received.length === KEEP_ALIVE.length);
    terminal.socket.write(saleFrame());
    await terminal.closed();
    expect(acquirer.received).toEqual(KEEP_ALIVE);
  });

  it("gets what cannot be decoded through", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options, paused: "stolen" });
    const terminal = await rig.terminal();
    const broken = saleFrame().subarray(0, 60);
    broken.writeUInt16BE(58, 0);
    terminal.socket.write(broken);
    await waitUntil("it has passed", () => acquirer.received.length === broken.length);
  });

  it("is not closed unless the config enables it", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], paused: "stolen" });
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await waitUntil("it has passed", () => acquirer.received.length === saleFrame().length);
  });
});

describe("an end", () => {
  it("of the terminal with a question open is passed on, and the late approval is kept without ending doubt", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await waitUntil("it has arrived", () => acquirer.received.length === saleFrame().length);
    const ended = once(acquirer.sockets[0] ?? terminal.socket, "end");
    terminal.socket.end();
    await ended;
    acquirer.sockets[0]?.write(answerFrame());
    await waitUntil("the late answer is kept", () => rig.ledger.events().includes("answeredLate:inDoubt"));
    expect(rig.ledger.events()).toEqual(["requested:inDoubt", "unanswered:inDoubt", "answeredLate:inDoubt"]);
    expect(rig.ledger.transactions().at(-1)?.transaction.hostApproved).toBe(true);
  });

  it("of the acquirer reaches the terminal after the last byte that it said", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    acquirer.answer = (_, socket) => socket.end(answerFrame());
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await terminal.closed();
    expect(terminal.received).toEqual(answerFrame());
    await waitUntil("it is approved", () => rig.ledger.events().includes("answered:approved"));
  });

  it("of the daemon waits for the answer that is on its way", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame());
    await waitUntil("it has arrived", () => acquirer.received.length === saleFrame().length);
    const stopped = rig.stop();
    await waitUntil("nobody new is let in", () => !rig.driver.isListening);
    acquirer.sockets[0]?.write(answerFrame());
    await terminal.hears(132);
    await stopped;
    expect(rig.ledger.events()).toContain("answered:approved");
  });
});

describe("many", () => {
  it("terminals at once, 64, each get their own answer", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port] });
    acquirer.answer = (chunk, socket) => {
      const stan = chunk.toString("hex", 41, 44);
      const de41 = chunk.toString("latin1", 52, 60);
      socket.write(answerFrame({ stan, de41 }));
    };
    const terminals = await Promise.all(Array.from({ length: 64 }, async () => rig.terminal()));
    await Promise.all(
      terminals.map(async (terminal, number) => {
        const stan = String(number + 1).padStart(6, "0");
        const de41 = String(20_000_000 + number);
        terminal.socket.write(saleFrame({ stan, de41 }));
        expect(await terminal.hears(132)).toEqual(answerFrame({ stan, de41 }));
      }),
    );
    await waitUntil(
      "all are approved",
      () => rig.ledger.events().filter((event) => event === "answered:approved").length === 64,
    );
    expect(rig.driver.terminals().filter(({ terminal }) => terminal.startsWith("unlisted-")).length).toBe(64);
  });

  it("connections that wait for late answers give way to a new sale", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options: { maxConnections: 8 } });
    for (let number = 1; number <= 12; number += 1) {
      const gone = await rig.terminal();
      gone.socket.write(saleFrame({ stan: String(number).padStart(6, "0") }));
      await waitUntil("it has arrived", () => acquirer.received.length === number * saleFrame().length);
      gone.socket.end();
      await waitUntil(
        "its end is noted",
        () => rig.ledger.events().filter((event) => event === "unanswered:inDoubt").length === number,
      );
    }
    acquirer.answer = (_, socket) => socket.write(answerFrame({ stan: "000099" }));
    const terminal = await rig.terminal();
    terminal.socket.write(saleFrame({ stan: "000099" }));
    await terminal.hears(132);
    expect(rig.driver.counters()["overAddressLimit"]).toBe(0);
  });

  it("connections of one address leave room for others", async () => {
    await using acquirer = await WireAcquirer.listen();
    await using rig = await relayRig({ endpoints: [acquirer.port], options: { maxConnections: 8 } });
    const kept = await Promise.all(Array.from({ length: 4 }, async () => rig.terminal()));
    const over = await rig.terminal();
    await over.closed();
    expect(kept.some(({ isClosed }) => isClosed)).toBe(false);
    expect(rig.driver.counters()["overAddressLimit"]).toBe(1);
  });
});
