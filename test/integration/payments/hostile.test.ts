import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alternativeRecordOf } from "../../../src/domain/alternative.ts";
import { transactionRecordOf } from "../../../src/domain/transaction-history.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { openPaymentShop, type PaymentShop, theTerminals } from "../../support/payment-shop.ts";
import type { ScriptedTerminal } from "../../support/scripted-terminals.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { paymentIn, problemIn } from "../../support/till.ts";
import { waitUntil } from "../../support/wait-until.ts";

let dir: TempDir;
let shop: PaymentShop;
let terminal: ScriptedTerminal;

beforeEach(async () => {
  dir = await tempDir();
  const { claims, terminal: one } = theTerminals();
  terminal = one;
  shop = await openPaymentShop(dir.path, claims, { waitMs: 400 });
});

afterEach(async () => {
  terminal.letGo();
  await shop[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

it("one key that comes to payments and to records at once is one of them, never both", async () => {
  const cash = { orderId: "O-1", method: "cash", amount: 1_250, currency: "EUR" };
  for (let round = 0; round < 10; round += 1) {
    const till = shop.as("till-a");
    const key = `both-${round}`;
    const differs = { orderId: `P-${round}`, amount: 100 + round };
    const [paid, handedIn] = await Promise.all([
      till.pay(key, differs),
      till.post("/api/v1/records", cash, { "idempotency-key": key }),
    ]);
    const refused = [paid, handedIn].filter(({ status }) => status === 422);
    expect(refused.map(({ status }) => status)).toEqual([422]);
    expect((await problemIn(refused[0] ?? paid)).kind).toBe("keyReused");
  }
  const all = await envelopesIn(shop.ledger);
  const sold = all.flatMap((one) => transactionRecordOf(one) ?? []).filter(({ event }) => event === "requested");
  const handedIn = all.flatMap((one) => alternativeRecordOf(one) ?? []);
  expect(sold.length + handedIn.length).toBe(10);
});

it("a till that names another till is refused, though it knows that till's key and request", async () => {
  const paid = await paymentIn(await shop.as("till-a").pay("k"));
  expect(paid.outcome).toBe("approved");
  expect((await problemIn(await shop.as("till-b").pay("k", { till: "till-a" }))).kind).toBe("notPermitted");
  terminal.script.push("hang");
  const running = shop.as("till-a").pay("k2", { orderId: "O-2" });
  await waitUntil("it waits for a card", () => terminal.hanging === 1);
  const other = await shop.as("till-b").pay("k2", { orderId: "O-2", till: "till-a" });
  expect((await problemIn(other)).kind).toBe("notPermitted");
  await running;
});

it("half a surrogate pair is refused with its member, not taken for a fault of ours", async () => {
  const till = shop.as("till-a");
  for (const [path, body] of [
    ["/api/v1/payments", { orderId: "O-1", kind: "sale", amount: 1, currency: "EUR", cashier: "\uD800" }],
    ["/api/v1/records", { orderId: "O-1", method: "cash", amount: 1, currency: "EUR", cashier: "a\uDC00b" }],
  ] as const) {
    const answer = await till.post(path, body, { "idempotency-key": "k" });
    expect(answer.status).toBe(400);
    expect(await problemIn(answer)).toMatchObject({ kind: "badBody", fields: ["cashier"] });
  }
  const named = { orderId: "O-1", method: "cash", amount: 1, currency: "EUR", cashier: "李 😀" };
  expect((await till.post("/api/v1/records", named, { "idempotency-key": "k" })).status).toBe(201);
});

describe("GET /api/v1/payments/{id}/events", () => {
  it("lets go of all that one connection asked for at once, when that breaks", async () => {
    terminal.script.push("hang");
    const till = shop.as("till-a");
    const { id } = await paymentIn(await till.pay("k"));
    await waitUntil("it waits for a card", () => terminal.hanging === 1);
    const path = `/api/v1/payments/${id}/events`;
    const { hostname, port } = new URL(shop.url);
    const head = `GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\nauthorization: Bearer secret-of-till-a\r\n\r\n`;
    const socket = connect(Number(port), hostname);
    socket.write(head.repeat(8));
    await waitUntil("all listen", async () => {
      const stop = new AbortController();
      const headers = { authorization: "Bearer secret-of-till-a" };
      const { status } = await till.get(path, { headers, signal: stop.signal });
      stop.abort();
      return status === 503;
    });
    socket.destroy();
    const headers = { authorization: "Bearer secret-of-till-a" };
    await waitUntil("there is room for eight again", async () => {
      const round = new AbortController();
      const all = await Promise.all(
        Array.from({ length: 8 }, async () => till.get(path, { headers, signal: round.signal })),
      );
      round.abort();
      return all.every(({ status }) => status === 200);
    });
  });
});
