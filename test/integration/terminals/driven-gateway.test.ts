import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inDoubtAnswer } from "../../../src/contract/payments.ts";
import { problemSchema } from "../../../src/contract/http.ts";
import { terminalActionAnswer } from "../../../src/contract/terminal-actions.ts";
import { serveEcrTerminal } from "../../../src/sim/ecr/serve-tcp.ts";
import { serveZvtTcp, type TcpZvt } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { DrivenShop } from "../../support/driven-shop.ts";
import { paymentIn } from "../../support/till.ts";
import { waitUntil } from "../../support/wait-until.ts";

let terminal: ZvtTerminal;
let listening: TcpZvt;
let shop: DrivenShop;

beforeAll(async () => {
  terminal = new ZvtTerminal();
  listening = await serveZvtTcp(terminal);
  const link = { tcp: `127.0.0.1:${listening.port}` };
  shop = await DrivenShop.open([{ id: "counter-1", family: "zvt", link, heartbeatS: 5, group: "front" }]);
});

afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await listening[Symbol.asyncDispose]();
  terminal[Symbol.dispose]();
});

describe("a shop whose only terminal tillgate talks to", () => {
  it("is ready as soon as the terminal is, and the broker tells it of the terminal", async () => {
    await shop.ready();
    const held = await shop.retained("counter-1", "ready", ({ state }) => state === "ready");
    expect(held).toMatchObject({ terminal: "counter-1", family: "zvt", group: "front", unresolved: 0 });
    expect(held).not.toHaveProperty("lastTransaction");
    expect(held).not.toHaveProperty("settlement");
  });

  it("has a sale at risk until the batch is closed", async () => {
    expect(await paymentIn(await shop.till.pay("k-1"))).toMatchObject({ outcome: "approved", terminal: "counter-1" });
    await shop.risks({ unsettled: ["counter-1", "EUR", 1, 1_250] });
    expect(await shop.view()).toMatchObject({ unresolved: 0, counts: { transactions: 1, approved: 1 } });
  });

  it("has money in doubt when the terminal goes away under an order: everything that tells of health says so", async () => {
    terminal.next({ hostMs: 1_500 });
    const paying = shop.till.pay("k-2", { orderId: "O-2", amount: 700 });
    await waitUntil("the order is with the terminal", () => terminal.isBusy);
    await listening[Symbol.asyncDispose]();
    expect(await paymentIn(await paying)).toMatchObject({ outcome: "inDoubt", terminal: "counter-1" });

    await shop.risks({ inDoubt: ["counter-1", "EUR", 1, 700], unsettled: ["counter-1", "EUR", 1, 1_250] });
    await waitUntil("it is offline", async () => (await shop.view()).state === "offline", { withinMs: 60_000 });
    expect(await shop.view()).toMatchObject({ unresolved: 1, reason: "unreachable", counts: { inDoubt: 1 } });
    const held = await shop.retained("counter-1", "offline", ({ state, unresolved }) => {
      return state === "offline" && unresolved === 1;
    });
    expect(held).toMatchObject({ reason: "unreachable", failureRate: 0.5, failureRateOver: 2 });
    expect(held.lastTransaction).toMatchObject({ kind: "sale", outcome: "inDoubt", amount: 700, currency: "EUR" });
    expect(held.unsent).toMatchObject({ count: 2, sums: [{ currency: "EUR", debit: 1_950 }] });

    const readiness = await shop.till.get("/readyz");
    expect(readiness.status).toBe(503);
    expect(problemSchema.parse(await readiness.json()).reasons).toEqual([
      "counter-1 cannot take a payment: offline, unreachable",
    ]);
    const health = await shop.till.get("/health");
    expect(health.status).toBe(503);
    const tree = await health.text();
    expect(tree).toMatch(/"name":"counter-1","status":"fail"/);
    expect(tree).toContain('{"name":"inDoubt","observedValue":1,"observedUnit":"transactions"');
    const metrics = await shop.text("/metrics");
    expect(metrics).toContain('tillgate_terminal_state{terminal="counter-1",state="offline"} 1');
    expect(metrics).toMatch(/tillgate_exposure_items\{[^}]*measure="inDoubt",terminal="counter-1",currency="EUR"\} 1/);
    expect(metrics).toContain('driver="terminal:counter-1"');
  });

  it("is sure again when the terminal is back and tells what it did, and settled when its batch is closed", async () => {
    listening = await serveZvtTcp(terminal, listening.port);
    await shop.ready();
    await shop.risks({ unsettled: ["counter-1", "EUR", 2, 1_950] });
    expect(await shop.view()).toMatchObject({ unresolved: 0 });
    const body = { who: "Li Wei", reason: "end of day" };
    const settled = await shop.boss.post("/api/v1/terminals/counter-1/settle", body);
    expect(terminalActionAnswer.parse(await settled.json())).toMatchObject({ result: { outcome: "settled" } });
    await shop.risks({});
    const held = await shop.retained("counter-1", "the end of day", ({ settlement }) => settlement !== undefined);
    expect(held).toMatchObject({ unresolved: 0, lastTransaction: { outcome: "approved" } });
  });
});

it("a result that comes when nobody waits for it any more ends the doubt, from the wire to the ledger", async () => {
  await using served = await serveEcrTerminal({ profile: "ecr17" });
  const link = { tcp: `127.0.0.1:${served.port}` };
  await using other = await DrivenShop.open([
    { id: "counter-2", family: "ecr", profile: "ecr17", commands: "on", ackTimeoutMs: 300, extendedResult: true, link },
  ]);
  await other.ready();
  expect(await paymentIn(await other.till.pay("k-1"))).toMatchObject({ outcome: "approved" });
  served.terminal.next({ misbehaviour: { do: "noAck" } });
  const doubtful = await paymentIn(await other.till.pay("k-2", { orderId: "O-2", amount: 300 }));
  expect(doubtful.outcome).toBe("inDoubt");
  const end = await waitUntil("the doubt is over", async () => {
    const now = await paymentIn(await other.till.get(`/api/v1/payments/${doubtful.id}`));
    return now.outcome === "inDoubt" ? undefined : now;
  });
  expect(end).toMatchObject({ outcome: "approved", resolution: { by: "evidence", who: "lateAnswer" } });
  expect(inDoubtAnswer.parse(JSON.parse(await other.text("/api/v1/in-doubt"))).inDoubt).toEqual([]);
});
