import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { type Acquirer, startAcquirer } from "../../../src/sim/acquirer/acquirer.ts";
import type { Conditions } from "../../../src/sim/weather/conditions.ts";
import { startWeather, type Weather } from "../../../src/sim/weather/weather.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { approved, asLines, shownEntry, terminalAt } from "./counter.ts";
import { type Echo, startEcho } from "./echo-server.ts";

async function lineToHost(
  conditions?: Conditions,
): Promise<{ acquirer: Acquirer; weather: Weather } & AsyncDisposable> {
  const acquirer = await startAcquirer();
  const weather = await startWeather({
    target: acquirer,
    ...(conditions === undefined ? {} : { conditions }),
  });
  return {
    acquirer,
    weather,
    [Symbol.asyncDispose]: async () => {
      await weather[Symbol.asyncDispose]();
      await acquirer[Symbol.asyncDispose]();
    },
  };
}

async function lineToEcho(): Promise<{ echo: Echo; weather: Weather } & AsyncDisposable> {
  const echo = await startEcho();
  const weather = await startWeather({ target: echo });
  return {
    echo,
    weather,
    [Symbol.asyncDispose]: async () => {
      await weather[Symbol.asyncDispose]();
      await echo[Symbol.asyncDispose]();
    },
  };
}

