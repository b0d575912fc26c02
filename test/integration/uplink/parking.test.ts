import { connect, createServer, type Server } from "node:net";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

/** No broker likes this word. */
const WORD = "unbearable";

/** Stands before the broker and closes every connection on which the word comes, as a broker does that cannot parse a packet. */
class TouchyLine implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<() => void>();
  closed = 0;
  isTouchy = true;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async before(brokerPort: number): Promise<TouchyLine> {
    const server = createServer((client) => {
      const broker = connect(brokerPort, "127.0.0.1");
      const end = (): void => {
        client.destroy();
        broker.destroy();
        line.#open.delete(end);
      };
      line.#open.add(end);
      client.on("error", end).on("close", end);
      broker.on("error", end).on("close", end);
      broker.pipe(client);
      client.on("data", (bytes: Buffer) => {
        if (line.isTouchy && bytes.includes(WORD)) {
          line.closed += 1;
          client.end();
          broker.destroy();
        } else {
          broker.write(bytes);
        }
      });
    });
    const line = new TouchyLine(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return line;
  }

  get url(): string {
    const address = this.#server.address();
    return `mqtt://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const end of this.#open) end();
    await closed;
  }
}

let rig: Rig;

beforeEach(async () => {
  rig = await Rig.start(["max_packet_size 2000"]);
});

afterEach(async () => {
  await rig[Symbol.asyncDispose]();
});

describe("a record larger than the broker takes", () => {
  test("is parked with its reason; headquarters is told and holds all others", async () => {
    rig.hq();
    const { uplink } = rig.uplink();
    await rig.sell(2);
    await rig.ledger.append({ kind: "diagnosis", body: { text: "x".repeat(3_000) } });
    await rig.sell(2);
    const books = await rig.settled();
    expect(uplink.parked()).toMatchObject([{ seq: 3, kind: "diagnosis", reason: "tooLarge", code: 0x95 }]);
    expect(books).toMatchObject({ rows: 5, gaps: 0, forks: 0, chainBreaks: 0, damaged: 0 });
    expect(books.accounted).toMatchObject([{ from: 3, to: 3, why: "parked" }]);
    expect(uplink.counters()).toMatchObject({ connects: 1, recordsParked: 1, recordsRefused: 0 });
  });

  test("is parked over 3.1.1 by the limit that the config knows", async () => {
    rig.hq();
    const { uplink } = rig.uplink({ protocol: "3.1.1", maximumPacketBytes: 1_500 });
    await rig.ledger.append({ kind: "diagnosis", body: { text: "x".repeat(1_500) } });
    await rig.sell(1);
    await rig.settled();
    expect(uplink.parked()).toMatchObject([{ seq: 1, reason: "tooLarge" }]);
    expect(uplink.counters()).toMatchObject({ connects: 1 });
  });

  test("stays parked over a restart without being tried, and goes when somebody asks and the limit is gone", async () => {
    rig.hq();
    const first = rig.uplink({ maximumPacketBytes: 1_500 });
    await rig.ledger.append({ kind: "diagnosis", body: { text: "x".repeat(1_500) } });
    await rig.settled();
    expect(await first.running.stop()).toBeUndefined();
    await rig.reopenLedger();
    const { uplink } = rig.uplink();
    await rig.sell(1);
    await rig.settled();
    expect(uplink.parked()).toMatchObject([{ seq: 1 }]);
    expect(uplink.counters()).toMatchObject({ recordsSent: 1 });
    expect(await uplink.resend(1)).toBe(true);
    expect(await uplink.resend(1)).toBe(false);
    const books = await rig.settled();
    await waitUntil("headquarters has it", () => rig.books().accounted.length === 0);
    expect(books).toMatchObject({ forks: 0, gaps: 0 });
    expect(uplink.parked()).toEqual([]);
  });

  test("is parked again when it still cannot go", async () => {
    rig.hq();
    const { uplink } = rig.uplink();
    await rig.ledger.append({ kind: "diagnosis", body: { text: "x".repeat(3_000) } });
    await rig.settled();
    const [before] = uplink.parked();
    expect(await uplink.resend(1)).toBe(true);
    await waitUntil("it is parked again", () => uplink.parked().some(({ gap }) => gap !== before?.gap));
    expect(await rig.settled()).toMatchObject({ rows: 3, gaps: 0 });
  });
});

describe.each(["5", "3.1.1"] as const)("over MQTT %s a record that makes the broker end the session", (protocol) => {
  test("is found and parked, the records beside it are not, and headquarters holds all others", async () => {
    await using line = await TouchyLine.before(rig.broker.port);
    rig.hq();
    await rig.sell(10, "till-1");
    await rig.ledger.append({ kind: "diagnosis", body: { text: WORD } });
    await rig.sell(10, "till-2");
    const { uplink } = rig.uplink({ url: line.url, protocol });
    const books = await rig.settled();
    expect(uplink.parked()).toMatchObject([{ seq: 11, reason: "breaksTheLine" }]);
    expect(books).toMatchObject({ rows: 21, gaps: 0, forks: 0, chainBreaks: 0 });
    expect(line.closed).toBe(5);
    line.isTouchy = false;
    expect(await uplink.resend(11)).toBe(true);
    await waitUntil("headquarters has it", () => rig.books().accounted.length === 0);
    expect(await rig.settled()).toMatchObject({ rows: 23 });
  });
});

test("a broker that is restarted again and again parks nothing", async () => {
  rig.hq();
  const { uplink } = rig.uplink();
  for (let round = 0; round < 4; round += 1) {
    const before = uplink.counters()["connects"] ?? 0;
    const selling = rig.sell(300);
    await rig.broker.kill();
    await selling;
    await rig.broker.restart();
    await waitUntil("it is back", () => (uplink.counters()["connects"] ?? 0) > before);
  }
  expect(await rig.settled()).toMatchObject({ rows: 1_200, gaps: 0 });
  expect(uplink.parked()).toEqual([]);
});
