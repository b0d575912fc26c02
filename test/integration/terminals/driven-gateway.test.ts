import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { exposureSchema } from "../../../src/contract/exposure.ts";
import { problemSchema, terminalsAnswer } from "../../../src/contract/http.ts";
import { terminalActionAnswer } from "../../../src/contract/terminal-actions.ts";
import { terminalStateSchema } from "../../../src/contract/terminal-state.ts";
import { MEASURES } from "../../../src/domain/exposure.ts";
import { LOCAL_TOKEN_FILE } from "../../../src/local-token.ts";
import { serveZvtTcp, type TcpZvt } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { type Daemon, launchDaemon } from "../../support/daemon.ts";
import { TestBroker } from "../../support/mosquitto.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { paymentIn, Till } from "../../support/till.ts";
import { waitUntil } from "../../support/wait-until.ts";

const run = promisify(execFile);
const TILL_TOKEN = "a-token-of-till-a-that-nobody-guesses";
const PATIENT = { withinMs: 30_000 };

let stack: AsyncDisposableStack;
let dir: TempDir;
let broker: TestBroker;
let terminal: ZvtTerminal;
let listening: TcpZvt;
let daemon: Daemon;
let till: Till;
let boss: Till;

/** The daemon as a shop has it, with one terminal on TCP and none that it relays. Headquarters is away. */
beforeAll(async () => {
  stack = new AsyncDisposableStack();
  dir = stack.use(await tempDir("tillgate-driven-"));
  broker = stack.use(await TestBroker.start({ directory: dir.file("broker") }));
  terminal = stack.use(new ZvtTerminal());
  listening = await serveZvtTcp(terminal);
  stack.defer(async () => listening[Symbol.asyncDispose]());
  await writeFile(dir.file("till-a.token"), TILL_TOKEN, { mode: 0o600 });
  const config = {
    site: { tenant: "acme", site: "shop-1", gateway: "gw-1", currency: "EUR", timezone: "Europe/Berlin" },
    store: { directory: dir.file("store"), allowVolatile: true, ballastMb: 0 },
    uplink: { url: broker.url, keepaliveS: 5 },
    http: {
      listen: "127.0.0.1:0",
      tokens: [{ name: "till-a", role: "till", token: { file: dir.file("till-a.token") } }],
    },
    terminals: [
      { id: "counter-1", family: "zvt", link: { tcp: `127.0.0.1:${listening.port}` }, heartbeatS: 5, group: "front" },
    ],
  };
  await writeFile(dir.file("tillgate.yaml"), JSON.stringify(config));
  daemon = await launchDaemon(dir.file("tillgate.yaml")).ready;
  stack.defer(async () => daemon.kill());
  till = new Till(`http://${daemon.http}`, TILL_TOKEN);
  boss = new Till(`http://${daemon.http}`, await readFile(`${dir.file("store")}/${LOCAL_TOKEN_FILE}`, "utf8"));
});

afterAll(async () => stack[Symbol.asyncDispose]());

async function text(path: string): Promise<string> {
  return (await till.get(path)).text();
}

/** What stands at risk at the terminal: measure → count, currency and debit. */
async function atRisk(): Promise<object> {
  const now = exposureSchema.parse(JSON.parse(await text("/api/v1/exposure")));
  const found = MEASURES.flatMap((measure) =>
    now[measure].sums.map(({ terminal: where, currency, count, debit }) => [measure, [where, currency, count, debit]]),
  );
  return Object.fromEntries(found);
}

async function risks(expected: object): Promise<void> {
  const wanted = JSON.stringify(expected);
  await waitUntil(`at risk is ${wanted}`, async () => JSON.stringify(await atRisk()) === wanted, PATIENT);
}

async function view(): Promise<z.output<typeof terminalsAnswer>["terminals"][number]> {
  const [only, ...others] = terminalsAnswer.parse(JSON.parse(await text("/api/v1/terminals"))).terminals;
  if (only === undefined || others.length > 0) throw new Error("the shop has one terminal");
  return only;
}

/** As somebody finds it who comes later. */
async function retained(): Promise<z.output<typeof terminalStateSchema> | undefined> {
  const topic = "tillgate/v1/acme/shop-1/gw-1/terminals/counter-1";
  const args = ["-h", "127.0.0.1", "-p", String(broker.port), "-t", topic, "--retained-only", "-C", "1", "-W", "5"];
  const { stdout } = await run("mosquitto_sub", args).catch(() => ({ stdout: "" }));
  return stdout === "" ? undefined : terminalStateSchema.parse(JSON.parse(stdout));
}

