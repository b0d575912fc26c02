import { connect, type Socket } from "node:net";
import { once } from "node:events";
import { z } from "zod";

/** Many terminals in one process, closed loop: each sends its next sale when the last one is answered. */

/** Reference iso8583.md 1.11, the sale; its card number is invented there. */
const SALE = Buffer.from(
  "006d60000300006031003101000200702406c000c0981116621234000000000100000000000001234500000230120510000100123132333435363738393939303030303939393930303031313536000000000000000026000000000000000013220000010006003030303030303030",
  "hex",
);
const STAN = 41;
const DE41 = 52;
/** The host's answer. */
const ANSWER_BYTES = 132;

const order = z.object({ port: z.int(), terminals: z.int(), sales: z.int() });

/** Connections stay open from one block to the next, so that a block measures transactions and not handshakes. */
const pools = new Map<number, Promise<Socket>[]>();
let stan = 0;

async function terminal(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  return socket;
}

function saleOf(number: number): Buffer {
  stan = (stan % 999_999) + 1;
  const frame = Buffer.from(SALE);
  frame.write(String(stan).padStart(6, "0"), STAN, "hex");
  frame.write(String(10_000_000 + number), DE41, "latin1");
  return frame;
}

/** @returns ms of each sale. */
async function sell(socket: Socket, number: number, sales: number): Promise<number[]> {
  const times: number[] = [];
  const done = Promise.withResolvers<number[]>();
  let began = 0;
  let waitFor = 0;
  const next = (): void => {
    began = performance.now();
    waitFor = 0;
    socket.write(saleOf(number));
  };
  const heard = (chunk: Buffer): void => {
    waitFor += chunk.length;
    if (waitFor < ANSWER_BYTES) return;
    times.push(performance.now() - began);
    if (times.length === sales) done.resolve(times);
    else next();
  };
  const lost = (): void => done.reject(new Error("connection lost"));
  socket.on("data", heard).once("close", lost);
  next();
  const result = await done.promise;
  socket.off("data", heard).off("close", lost);
  return result;
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function block(message: unknown): Promise<void> {
  const { port, terminals, sales } = order.parse(message);
  const pool = pools.get(port) ?? [];
  pools.set(port, pool);
  while (pool.length < terminals) pool.push(terminal(port));
  const sockets = await Promise.all(pool.slice(0, terminals));
  const began = performance.now();
  const times = await Promise.all(sockets.map((socket, number) => sell(socket, number, Math.ceil(sales / terminals))));
  const elapsedMs = performance.now() - began;
  const all = times.flat().toSorted((a, b) => a - b);
  process.send?.({ count: all.length, elapsedMs, p50: percentile(all, 0.5), p99: percentile(all, 0.99) });
}

process.on("message", (message) => void block(message));
process.once("disconnect", () => process.exit(0));
process.send?.(0);