/** A client that remembers what it heard. */
class Caller implements Disposable {
  readonly socket: Socket;
  heard = Buffer.alloc(0);
  ended = false;
  error: string | undefined;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket.on("data", (chunk: Buffer) => {
      this.heard = Buffer.concat([this.heard, chunk]);
    });
    this.socket.on("end", () => {
      this.ended = true;
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error.code ?? error.message;
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}

describe("in clear weather", () => {
  test("everything passes, both ways, and closing passes too", async () => {
    await using line = await lineToEcho();
    using caller = new Caller(line.weather.port);
    caller.socket.end("hello");
    await waitUntil("the echo has come back and closed", () => caller.ended);
    expect(caller.heard.toString()).toBe("hello");
    await waitUntil("both ends are gone", () => line.weather.traffic().open === 0);
    expect(line.weather.traffic()).toMatchObject({ accepted: 1, bytesToTarget: 5, bytesToClient: 5 });
  });

  test("a reset passes as a reset", async () => {
    await using line = await lineToEcho();
    using caller = new Caller(line.weather.port);
    caller.socket.write("hello");
    await waitUntil("it works", () => caller.heard.length === 5);
    line.echo.resetAll();
    await waitUntil("the caller is reset", () => caller.error === "ECONNRESET");
  });

  test("a sender is held back while the receiver does not read", async () => {
    await using line = await lineToEcho();
    line.echo.isReading = false;
    using caller = new Caller(line.weather.port);
    const block = Buffer.alloc(1 << 20);
    const sent = 64 << 20;
    for (let n = 0; n < 64; n++) caller.socket.write(block);
    let before = 0;
    await waitUntil(
      "the line is full",
      () => {
        const isFull = before > 0 && line.weather.traffic().bytesToTarget === before;
        before = line.weather.traffic().bytesToTarget;
        return isFull;
      },
      { everyMs: 250 },
    );
    // The kernel's socket buffers take a few megabytes and our own share is 64 KiB: the rest has not left the sender.
    expect(caller.socket.writableLength).toBeGreaterThan(sent / 2);
  });

  test("terminals and host agree on every transaction", async () => {
    await using line = await lineToHost();
    const terminals = ["TG000001", "TG000002", "TG000003"].map((de41) => terminalAt(line.weather.port, { de41 }));
    await Promise.all(
      terminals.map(async (terminal) => {
        await terminal.signIn();
        for (let n = 1; n <= 10; n++) approved(await terminal.sale(n * 100));
      }),
    );
    for (const terminal of terminals) {
      const books = line.acquirer.books().filter(({ de41 }) => de41 === terminal.de41);
      expect(asLines(books)).toEqual(asLines(terminal.journal()));
    }
  });
});

describe("a cut line", () => {
  test("resets what is connected, refuses what is new, and works again on the same port", async () => {
    await using line = await lineToHost();
    const { weather, acquirer } = line;
    const terminal = terminalAt(weather.port, { lineUse: "long", receiveMs: 30_000 });
    await terminal.signIn();
    const held = acquirer.next({ held: true });
    const selling = terminal.sale(1_000);
    await held.arrived;
    const { port } = weather;
    await weather.set({ kind: "cut" });
    expect(await selling).toMatchObject({ shown: "noAnswer", reason: "closed" });
    expect(await terminal.sale(1_000)).toMatchObject({ shown: "noConnection", reason: "ECONNREFUSED" });
    await weather.set({ kind: "clear" });
    expect(weather.port).toBe(port);
    approved(await terminal.sale(1_000));
    expect(acquirer.totals()).toMatchObject({ approved: 1, reversed: 1 });
  });

  test("may be cut from the beginning", async () => {
    await using line = await lineToHost({ kind: "cut" });
    const terminal = terminalAt(line.weather.port);
    expect(await terminal.signIn()).toMatchObject({ shown: "noConnection", reason: "ECONNREFUSED" });
    await line.weather.set({ kind: "clear" });
    expect(await terminal.signIn()).toEqual({ shown: "done" });
  });
});

describe("a line that refuses", () => {
  test("keeps what is connected and resets what is new", async () => {
    await using line = await lineToEcho();
    using old = new Caller(line.weather.port);
    old.socket.write("a");
    await waitUntil("it works", () => old.heard.length === 1);
    await line.weather.set({ kind: "refuse" });
    using fresh = new Caller(line.weather.port);
    await waitUntil("the new one is reset", () => fresh.error === "ECONNRESET");
    old.socket.write("b");
    await waitUntil("the old one works on", () => old.heard.toString() === "ab");
  });
});

describe("a black hole", () => {
  test("swallows the answer without a word: the sale is in doubt, and reversed when the sky clears", async () => {
    await using line = await lineToHost();
    const { weather, acquirer } = line;
    const terminal = terminalAt(weather.port);
    await terminal.signIn();
    const held = acquirer.next({ held: true });
    const selling = terminal.sale(1_000);
    await held.arrived;
    await weather.set({ kind: "blackHole" });
    held.release();
    const lost = await selling;
    expect(lost).toMatchObject({ shown: "noAnswer", reason: "timeout" });
    await weather.set({ kind: "clear" });
    approved(await terminal.sale(2_000));
    expect(shownEntry(lost).result).toBe("reversed");
    expect(acquirer.totals()).toMatchObject({ approved: 1, reversed: 1 });
  });

  test("delivers what TCP still holds when it is over, to connections that never noticed", async () => {
    await using line = await lineToEcho();
    using old = new Caller(line.weather.port);
    old.socket.write("a");
    await waitUntil("it works", () => old.heard.length === 1);
    await line.weather.set({ kind: "blackHole" });
    using fresh = new Caller(line.weather.port);
    await waitUntil("the kernel has answered the new one", () => line.weather.traffic().accepted === 2);
    old.socket.end("b");
    fresh.socket.write("c");
    expect(line.echo.accepted, "the far side heard nothing of it").toBe(1);
    await line.weather.set({ kind: "clear" });
    await waitUntil("both were served", () => old.heard.toString() === "ab" && fresh.heard.toString() === "c");
    await waitUntil("the close came through as well", () => old.ended);
  });

  test("hides a reset of the far side until it is over", async () => {
    await using line = await lineToEcho();
    using caller = new Caller(line.weather.port);
    caller.socket.write("a");
    await waitUntil("it works", () => caller.heard.length === 1);
    await line.weather.set({ kind: "blackHole" });
    line.echo.resetAll();
    await waitUntil("the far side is gone", () => line.echo.open === 0);
    expect(caller.error).toBeUndefined();
    await line.weather.set({ kind: "clear" });
    await waitUntil("now it shows", () => caller.error === "ECONNRESET");
  });
});

describe("a half-open line", () => {
  test("carries requests and loses answers when the way back is dead", async () => {
    await using line = await lineToHost();
    const { weather, acquirer } = line;
    const terminal = terminalAt(weather.port);
    await terminal.signIn();
    await weather.set({ kind: "halfOpen", dead: "toClient" });
    const lost = await terminal.sale(1_000);
    expect(lost).toMatchObject({ shown: "noAnswer", reason: "timeout" });
    expect(acquirer.books(), "the host has it").toMatchObject([{ state: "approved" }]);
    await weather.set({ kind: "clear" });
    await terminal.payDebts();
    expect(acquirer.totals()).toMatchObject({ approved: 0, reversed: 1 });
  });

  test("loses requests when the way out is dead", async () => {
    await using line = await lineToHost();
    const terminal = terminalAt(line.weather.port);
    await terminal.signIn();
    await line.weather.set({ kind: "halfOpen", dead: "toTarget" });
    expect(await terminal.sale(1_000)).toMatchObject({ shown: "noAnswer", reason: "timeout" });
    expect(line.acquirer.totals().transactions).toBe(0);
  });
});

describe("a bad line", () => {
  test("that is slow adds its latency both ways", async () => {
    await using line = await lineToEcho();
    using caller = new Caller(line.weather.port);
    await line.weather.set({ kind: "slow", latencyMs: 60, jitterMs: 10 });
    const started = performance.now();
    caller.socket.write("hello");
    await waitUntil("the echo is back", () => caller.heard.length === 5, { everyMs: 1 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(119);
  });

  test("that has little room carries no more than its rate, and loses nothing", async () => {
    await using line = await lineToEcho();
    using caller = new Caller(line.weather.port);
    await line.weather.set({ kind: "slow", latencyMs: 0, bytesPerSecond: 4_000 });
    const message = Buffer.from(Array.from({ length: 1_000 }, (_, i) => i % 251));
    const started = performance.now();
    caller.socket.write(message);
    await waitUntil("all of it is back", () => caller.heard.length === message.length, { everyMs: 5 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(180);
    expect(caller.heard).toEqual(message);
  });

  test("that trickles delivers one byte at a time; both ends still understand each other", async () => {
    await using line = await lineToHost({ kind: "trickle" });
    const terminal = terminalAt(line.weather.port, { receiveMs: 30_000 });
    await terminal.signIn();
    approved(await terminal.sale(1_000));
    expect(line.acquirer.counters().undecodable).toBe(0);
  });

  test("that loses packets stalls, and keeps the order", async () => {
    await using line = await lineToEcho();
    await line.weather.set({ kind: "lossy", loss: 0.3, firstStallMs: 10, longestStallMs: 50 });
    using caller = new Caller(line.weather.port);
    const sent = Array.from({ length: 40 }, (_, i) => `${i},`).join("");
    for (const part of sent.split(/(?<=,)/)) caller.socket.write(part);
    await waitUntil("all is back", () => caller.heard.length === sent.length);
    expect(caller.heard.toString()).toBe(sent);
  });

  test("that breaks in the middle of an answer leaves half of it, and the sale in doubt", async () => {
    await using line = await lineToHost();
    const terminal = terminalAt(line.weather.port, { receiveMs: 30_000 });
    await terminal.signIn();
    await line.weather.set({ kind: "closeMidMessage", towards: "toClient" });
    expect(await terminal.sale(1_000)).toMatchObject({ shown: "noAnswer", reason: "closed" });
    expect(line.acquirer.totals().approved).toBe(1);
    await line.weather.set({ kind: "clear" });
    await terminal.payDebts();
    expect(line.acquirer.totals()).toMatchObject({ approved: 0, reversed: 1 });
  });

  test("that breaks in the middle of a request lets the host see only a part", async () => {
    await using line = await lineToHost();
    const terminal = terminalAt(line.weather.port, { receiveMs: 30_000 });
    await terminal.signIn();
    await line.weather.set({ kind: "closeMidMessage", towards: "toTarget", afterBytes: 20 });
    const before = line.weather.traffic().bytesToTarget;
    expect(await terminal.sale(1_000)).toMatchObject({ shown: "noAnswer", reason: "closed" });
    expect(line.weather.traffic().bytesToTarget - before).toBe(20);
    expect(line.acquirer.totals().transactions).toBe(0);
  });
});