async function retainedAs(state: string): Promise<z.output<typeof terminalStateSchema>> {
  return waitUntil(
    `the broker holds ${state}`,
    async () => {
      const held = await retained();
      return held?.state === state ? held : undefined;
    },
    PATIENT,
  );
}

describe("a shop whose only terminal tillgate talks to", () => {
  it("is ready as soon as the terminal is, and the broker tells it of the terminal", async () => {
    await waitUntil("a sale can be taken", async () => (await till.get("/readyz")).status === 200, PATIENT);
    const held = await retainedAs("ready");
    expect(held).toMatchObject({ terminal: "counter-1", family: "zvt", group: "front", unresolved: 0 });
    expect(held).not.toHaveProperty("lastTransaction");
    expect(held).not.toHaveProperty("settlement");
  });

  it("has a sale at risk until the batch is closed", async () => {
    expect(await paymentIn(await till.pay("k-1"))).toMatchObject({ outcome: "approved", terminal: "counter-1" });
    await risks({ unsettled: ["counter-1", "EUR", 1, 1_250] });
    expect(await view()).toMatchObject({ unresolved: 0, counts: { transactions: 1, approved: 1 } });
  });

  it("has money in doubt when the terminal goes away under an order: everything that tells of health says so", async () => {
    terminal.next({ hostMs: 1_500 });
    const paying = till.pay("k-2", { orderId: "O-2", amount: 700 });
    await waitUntil("the order is with the terminal", () => terminal.isBusy);
    await listening[Symbol.asyncDispose]();
    expect(await paymentIn(await paying)).toMatchObject({ outcome: "inDoubt", terminal: "counter-1" });

    await risks({ inDoubt: ["counter-1", "EUR", 1, 700], unsettled: ["counter-1", "EUR", 1, 1_250] });
    await waitUntil("it is offline", async () => (await view()).state === "offline", { withinMs: 60_000 });
    expect(await view()).toMatchObject({ unresolved: 1, reason: "unreachable", counts: { inDoubt: 1 } });
    const held = await retainedAs("offline");
    expect(held).toMatchObject({ unresolved: 1, reason: "unreachable", failureRate: 0.5, failureRateOver: 2 });
    expect(held.lastTransaction).toMatchObject({ kind: "sale", outcome: "inDoubt", amount: 700, currency: "EUR" });
    expect(held.unsent).toMatchObject({ count: 2, sums: [{ currency: "EUR", debit: 1_950 }] });

    const readiness = await till.get("/readyz");
    expect(readiness.status).toBe(503);
    expect(problemSchema.parse(await readiness.json()).reasons).toEqual([
      "counter-1 cannot take a payment: offline, unreachable",
    ]);
    const health = await till.get("/health");
    expect(health.status).toBe(503);
    expect(await health.text()).toContain("counter-1");
    const metrics = await text("/metrics");
    expect(metrics).toContain('tillgate_terminal_state{terminal="counter-1",state="offline"} 1');
    expect(metrics).toMatch(/tillgate_exposure_items\{[^}]*measure="inDoubt",terminal="counter-1",currency="EUR"\} 1/);
    expect(metrics).toContain('driver="terminal:counter-1"');
  });

  it("is sure again when the terminal is back and tells what it did, and settled when its batch is closed", async () => {
    listening = await serveZvtTcp(terminal, listening.port);
    await waitUntil("a sale can be taken", async () => (await till.get("/readyz")).status === 200, {
      withinMs: 60_000,
    });
    await risks({ unsettled: ["counter-1", "EUR", 2, 1_950] });
    expect(await view()).toMatchObject({ unresolved: 0 });
    const settled = await boss.post("/api/v1/terminals/counter-1/settle", { who: "Li Wei", reason: "end of day" });
    expect(terminalActionAnswer.parse(await settled.json())).toMatchObject({ result: { outcome: "settled" } });
    await risks({});
    const held = await waitUntil(
      "the broker knows of it",
      async () => {
        const now = await retained();
        return now?.settlement === undefined ? undefined : now;
      },
      { withinMs: 90_000, everyMs: 1_000 },
    );
    expect(held).toMatchObject({ state: "ready", unresolved: 0, lastTransaction: { outcome: "approved" } });
  });
});
