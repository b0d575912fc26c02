import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seq } from "../../../src/domain/record.ts";
import { transactionRecordOf } from "../../../src/domain/transaction-history.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { openPaymentShop, type PaymentShop, theTerminals } from "../../support/payment-shop.ts";
import type { ScriptedTerminal, ScriptedTerminals } from "../../support/scripted-terminals.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { paymentIn, problemIn, Till } from "../../support/till.ts";
import { waitUntil } from "../../support/wait-until.ts";

let dir: TempDir;
let shop: PaymentShop;
let terminal: ScriptedTerminal;
let claims: ScriptedTerminals;

beforeEach(async () => {
  dir = await tempDir();
  ({ terminal, claims } = theTerminals());
  shop = await openPaymentShop(dir.path, claims, { waitMs: 400 });
});

afterEach(async () => {
  terminal.letGo();
  await shop[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

async function hanging(): Promise<void> {
  await waitUntil("it waits for a card", () => terminal.hanging === 1);
}

describe("POST /api/v1/payments", () => {
  it("answers with the outcome, and the ledger had it before", async () => {
    const response = await shop.as("till-a").pay("k", { terminal: "t-1", cashier: "Li" });
    const payment = await paymentIn(response);
    expect(response.status).toBe(200);
    expect(payment).toMatchObject({
      state: "ended",
      outcome: "approved",
      till: "till-a",
      orderId: "O-1",
      kind: "sale",
      terminal: "t-1",
      amount: 1_250,
      currency: "EUR",
      receiptNumber: "0041",
    });
    const told = (await envelopesIn(shop.ledger)).flatMap((envelope) => transactionRecordOf(envelope) ?? []);
    expect(told.map(({ event, transaction }) => `${event} ${transaction.outcome}`)).toEqual([
      "requested inDoubt",
      "answered approved",
    ]);
  });

  it("charges once for one key that comes twenty times at once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, async () => shop.as("till-a").pay("k")));
    const payments = await Promise.all(answers.map(paymentIn));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(payments.map(({ id }) => id)).size).toBe(1);
    expect(terminal.charges).toHaveLength(1);
  });

  it("after the wait gives 202 and where to ask; the same key is then the same payment", async () => {
    terminal.script.push("hang");
    const first = await shop.as("till-a").pay("k");
    expect(first.status).toBe(202);
    const payment = await paymentIn(first);
    expect(first.headers.get("location")).toBe(`/api/v1/payments/${payment.id}`);
    expect(payment).toMatchObject({ state: "running", outcome: "inDoubt", progress: { step: "presentCard" } });
    const again = shop.as("till-a").pay("k");
    await hanging();
    terminal.letGo();
    const second = await again;
    expect([200, 202]).toContain(second.status);
    expect((await paymentIn(second)).id).toBe(payment.id);
    const later = await waitUntil("it has ended", async () => {
      const now = await paymentIn(await shop.as("till-a").get(`/api/v1/payments/${payment.id}`));
      return now.state === "ended" ? now : undefined;
    });
    expect(later.outcome).toBe("approved");
    expect(terminal.orders).toHaveLength(1);
  });

  it("gives the same answer when the daemon was started again", async () => {
    const before = await paymentIn(await shop.as("till-a").pay("k"));
    await shop[Symbol.asyncDispose]();
    shop = await openPaymentShop(dir.path, claims);
    expect(await paymentIn(await shop.as("till-a").pay("k"))).toEqual(before);
    expect((await problemIn(await shop.as("till-a").pay("k", { amount: 7 }))).kind).toBe("keyReused");
    expect(terminal.charges).toHaveLength(1);
  });

  it("refuses what is wrong with type, field and remedy, and sends nothing", async () => {
    const till = shop.as("till-a");
    const cases = [
      [{ amount: 0 }, 422, "wrongAmount", "amount"],
      [{ amount: -5 }, 422, "wrongAmount", "amount"],
      [{ amount: 12.5 }, 422, "wrongAmount", "amount"],
      [{ amount: "1250" }, 422, "wrongAmount", "amount"],
      [{ amount: 1e15 }, 422, "wrongAmount", "amount"],
      [{ amount: undefined }, 422, "wrongAmount", "amount"],
      [{ currency: "euro" }, 422, "wrongCurrency", "currency"],
      [{ currency: undefined }, 422, "wrongCurrency", "currency"],
      [{ kind: "steal" }, 400, "badBody", "kind"],
      [{ orderId: "" }, 400, "badBody", "orderId"],
      [{ orderId: "x".repeat(65) }, 400, "badBody", "orderId"],
      [{ terminal: "no such/name" }, 400, "badBody", "terminal"],
      [{ colour: "red" }, 400, "badBody", "(unknown)"],
      [{ cashier: "6212 3400 0000 0001" }, 400, "badBody", "cashier"],
      [{ terminal: "t-9" }, 422, "unknownTerminal", "terminal"],
      [{ group: "nowhere" }, 422, "unknownGroup", "group"],
      [{ kind: "refund" }, 403, "notPermitted", "kind"],
      [{ till: "till-b" }, 403, "notPermitted", "till"],
      [{ kind: "reversal" }, 422, "unknownOriginal", "original"],
      [{ kind: "reversal", original: { payment: "0a" } }, 422, "unknownOriginal", "original"],
    ] as const;
    for (const [differs, status, kind, field] of cases) {
      const response = await till.pay("k", differs);
      expect(response.headers.get("content-type"), kind).toContain("application/problem+json");
      const problem = await problemIn(response);
      expect({ status: response.status, kind: problem.kind }, JSON.stringify(differs)).toEqual({ status, kind });
      expect(problem.fields).toContain(field);
      expect(problem.remedy).not.toBe("");
    }
    terminal.paused = "stock-taking";
    const paused = await problemIn(await till.pay("k", { terminal: "t-1" }));
    expect(paused).toMatchObject({ status: 409, kind: "terminalPaused", reasons: ["stock-taking"], terminal: "t-1" });
    terminal.paused = undefined;
    terminal.isHeld = true;
    expect((await problemIn(await till.pay("k", { terminal: "t-1" }))).kind).toBe("terminalBusy");
    terminal.isHeld = false;
    terminal.isReachable = false;
    expect(await problemIn(await till.pay("k", { terminal: "t-1" }))).toMatchObject({
      status: 503,
      kind: "terminalOffline",
    });
    expect(terminal.orders).toHaveLength(0);
  });

  it("refuses a missing or odd key, a body that is none, and one that is too large", async () => {
    const till = shop.as("till-a");
    const body = { orderId: "O-1", kind: "sale", amount: 1, currency: "EUR" };
    for (const key of ["", "two words", "x".repeat(129)]) {
      expect(await problemIn(await till.post("/api/v1/payments", body, { "idempotency-key": key }))).toMatchObject({
        status: 400,
        kind: "missingKey",
      });
    }
    expect((await problemIn(await till.post("/api/v1/payments", body))).kind).toBe("missingKey");
    const key = { "idempotency-key": "k" };
    expect(await problemIn(await till.post("/api/v1/payments", "{", key))).toMatchObject({
      status: 400,
      kind: "badJson",
    });
    expect(await problemIn(await till.post("/api/v1/payments", "[]", key))).toMatchObject({
      status: 400,
      kind: "badBody",
    });
    expect((await till.post("/api/v1/payments", { ...body, reason: "x".repeat(5_000) }, key)).status).toBe(413);
    expect(
      (await till.post("/api/v1/payments", "a=1", { ...key, "content-type": "text/plain" })).status,
    ).toBeGreaterThanOrEqual(400);
    expect((await till.get("/api/v1/payments")).status).toBe(405);
    expect(terminal.orders).toHaveLength(0);
  });

  it("wants a token, and one whose role may sell", async () => {
    for (const token of ["", "wrong", "secret-of-till"]) {
      const response = await new Till(shop.url, token).pay("k");
      expect(response.status).toBe(401);
      expect(response.headers.get("www-authenticate")).toBe("Bearer");
    }
    for (const name of ["tech", "auditor"] as const) expect((await shop.as(name).pay("k")).status).toBe(403);
    expect((await shop.as("local").pay("k")).status).toBe(200);
  });

  it("refuses a probable second charge with the payments in the way, until a supervisor overrides it", async () => {
    const { id } = await paymentIn(await shop.as("till-a").pay("k1"));
    const refused = await problemIn(await shop.as("till-a").pay("k2"));
    expect(refused).toMatchObject({ status: 409, kind: "probableDuplicate", payments: [id] });
    const override = { overrides: [id], reason: "two guests", till: "till-a" };
    expect((await problemIn(await shop.as("till-a").pay("k3", override))).kind).toBe("notPermitted");
    const response = await shop.as("boss").pay("k3", override);
    expect(response.status).toBe(200);
    expect((await paymentIn(response)).override).toEqual({ reason: "two guests", who: "boss" });
  });
});

describe("GET /api/v1/payments/{id}", () => {
  it("shows a till its own alone, and others all", async () => {
    const { id } = await paymentIn(await shop.as("till-a").pay("k"));
    expect((await shop.as("till-a").get(`/api/v1/payments/${id}`)).status).toBe(200);
    expect((await problemIn(await shop.as("till-b").get(`/api/v1/payments/${id}`))).kind).toBe("noSuchPayment");
    expect((await shop.as("auditor").get(`/api/v1/payments/${id}`)).status).toBe(200);
    expect((await shop.as("auditor").get("/api/v1/payments/nothing")).status).toBe(404);
    expect((await shop.as("auditor").get("/api/v1/payments/0a0a")).status).toBe(404);
  });
});

async function streamed(id: string): Promise<string> {
  const response = await shop.as("till-a").get(`/api/v1/payments/${id}/events`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  return response.text();
}

describe("GET /api/v1/payments/{id}/events", () => {
  it("tells what the terminal does, then the outcome, and ends", async () => {
    terminal.script.push("hang");
    const { id } = await paymentIn(await shop.as("till-a").pay("k"));
    await hanging();
    const stream = streamed(id);
    setTimeout(() => terminal.letGo(), 50);
    const events = [...(await stream).matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => [event, data]);
    expect(events.map(([event]) => event)).toEqual(["progress", "outcome"]);
    expect(events[0]?.[1]).toBe('{"step":"presentCard","text":"insert card"}');
    expect(events[1]?.[1]).toContain('"outcome":"approved"');
    expect(await streamed(id), "of one that has ended").toMatch(/^event: outcome\n/);
  });

  it("lets only so many listen, and lets go of those who leave", async () => {
    terminal.script.push("hang");
    const { id } = await paymentIn(await shop.as("till-a").pay("k"));
    await hanging();
    const leave = new AbortController();
    const till = shop.as("till-a");
    const headers = { authorization: "Bearer secret-of-till-a" };
    const path = `/api/v1/payments/${id}/events`;
    const streams = await Promise.all(
      Array.from({ length: 8 }, async () => till.get(path, { signal: leave.signal, headers })),
    );
    expect(streams.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect((await problemIn(await till.get(path))).kind).toBe("tooManyListeners");
    leave.abort();
    await waitUntil("there is room again", async () => {
      const stop = new AbortController();
      const { status } = await till.get(path, { headers, signal: stop.signal });
      stop.abort();
      return status === 200;
    });
  });

  it("ends when the daemon does", async () => {
    terminal.script.push("hang");
    const { id } = await paymentIn(await shop.as("till-a").pay("k"));
    await hanging();
    const stream = streamed(id).catch(() => "cut");
    await shop[Symbol.asyncDispose]();
    await stream;
    shop = await openPaymentShop(dir.path, claims);
  });
});

describe("POST /api/v1/payments/{id}/cancel", () => {
  it("asks the terminal to give up; what came of it is told", async () => {
    terminal.script.push("hang");
    const { id } = await paymentIn(await shop.as("till-a").pay("k"));
    await hanging();
    expect((await shop.as("till-b").post(`/api/v1/payments/${id}/cancel`, {})).status).toBe(404);
    expect((await shop.as("auditor").post(`/api/v1/payments/${id}/cancel`, {})).status).toBe(403);
    expect((await shop.as("till-a").post(`/api/v1/payments/${id}/cancel`, {})).status).toBe(202);
    await waitUntil("it has ended", async () => {
      const payment = await paymentIn(await shop.as("till-a").get(`/api/v1/payments/${id}`));
      return payment.outcome === "failed" && payment.reason === "abortedAtTerminal";
    });
    expect((await problemIn(await shop.as("till-a").post(`/api/v1/payments/${id}/cancel`, {}))).kind).toBe(
      "notRunning",
    );
  });
});

it("waits longer than a silent connection may last, for the outcome and on the stream", async () => {
  await shop[Symbol.asyncDispose]();
  shop = await openPaymentShop(dir.path, claims, { waitMs: 12_000 });
  terminal.script.push("hang", "hang");
  const asked = shop.as("till-a").pay("k");
  await hanging();
  const [running] = await waitUntil("it is in the ledger", async () => {
    const records = await shop.ledger.page(seq(1), 1);
    return records.length === 0 ? undefined : records;
  });
  const [, id = ""] = /"id":"([0-9a-f-]{36})"/.exec(running?.envelope.toString("utf8") ?? "") ?? [];
  const stream = streamed(id);
  expect((await asked).status).toBe(202);
  terminal.letGo();
  expect(await stream).toMatch(/(: it runs\n\n){2}event: outcome\n/);
}, 60_000);
