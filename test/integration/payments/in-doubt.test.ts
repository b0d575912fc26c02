import { writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import { main } from "../../../src/cli/program.ts";
import { alternativeAnswer, chargesAnswer, inDoubtAnswer } from "../../../src/contract/payments.ts";
import { alternativeRecordOf } from "../../../src/domain/alternative.ts";
import { minorUnits } from "../../../src/domain/money.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { envelopesIn } from "../../support/ledger-reading.ts";
import { openPaymentShop, type PaymentShop, theTerminals } from "../../support/payment-shop.ts";
import type { ScriptedTerminal, ScriptedTerminals } from "../../support/scripted-terminals.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { paymentIn, problemIn } from "../../support/till.ts";
import { waitUntil } from "../../support/wait-until.ts";

let dir: TempDir;
let shop: PaymentShop;
let terminal: ScriptedTerminal;
let claims: ScriptedTerminals;

beforeEach(async () => {
  dir = await tempDir();
  ({ terminal, claims } = theTerminals());
  shop = await openPaymentShop(dir.path, claims);
});

afterEach(async () => {
  await shop[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

/** A payment whose end nobody sees, at a terminal that is busy with something since. */
async function doubted(key = "k"): Promise<string> {
  await shop.as("till-a").pay("before", { orderId: "before", amount: 99 });
  terminal.isBusy = true;
  terminal.script.push("lostAfter");
  const payment = await paymentIn(await shop.as("till-a").pay(key));
  expect(payment).toMatchObject({ state: "ended", outcome: "inDoubt", reason: "linkLost" });
  return payment.id;
}

async function inDoubt(
  name: "till-a" | "till-b" | "boss" = "boss",
): Promise<z.output<typeof inDoubtAnswer>["inDoubt"]> {
  return inDoubtAnswer.parse(await (await shop.as(name).get("/api/v1/in-doubt")).json()).inDoubt;
}

async function charges(query: string): Promise<z.output<typeof chargesAnswer>> {
  return chargesAnswer.parse(await (await shop.as("boss").get(`/api/v1/charges?${query}`)).json());
}

describe("the in-doubt desk", () => {
  it("lists what nobody saw the end of, to a till its own", async () => {
    const id = await doubted();
    expect(await inDoubt()).toMatchObject([
      { id, terminal: "t-1", outcome: "inDoubt", till: "till-a", orderId: "O-1", amount: 1_250 },
    ]);
    expect(await inDoubt("till-a")).toHaveLength(1);
    expect(await inDoubt("till-b")).toEqual([]);
    expect(await problemIn(await shop.as("till-a").pay("k2"))).toMatchObject({
      kind: "orderInDoubt",
      status: 409,
      payments: [id],
    });
  });

  it("ends a doubt by what the terminal remembers, also after the daemon was started again", async () => {
    const id = await doubted();
    await shop[Symbol.asyncDispose]();
    shop = await openPaymentShop(dir.path, claims);
    expect(await inDoubt()).toMatchObject([{ id }]);
    terminal.isBusy = false;
    await waitUntil("it is resolved", async () => (await inDoubt()).length === 0);
    expect(await paymentIn(await shop.as("till-a").pay("k"))).toMatchObject({
      id,
      outcome: "approved",
      receiptNumber: "0042",
      resolution: { by: "evidence", who: "lastTransaction" },
    });
    expect(terminal.charges).toHaveLength(2);
  });

  it("takes a supervisor's word, with a reason, and nobody else's", async () => {
    const id = await doubted();
    const path = `/api/v1/in-doubt/${id}/resolve`;
    const word = { as: "failed", reason: "no slip at the terminal" };
    expect((await problemIn(await shop.as("till-a").post(path, word))).kind).toBe("notPermitted");
    expect((await problemIn(await shop.as("boss").post(path, { as: "failed" }))).fields).toEqual(["reason"]);
    expect((await problemIn(await shop.as("boss").post(path, { ...word, as: "perhaps" }))).fields).toEqual(["as"]);
    expect((await problemIn(await shop.as("boss").post("/api/v1/in-doubt/0a/resolve", word))).kind).toBe("notInDoubt");
    expect((await shop.as("boss").get(path)).status).toBe(405);
    expect((await shop.as("boss").post(path, word)).status).toBe(200);
    expect((await problemIn(await shop.as("boss").post(path, word))).kind).toBe("notInDoubt");
    expect(await paymentIn(await shop.as("till-a").get(`/api/v1/payments/${id}`))).toMatchObject({
      outcome: "failed",
      resolution: { by: "person", who: "boss", why: word.reason },
    });
  });
});

async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly output: CapturedOutput }> {
  const output = new CapturedOutput();
  await writeFile(dir.file("local.token"), "secret-of-local");
  return { code: await main(["in-doubt", ...args, "--store", dir.path, "--url", shop.url], output), output };
}

describe("tillgate in-doubt", () => {
  it("lists doubts, and resolves one by a named person's word", async () => {
    const id = await doubted();
    const listed = await run("list");
    expect(listed.code).toBe(1);
    expect(listed.output.printed.join("\n")).toMatch(new RegExp(`${id} .*t-1 .*12\\.50 EUR .*till-a .*O-1`));
    expect((await run("list", "--json")).output.printed.join("")).toContain(id);
    const resolved = await run("resolve", id, "failed", "--by", "Wang Li", "--reason", "no slip");
    expect(resolved.code).toBe(0);
    expect((await paymentIn(await shop.as("boss").get(`/api/v1/payments/${id}`))).resolution?.who).toBe(
      "Wang Li (local)",
    );
    expect((await run("list")).code).toBe(0);
    expect((await run("resolve", id, "failed", "--by", "Wang Li", "--reason", "no slip")).code).toBe(1);
  });

  it("says whether a terminal has still to come back, or a person is needed", async () => {
    await doubted();
    terminal.isReachable = false;
    await shop[Symbol.asyncDispose]();
    shop = await openPaymentShop(dir.path, claims);
    expect((await run("list")).output.printed.join("\n")).toContain("when it answers again");
    terminal.sellByHand(minorUnits(777));
    terminal.isBusy = false;
    terminal.isReachable = true;
    await waitUntil("all was tried", async () => (await run("list")).output.printed.join("\n").includes("a person"));
  });

  it("says why not: no token, no gateway, a wrong word", async () => {
    const output = new CapturedOutput();
    expect(await main(["in-doubt", "list", "--store", "/nowhere", "--url", shop.url], output)).toBe(2);
    expect(await main(["in-doubt", "list", "--store", dir.path, "--url", "http://127.0.0.1:9"], output)).toBe(2);
    await writeFile(dir.file("local.token"), "secret-of-local");
    expect(await main(["in-doubt", "list", "--store", dir.path, "--url", "http://127.0.0.1:9"], output)).toBe(3);
    expect((await run("resolve", "0a", "perhaps", "--by", "me", "--reason", "why")).code).toBe(64);
  });
});

describe("GET /api/v1/charges", () => {
  it("says that a customer was charged, was not, or that nobody knows yet and when that is looked into", async () => {
    await shop.as("till-a").pay("k1");
    terminal.script.push("decline");
    await shop.as("till-a").pay("k2", { orderId: "O-2" });
    const both = await charges("amount=1250");
    expect(both).toMatchObject({ isComplete: true, hotline: "+86 95516" });
    expect(both.charges.map(({ state }) => state)).toEqual(["notCharged", "charged"]);
    expect(both.charges[1]).toMatchObject({
      terminal: "t-1",
      rrn: "rrn41",
      stan: "000041",
      amount: 1_250,
      currency: "EUR",
    });
    expect((await charges("amount=1251")).charges).toEqual([]);
  });

  it("knows no card of a payment in doubt: it could be anybody's", async () => {
    const id = await doubted();
    const found = await waitUntil("its next check is planned", async () => {
      const [charge] = (await charges("amount=1250&last4=0001")).charges;
      return charge?.nextCheckAt === undefined ? undefined : charge;
    });
    expect(found).toMatchObject({ state: "notKnownYet", transaction: id, outcome: "inDoubt" });
  });

  it("says when it was given back", async () => {
    const { id } = await paymentIn(await shop.as("till-a").pay("k1"));
    const elsewhere = { kind: "reversal", terminal: "t-9", original: { payment: id } };
    expect(await problemIn(await shop.as("till-a").pay("k3", elsewhere))).toMatchObject({
      kind: "unknownOriginal",
      fields: ["terminal"],
      terminal: "t-1",
    });
    await shop.as("till-a").pay("k2", { kind: "reversal", original: { payment: id } });
    expect((await charges("amount=1250")).charges).toMatchObject([{ state: "reversed", transaction: id }]);
  });

  it("counts what was given back in part, and knows a whole one that names no amount", async () => {
    const till = shop.as("till-a");
    const { id } = await paymentIn(await till.pay("k1"));
    await till.pay("k2", { kind: "reversal", amount: 250, original: { payment: id } });
    expect((await charges("amount=1250")).charges).toMatchObject([{ state: "charged", amount: 1_000 }]);
    const { id: other } = await paymentIn(await till.pay("k3", { orderId: "O-2", amount: 700 }));
    const whole = { orderId: "O-2", kind: "reversal", amount: undefined, original: { payment: other } };
    expect((await paymentIn(await till.pay("k4", whole))).outcome).toBe("approved");
    expect((await charges("amount=700")).charges).toMatchObject([{ state: "reversed", amount: 700 }]);
  });

  it("wants the amount or the last four digits, and a token", async () => {
    expect(await problemIn(await shop.as("boss").get("/api/v1/charges"))).toMatchObject({
      kind: "badQuery",
      fields: ["amount"],
    });
    expect((await problemIn(await shop.as("boss").get("/api/v1/charges?last4=12345"))).fields).toEqual(["last4"]);
    expect((await fetch(`${shop.url}/api/v1/charges?amount=1`)).status).toBe(401);
  });
});

describe("POST /api/v1/records", () => {
  const CASH = { orderId: "O-9", method: "cash", amount: 500, currency: "EUR", paidAt: "2026-01-31T18:00:00+08:00" };

  it("takes what was paid another way, once for its key, also after a restart", async () => {
    const key = { "idempotency-key": "cash-1" };
    const first = await shop.as("till-a").post("/api/v1/records", CASH, key);
    expect(first.status).toBe(201);
    const { record } = alternativeAnswer.parse(await first.json());
    expect(record).toMatchObject({ method: "cash", amount: 500, till: "till-a", paidAt: "2026-01-31T10:00:00.000Z" });
    const many = await Promise.all(
      Array.from({ length: 10 }, async () => shop.as("till-a").post("/api/v1/records", CASH, key)),
    );
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]));
    await shop[Symbol.asyncDispose]();
    shop = await openPaymentShop(dir.path, claims);
    const again = await shop.as("till-a").post("/api/v1/records", CASH, key);
    expect(alternativeAnswer.parse(await again.json()).record).toEqual(record);
    const differs = await shop.as("till-a").post("/api/v1/records", { ...CASH, amount: 1 }, key);
    expect((await problemIn(differs)).kind).toBe("keyReused");
    expect((await problemIn(await shop.as("till-a").pay("cash-1"))).kind).toBe("keyReused");
    const records = (await envelopesIn(shop.ledger)).flatMap((envelope) => alternativeRecordOf(envelope) ?? []);
    expect(records).toHaveLength(1);
    expect(terminal.orders).toHaveLength(0);
  });

  it("refuses what is wrong with it", async () => {
    const post = async (differs: object, key = "k"): Promise<Response> =>
      shop.as("till-a").post("/api/v1/records", { ...CASH, ...differs }, { "idempotency-key": key });
    expect((await problemIn(await post({}, ""))).kind).toBe("missingKey");
    expect((await problemIn(await post({ method: "shells" }))).fields).toEqual(["method"]);
    expect((await problemIn(await post({ amount: 0 }))).kind).toBe("wrongAmount");
    expect((await problemIn(await post({ paidAt: "today" }))).fields).toEqual(["paidAt"]);
    expect((await problemIn(await post({ reference: "6212340000000001" }))).fields).toEqual(["reference"]);
    expect((await post({ reference: "2026013122001412340987654321" })).status, "a QR payment's number").toBe(201);
    expect((await problemIn(await post({ till: "till-b" }, "k2"))).kind).toBe("notPermitted");
    expect((await shop.as("auditor").post("/api/v1/records", CASH, { "idempotency-key": "k3" })).status).toBe(403);
  });
});
