import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { ReadStream } from "node:tty";
import { describe, expect, test } from "vitest";
import { serveZvtPort, serveZvtTcp } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { AnsweringTill } from "../../support/answering-till.ts";
import { RawTill } from "../../support/raw-till.ts";
import { serialCable } from "../../support/serial-line.ts";
import { waitUntil } from "../../support/wait-until.ts";

const REGISTRATION = "06 00 06 000000 BA 0978";
const SALE = "06 01 07 04 000000001000";
const POSITIVE_BLOCK = "10 02 80 00 00 10 03 f5 1f";
const STATUS_ENQUIRY_BLOCK = "10 02 05 01 00 10 03 10 06";
/** 06 0F 01 00. */
const READY_BLOCK = "10 02 06 0f 01 00 10 03 26 e1";

async function connected(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** The other end of a cable, as a test holds it. */
function opened(path: string): ReadStream {
  return new ReadStream(openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
}

describe("a simulated ZVT terminal on TCP", () => {
  test("carries a sale out over real sockets, and the books outlive the connection", async () => {
    using terminal = new ZvtTerminal();
    await using tcp = await serveZvtTcp(terminal);
    const first = new AnsweringTill(await connected(tcp.port));
    await first.order(REGISTRATION);
    await first.order(SALE);
    await terminal.whenIdle();
    first.end();
    await waitUntil("the line is gone", () => terminal.lines === 0);
    const second = new AnsweringTill(await connected(tcp.port));
    expect((await second.order("06 20 03 000000")).some(({ type }) => type === "status")).toBe(true);
    expect(terminal.books.totals()).toMatchObject({ charges: 1, charged: 1_000 });
    second.end();
  });

  test("serves one till at a time", async () => {
    using terminal = new ZvtTerminal();
    await using tcp = await serveZvtTcp(terminal);
    const first = new AnsweringTill(await connected(tcp.port));
    await first.order(REGISTRATION);
    const second = new RawTill(await connected(tcp.port));
    await waitUntil("the second is turned away", () => second.hasEnded);
    expect(tcp.turnedAway).toBe(1);
    expect((await first.order("05 01 00")).at(-1)?.type).toBe("completion");
    first.end();
  });

  test("a command in pieces is one command", async () => {
    using terminal = new ZvtTerminal();
    await using tcp = await serveZvtTcp(terminal);
    const socket = await connected(tcp.port);
    const till = new RawTill(socket);
    for (const piece of ["05", "01", "00"]) {
      till.say(piece);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await till.hear("80 00 00 06 0F 01 00");
    till.end();
  });

  test("a till that does not answer a message in time loses its connection", async () => {
    using terminal = new ZvtTerminal({ times: { answerMs: 50 } });
    await using tcp = await serveZvtTcp(terminal);
    const till = new RawTill(await connected(tcp.port));
    till.say("05 01 00");
    await till.hear("80 00 00 06 0F 01 00");
    await waitUntil("the line is gone", () => till.hasEnded);
  });

  test("a power failure in the middle breaks the connection off; afterwards it is there again", async () => {
    using terminal = new ZvtTerminal({ powerAwayMs: 100 });
    await using tcp = await serveZvtTcp(terminal);
    const till = new AnsweringTill(await connected(tcp.port));
    await till.order(REGISTRATION);
    await terminal.whenIdle();
    terminal.next({ dieAt: "hostDecided" });
    till.say(SALE);
    await waitUntil("the line is gone", () => till.hasEnded);
    await waitUntil("the power is back", () => terminal.isOn);
    const again = new AnsweringTill(await connected(tcp.port));
    await again.order(REGISTRATION);
    const repeated = await again.order("06 20 03 000000");
    expect(repeated.find((message) => message.type === "status")).toMatchObject({ status: { amount: 1_000 } });
    expect(terminal.books.charges).toMatchObject([{ amount: 1_000, told: false }]);
    again.end();
  });
});

describe("a simulated ZVT terminal on a pseudo-terminal", () => {
  test("speaks blocks, every byte value unchanged, and is there again after the port was away", async () => {
    using terminal = new ZvtTerminal();
    await using cable = await serialCable();
    await using port = await serveZvtPort(terminal, cable.far);
    expect(port.path).toBe(cable.far);
    let till = new RawTill(opened(cable.path));
    till.say(STATUS_ENQUIRY_BLOCK);
    await till.hear(`06 ${POSITIVE_BLOCK}`);
    till.say("06");
    await till.hear(READY_BLOCK);
    till.say(`06 ${POSITIVE_BLOCK}`);
    await till.hear("06");
    till.say("10 02 06 00 06 00 00 00 ba 09 78 10 03 d0 d8");
    await till.hear(`06 ${POSITIVE_BLOCK}`);
    till.say("06");
    await till.hear("10 02 06 0f 0a 19 00 29 52 00 12 34 49 09 78 10 03 f5 97");
    till.say(`06 ${POSITIVE_BLOCK}`);
    await till.hear("06");
    // Bytes that a line discipline would change or take for itself.
    terminal.next({ noAnswer: true });
    till.say("10 02 06 01 11 04 00 00 00 13 11 03 3c f0 f0 f6 0a 0d 11 13 7f 1a 10 03 47 68");
    await till.hear("06");
    expect(Buffer.from(terminal.commands.at(-1)?.apdu ?? []).toString("hex")).toBe(
      "060111040000001311033cf0f0f60a0d11137f1a",
    );

    till.end();
    await cable.pull();
    await cable.replug();
    till = new RawTill(opened(cable.path));
    await waitUntil("it is there again", () => {
      if (terminal.lines === 0) return false;
      till.say(STATUS_ENQUIRY_BLOCK);
      return till.held.length > 0;
    });
    till.end();
  });
});

describe("npm run sim -- zvt", () => {
  test("listens, sells to a till, and says at the end what is in the books", async () => {
    const child = spawn(
      process.execPath,
      [
        "--disable-warning=ExperimentalWarning",
        "src/sim/main.ts",
        "zvt",
        "--listen",
        "127.0.0.1:0",
        "--step",
        "1",
        "--host-ms",
        "1",
        "--next",
        "decline 33",
      ],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const exited = once(child, "exit");
    try {
      const port = await waitUntil("it listens", () => /on 127\.0\.0\.1:(\d+)/.exec(said)?.[1]);
      const till = new AnsweringTill(await connected(Number(port)));
      await till.order(REGISTRATION);
      expect((await till.order(SALE)).at(-1)).toMatchObject({ type: "abort", code: 0x33 });
      expect((await till.order(SALE)).at(-1)?.type).toBe("completion");
      child.stdin.write("what\nrefuse CC\n");
      await waitUntil("it does not know what that is", () => said.includes("not known: what"));
      child.stdin.write("status 51\n");
      await waitUntil("what was typed is planned", async () => {
        const told = (await till.order("05 01 00")).at(-1);
        return told?.type === "completion" && told.completion.terminalStatus === 0x51;
      });
      expect((await till.order(SALE)).at(-1)).toMatchObject({ type: "negative", code: 0xcc });
      till.end();
    } finally {
      child.kill("SIGTERM");
      await exited;
    }
    expect(said).toContain("1. charge ordered 1000 declined 0, receipt 1, told to the till");
    expect(said).toContain("2. charge ordered 1000 approved 1000, receipt 2, told to the till");
    expect(said).toContain("1 charges (1000), 0 refunds (0), 0 open holds (0)");
  });
});
