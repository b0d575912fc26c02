import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { NarrowLine } from "../../support/narrow-line.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { Rig } from "./rig.ts";

/** A bad mobile line: some 40 records a second. */
const BYTES_PER_SECOND = 30_000;
const BACKLOG = 3_000;
/** Bytes of a request to the acquirer. */
const SALE = Buffer.alloc(250, 1);
const SALES = 9;
const PAUSE_MS = 150;

/** ms, each of a sale over the line: to an acquirer that answers at once. */
async function sell(port: number, count: number, sold: (ms: number) => void): Promise<readonly number[]> {
  const took: number[] = [];
  const terminal = connect(port, "127.0.0.1");
  terminal.setNoDelay(true);
  await once(terminal, "connect");
  for (let sale = 0; sale < count; sale += 1) {
    const askedAt = performance.now();
    terminal.write(SALE);
    await once(terminal, "data");
    took.push(performance.now() - askedAt);
    sold(took.at(-1) ?? 0);
    await delay(PAUSE_MS);
  }
  terminal.destroy();
  return took;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function acquirer() {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => socket.write(bytes.subarray(0, 50)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.dispose]: (): void => void server.close(),
  };
}

/** What a sale takes before and while a backlog drains over the same narrow line. */
async function saleTimes(drainControl: boolean): Promise<{ readonly idle: number; readonly draining: number }> {
  await using rig = await Rig.start();
  await using line = new NarrowLine(BYTES_PER_SECOND);
  using host = await acquirer();
  const [broker, acquirerPort] = [await line.to(rig.broker.port), await line.to(host.port)];
  await rig.sell(BACKLOG);
  const { uplink } = rig.uplink({
    url: `mqtt://127.0.0.1:${broker}`,
    pubackDeadlineMs: 60_000,
    receiptDeadlineMs: 120_000,
    ratePerS: 2_000,
    burst: 10,
    drainControl,
  });
  await waitUntil("it is connected", () => uplink.state().connected);
  const idle = await sell(acquirerPort, SALES, (ms) => uplink.noteAcquirerRoundTrip(ms));
  rig.hq();
  await waitUntil("it drains", () => (uplink.counters()["recordsAcknowledged"] ?? 0) > 100);
  const draining = await sell(acquirerPort, SALES, (ms) => uplink.noteAcquirerRoundTrip(ms));
  expect(uplink.state().unconfirmed, "it drains still").toBeGreaterThan(0);
  const before = uplink.counters()["recordsAcknowledged"] ?? 0;
  await waitUntil("it goes on draining", () => (uplink.counters()["recordsAcknowledged"] ?? 0) > before + 20);
  return { idle: median(idle), draining: median(draining) };
}

function slowed({ idle, draining }: { readonly idle: number; readonly draining: number }): number {
  return draining - idle;
}

test("on a narrow line a backlog yields to sales, and without that it slows them many times as much", async () => {
  const [yielding, greedy] = [await saleTimes(true), await saleTimes(false)];
  expect(slowed(greedy)).toBeGreaterThan(3 * slowed(yielding));
});
