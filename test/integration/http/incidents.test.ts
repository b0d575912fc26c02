import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { problemSchema } from "../../../src/contract/http.ts";
import { incidentActionAnswer, incidentsAnswer, incidentView } from "../../../src/contract/incidents.ts";
import { diagnosis } from "../../../src/diagnosis/diagnosis.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { createEndpoint } from "../../../src/http/endpoint.ts";
import { incidentDesk } from "../../../src/incident-desk.ts";
import { incidents } from "../../../src/incidents/incidents.ts";
import { layDownToken } from "../../../src/local-token.ts";
import type { Ledger } from "../../../src/queue/ledger.ts";
import { ReducerRunner } from "../../../src/reducer-runner.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { ledgerIn } from "../../contract/ledger/a-ledger.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { aTransaction } from "../../support/ledger-in-memory.ts";
import { noSources } from "../../support/no-sources.ts";
import { RunningTask } from "../../support/running-task.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { accessWith } from "../../support/tokens.ts";
import { waitUntil } from "../../support/wait-until.ts";

const clock = systemClock();
let dir: TempDir;
let ledger: Ledger;
let tasks: RunningTask[];
let url: string;
let bearer: string;

/** A real ledger with both reducers, and the endpoint over it. */
beforeEach(async () => {
  dir = await tempDir();
  ledger = await ledgerIn(dir.path);
  const record = async (draft: Parameters<Ledger["append"]>[0]) => ledger.append(draft);
  const reducers = new ReducerRunner(ledger, { clock, log: silentLog, record });
  reducers.add(diagnosis);
  const desk = incidentDesk(reducers.add(incidents), record);
  const token = await layDownToken(dir.path, silentLog);
  bearer = `Bearer ${token?.reveal()}`;
  const endpoint = createEndpoint(
    { listen: { host: "127.0.0.1", port: 0 }, version: "1.2.3", serviceId: "demo/shop/gw" },
    noSources(),
    { clock, log: silentLog, incidents: desk, access: accessWith(token) },
  );
  tasks = [new RunningTask(reducers), new RunningTask(endpoint)];
  url = `http://127.0.0.1:${(await endpoint.address()).port}`;
});

afterEach(async () => {
  for (const task of tasks) await task.stop();
  await ledger[Symbol.asyncDispose]();
  await dir[Symbol.asyncDispose]();
});

/** Two banks' cards are answered 03. */
async function blocked(): Promise<void> {
  for (const [n, bin6] of ["621201", "621202"].entries()) {
    const transaction = aTransaction({
      id: transactionId(`t-${n}`),
      outcome: "declined",
      responseCode: "03",
      card: { bin6, last4: "0001", length: 16, scheme: "unionpay", luhnOk: true },
      requestedAt: new Date().toISOString(),
    });
    await ledger.append({
      kind: "transaction",
      terminal: transaction.terminal,
      body: { event: "answered", transaction },
    });
  }
  await waitUntil("both payments are in it", async () => (await listed())[0]?.payments === 2);
}

async function listed(state = "open") {
  const answer = await fetch(`${url}/api/v1/incidents?state=${state}`);
  return answer.ok ? incidentsAnswer.parse(await answer.json()).incidents : [];
}

async function post(path: string, body: object, authorization = bearer): Promise<Response> {
  return fetch(`${url}/api/v1/incidents/${path}`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

describe("/api/v1/incidents", () => {
  it("lists what is open, with what staff do now in both languages", async () => {
    await blocked();
    const [found, ...others] = await listed();
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      n: 1,
      kind: "merchantInvalid",
      situation: "S1",
      state: "open",
      severity: "critical",
    });
    expect(found?.advice.en).toContain("hotline");
    expect(found?.title.zh).toContain("商户");
    expect(await listed("closed")).toEqual([]);
  });

  it("takes a person's words, keeps them with the name, and ends it with two dates to look again", async () => {
    await blocked();
    const noted = await post("1/note", { who: "Lee", why: "the acquirer wants a copy of the licence" });
    expect(incidentActionAnswer.parse(await noted.json())).toMatchObject({ n: 1, action: "note" });
    expect((await post("1/close", { who: "Lee", why: "lifted" })).status).toBe(200);
    await waitUntil("it is closed", async () => (await listed()).length === 0);
    const one = incidentView.parse(await (await fetch(`${url}/api/v1/incidents/1`)).json());
    expect(one.notes.map(({ event, who }) => [event, who])).toEqual([
      ["noted", "Lee (local)"],
      ["closed", "Lee (local)"],
    ]);
    expect(one.followUps).toHaveLength(2);
  });

  it("refuses what does not fit, names what is wrong, and writes nothing", async () => {
    await blocked();
    const before = ledger.durable;
    const refusals = await Promise.all([
      post("1/note", { why: "called 138 0013 8000", card: "x" }),
      post("1/contact", { channel: "phone", result: "reached at 138 0013 8000" }),
      post("9/close", { why: "over" }),
      post("1/reopen", { why: "again" }),
      post("1/nonsense", {}),
      post("1/close", { why: "over" }, "Bearer nobody"),
    ]);
    const problems = await Promise.all(refusals.map(async (one) => problemSchema.parse(await one.json())));
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 404, 409, 404, 401]);
    expect(problems[0]?.errors?.[0]?.field).toBe("(unknown)");
    expect(problems[1]?.errors).toEqual([
      { field: "result", remedy: "1 to 200 printable characters, without a phone or card number" },
    ]);
    expect((await fetch(`${url}/api/v1/incidents?state=lost`)).status).toBe(400);
    expect((await fetch(`${url}/api/v1/incidents/1/close`)).status).toBe(405);
    expect(ledger.durable - before).toBeLessThanOrEqual(1);
  });
});

describe("tillgate incidents", () => {
  it("lists, notes and closes from the shop's own machine", async () => {
    await blocked();
    const common = ["--store", dir.path, "--url", url];
    const list = new CapturedOutput();
    expect(await main(["incidents", "list", "--lang", "zh-CN", ...common], list)).toBe(1);
    expect(list.printed.join("\n")).toContain("无效商户");
    const words = new CapturedOutput();
    expect(await main(["incidents", "note", "1", "papers are sent", "--by", "Lee", ...common], words)).toBe(0);
    expect(await main(["incidents", "close", "1", "--by", "Lee", "--reason", "lifted", ...common], words)).toBe(0);
    await waitUntil("it is closed", async () => (await listed()).length === 0);
    expect(await main(["incidents", "list", ...common], words)).toBe(0);
    expect(words.printed.join("\n")).toContain("No incident is open.");
    expect(await main(["incidents", "close", "1", "--by", "Lee", "--reason", "again", ...common], words)).toBe(1);
  });
});
