import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { problemSchema, terminalsAnswer } from "../../../src/contract/http.ts";
import { terminalActionAnswer } from "../../../src/contract/terminal-actions.ts";
import { minorUnits } from "../../../src/domain/money.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { createEndpoint } from "../../../src/http/endpoint.ts";
import { layDownToken, LOCAL_TOKEN_FILE } from "../../../src/local-token.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { Secret } from "../../../src/runtime/secret.ts";
import { terminalActionSource } from "../../../src/terminal-action-source.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { accessWith, tokenOf } from "../../support/tokens.ts";
import { RunningTask } from "../../support/running-task.ts";
import { claimed, SupervisedShop } from "../../support/supervised-shop.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { noSources } from "../../support/no-sources.ts";

const TILL = terminalId("till-1");

let dir: TempDir;
let shop: SupervisedShop;
let token: Secret | undefined;
let running: RunningTask;
let url: string;

/** The real endpoint before real supervision; below the seam to the drivers, devices that the test tells what to do. */
beforeEach(async () => {
  dir = await tempDir();
  shop = new SupervisedShop();
  shop.add("till-1", { group: "front", schedule: { softwareAtLeast: "9.0" } });
  shop.add("till-2", { family: "ecr", paused: "spare" });
  shop.relayed = [terminalId("relay-1")];
  await shop.start();
  await shop.clock.pass(60_000);
  token = await layDownToken(dir.path, silentLog);
  const endpoint = createEndpoint(
    { listen: { host: "127.0.0.1", port: 0 }, version: "1.2.3", serviceId: "demo/shop/gw" },
    noSources({
      terminals: () => [
        ...shop.supervised.views(),
        { terminal: terminalId("relay-1"), listed: true, connections: 1, unresolved: 0 },
      ],
    }),
    {
      clock: shop.clock,
      log: silentLog,
      terminalActions: terminalActionSource(shop.supervised.actions),
      access: accessWith(token),
    },
  );
  running = new RunningTask(endpoint);
  url = `http://127.0.0.1:${(await endpoint.address()).port}`;
});

afterEach(async () => {
  await running.stop();
  await shop.stop();
  await dir[Symbol.asyncDispose]();
});

function as(role: string): string {
  return `Bearer ${tokenOf(role).reveal()}`;
}

const LI = { who: "Li", reason: "keypad broken" };

async function post(path: string, body: unknown, authorization = `Bearer ${token?.reveal()}`): Promise<Response> {
  return fetch(`${url}/api/v1/terminals/${path}`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toContain("application/problem+json");
  const { type, ...problem } = problemSchema.parse(await response.json());
  return { type: type.slice("urn:tillgate:problem:".length), ...problem };
}

describe("GET /api/v1/terminals", () => {
  it("shows how each driven terminal is, since when, why, and what to do, beside relayed ones", async () => {
    const { terminals } = terminalsAnswer.parse(await (await fetch(`${url}/api/v1/terminals`)).json());
    expect(terminals).toMatchObject([
      {
        terminal: "till-1",
        family: "zvt",
        group: "front",
        state: "ready",
        connections: 1,
        reason: "software",
        serial: "SN-till-1",
      },
      { terminal: "till-2", family: "ecr", state: "paused", pause: { by: "config", reason: "spare" } },
      { terminal: "relay-1", connections: 1 },
    ]);
    expect(terminals[0]?.advice?.zh).toContain("软件");
    expect(terminals[2]?.state).toBeUndefined();
  });
});

describe("POST /api/v1/terminals/{id}/{action}", () => {
  it("pauses and resumes, with who and why in the ledger", async () => {
    const until = new Date(shop.clock.now() + 3_600_000).toISOString();
    const answer = await post("till-1/pause", { ...LI, until });
    expect(answer.status).toBe(200);
    expect(terminalActionAnswer.parse(await answer.json())).toMatchObject({
      terminal: "till-1",
      action: "pause",
      state: "done",
      result: { outcome: "paused" },
    });
    expect(shop.view("till-1")).toMatchObject({ state: "paused", pause: { who: "Li", by: "technician", until } });
    expect((await post("till-1/resume", { who: "Li", reason: "mended" })).status).toBe(200);
    const actions = shop.records.filter(({ kind }) => kind === "action").map(({ body }) => body);
    expect(actions).toMatchObject([
      { action: "pause", who: "Li", reason: "keypad broken", until },
      { action: "resume", who: "Li", reason: "mended" },
    ]);
  });

  it.each([undefined, "Bearer wrong", "Basic eA=="])("does nothing for %s", async (authorization) => {
    const answer = await post("till-1/pause", LI, authorization ?? "");
    expect(answer.status).toBe(401);
    expect((await problemOf(answer)).type).toBe("unauthorised");
    expect(shop.view("till-1").state).toBe("ready");
  });

  it("is for the roles of that action, and tells others which roles are", async () => {
    const all = ["pause", "resume", "selftest", "diagnose", "settle", "replace"] as const;
    const may: Readonly<Record<string, readonly string[]>> = {
      technician: all,
      admin: all,
      supervisor: all.filter((action) => action !== "replace"),
      till: [],
      staff: [],
      auditor: [],
    };
    for (const [role, actions] of Object.entries(may)) {
      for (const action of all) {
        // Without a reason nothing is done, and whoever may not is told that first.
        const answer = await post(`till-1/${action}`, {}, as(role));
        expect([role, action, answer.status]).toEqual([role, action, actions.includes(action) ? 400 : 403]);
      }
    }
    const refused = await problemOf(await post("till-1/replace", LI, as("supervisor")));
    expect(refused.type).toBe("notPermitted");
    expect(refused.errors).toEqual([
      { field: "Authorization", remedy: "the token of one of these roles: technician, admin" },
    ]);
    expect((await fetch(`${url}/api/v1/terminals`, { headers: { authorization: as("till") } })).status).toBe(200);
  });

  it("stands in the ledger under the token's name; only an admin acts for somebody", async () => {
    expect((await post("till-1/pause", { reason: "keypad" }, as("technician"))).status).toBe(200);
    const named = await problemOf(await post("till-1/resume", LI, as("technician")));
    expect([named.type, named.errors?.[0]?.field]).toEqual(["badBody", "who"]);
    expect((await post("till-1/resume", LI, as("admin"))).status).toBe(200);
    expect((await post("till-1/pause", { reason: "spare" })).status).toBe(200);
    const actions = shop.records.filter(({ kind }) => kind === "action").map(({ body }) => body);
    expect(actions).toMatchObject([{ who: "technician-1" }, { who: "Li (admin-1)" }, { who: "local" }]);
  });

  it.each([
    ["till-1/pause", {}, "reason"],
    ["till-1/pause", { who: "", reason: "x" }, "who"],
    ["till-1/pause", { who: "Li", reason: "" }, "reason"],
    ["till-1/pause", { who: "Li", reason: "card 6212 3412 3412 3412" }, "reason"],
    ["till-1/pause", { ...LI, until: "tomorrow" }, "until"],
    ["till-1/pause", { ...LI, until: "2020-01-01T00:00:00Z" }, "until"],
    ["till-1/pause", { ...LI, untill: "x" }, "(unknown)"],
    ["till-1/selftest", { ...LI, answers: { power: "yes" } }, "answers.power"],
    ["till-1/replace", LI, "newTerminal"],
    ["till-1/settle", [], "(body)"],
  ])("names what is wrong in %s %j: %s", async (path, body, field) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(400);
    const text = await answer.clone().text();
    expect(text).not.toContain("6212");
    const { type, errors } = await problemOf(answer);
    expect(type).toBe("badBody");
    expect(errors?.map((error) => error.field)).toContain(field);
    expect(shop.records.filter(({ kind }) => kind === "action")).toEqual([]);
  });

  it.each([
    ["nobody/pause", LI, 404, "noSuchTerminal"],
    ["relay-1/pause", LI, 422, "notSupported"],
    ["till-1/resume", LI, 409, "terminalNotPaused"],
    ["till-2/resume", LI, 409, "pausedByConfig"],
    ["till-1/explode", LI, 404, "notFound"],
    ["till-1/replace", { ...LI, newTerminal: "till-9" }, 409, "replacementBlocked"],
  ])("refuses %s with a stable type", async (path, body, status, type) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    const problem = await problemOf(answer);
    expect(problem.type).toBe(type);
    expect(problem.remedy.length).toBeGreaterThan(5);
  });

  it("says that a terminal is in use, or that another one answers", async () => {
    {
      using claim = claimed(shop.supervised.claims.claim({ terminal: TILL }, "sale"));
      expect(claim.terminal).toBe(TILL);
      expect((await problemOf(await post("till-1/settle", LI))).type).toBe("terminalBusy");
    }
    const device = shop.devices.get("till-1");
    if (device === undefined) throw new Error("no device");
    device.identity = { serial: "SN-other" };
    device.loseLink();
    await shop.clock.pass(10_000);
    const wrong = await problemOf(await post("till-1/resume", LI));
    expect([wrong.type, wrong.errors?.[0]?.field]).toEqual(["wrongTerminal", "serial"]);
    expect((await post("till-1/resume", { ...LI, serial: "SN-other" })).status).toBe(200);
  });

  it("answers with 202 where it takes long, and tells the end when it is asked", async () => {
    const device = shop.devices.get("till-1");
    if (device === undefined) throw new Error("no device");
    device.settling = "takesLong";
    const asking = post("till-1/settle", LI);
    await waitUntil("the terminal settles", () => device.count("settle") === 1);
    await shop.clock.pass(8_001);
    const answer = await asking;
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe("/api/v1/terminals/till-1/action");
    const state = async () =>
      terminalActionAnswer.parse(await (await fetch(`${url}/api/v1/terminals/till-1/action`)).json());
    expect((await state()).state).toBe("running");
    await shop.clock.pass(400_000);
    expect(await state()).toMatchObject({ state: "done", result: { outcome: "unknown", reason: "silent" } });
    expect((await fetch(`${url}/api/v1/terminals/till-2/action`)).status).toBe(404);
  });

  it("is asked with POST only", async () => {
    const answer = await fetch(`${url}/api/v1/terminals/till-1/pause`);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

async function cli(...args: readonly string[]): Promise<{ code: number; output: CapturedOutput }> {
  const output = new CapturedOutput();
  return { code: await main(["terminals", ...args, "--url", url], output), output };
}

function acting(): readonly string[] {
  return ["--store", dir.path, "--who", "Li"];
}

describe("tillgate terminals", () => {
  it("lists them in both languages, with what to do", async () => {
    const english = await cli("list");
    expect(english.code).toBe(0);
    expect(english.output.printed.join("\n")).toMatch(/till-1 +ready .*zvt +front/);
    expect(english.output.printed.join("\n")).toMatch(/till-2 +paused .*spare \(config\)/);
    expect(english.output.printed.join("\n")).toMatch(/relay-1 +relayed/);
    const chinese = (await cli("list", "--lang", "zh-CN")).output.printed.join("\n");
    expect(chinese).toMatch(/till-1 +就绪/);
    expect(chinese).toContain("-> ");
    const json: unknown = JSON.parse((await cli("list", "--json")).output.printed.join(""));
    expect(terminalsAnswer.parse(json).terminals).toHaveLength(3);
  });

  it("pauses, resumes and settles", async () => {
    shop.transaction("answered", { id: transactionId("a"), outcome: "approved", amount: minorUnits(1_200) });
    const paused = await cli("pause", "till-1", "--reason", "keypad", ...acting());
    expect([paused.code, paused.output.printed]).toEqual([0, ["Paused."]]);
    const settled = await cli("settle", "till-1", "--reason", "closing", ...acting(), "--lang", "zh-CN");
    expect(settled.code).toBe(0);
    expect(settled.output.printed).toEqual(["批次已结算。", "终端合计与台账一致。"]);
    const tokenFile = dir.file(LOCAL_TOKEN_FILE);
    const resumed = await cli("resume", "till-1", "--reason", "mended", "--token-file", tokenFile);
    expect([resumed.code, shop.view("till-1").state]).toEqual([0, "ready"]);
    const [, , last] = shop.records.filter(({ kind }) => kind === "action").map(({ body }) => body);
    expect(last).toMatchObject({ action: "resume", who: userInfo().username });
  });

  it("takes a token of one's own, whose name then stands in the ledger, and says when its role is another", async () => {
    await writeFile(dir.file("mine"), tokenOf("technician").reveal());
    const paused = await cli("pause", "till-1", "--reason", "keypad", "--token-file", dir.file("mine"));
    expect([paused.code, shop.view("till-1").pause?.who]).toEqual([0, "technician-1"]);
    await writeFile(dir.file("theirs"), tokenOf("staff").reveal());
    const refused = await cli("resume", "till-1", "--reason", "mended", "--token-file", dir.file("theirs"));
    expect(refused.code).toBe(2);
    expect(refused.output.complained.join("\n")).toContain("technician, supervisor, admin");
  });

  it("tries a terminal; at a relayed one it guides whoever stands there", async () => {
    const tried = await cli("selftest", "till-1", ...acting());
    expect(tried.code).toBe(0);
    expect(tried.output.printed.join("\n")).toMatch(/passed {2}status: .*\npassed {2}diagnosis: .*\nPassed\./);
    const guided = await cli("selftest", "relay-1", ...acting(), "--lang", "zh-CN");
    expect(guided.code).toBe(1);
    expect(guided.output.printed.join("\n")).toContain("待检查  power");
    const points = ["power", "cable", "route", "signIn", "reader", "printer"];
    const answered = await cli(
      "selftest",
      "relay-1",
      ...acting(),
      ...points.flatMap((point) => ["--answer", `${point}=yes`]),
    );
    expect(answered.code).toBe(0);
    expect((await cli("diagnose", "till-1", ...acting())).output.printed).toEqual(["Passed. 120 ms"]);
  });

  it("replaces a terminal, or says what blocks that", async () => {
    shop.transaction("answered", { id: transactionId("a"), outcome: "approved" });
    const blocked = await cli("replace", "till-1", "till-2", "--reason", "broken", ...acting());
    expect(blocked.code).toBe(1);
    expect(blocked.output.complained.join("\n")).toMatch(/unsettled \(1\): Run its end of day/);
    expect((await cli("settle", "till-1", "--reason", "closing", ...acting())).code).toBe(1);
    const replaced = await cli("replace", "till-1", "till-2", "--reason", "broken", ...acting());
    expect(replaced.code).toBe(0);
    expect(shop.view("till-1")).toMatchObject({ state: "disabled", reason: "replaced" });
  });

  it("says why not: no token, a wrong one, no gateway, a wrong terminal", async () => {
    expect((await cli("pause", "till-1", "--reason", "x", "--store", "/nowhere")).code).toBe(2);
    await layDownToken(dir.path, silentLog);
    expect((await cli("pause", "till-1", "--reason", "x", ...acting())).code).toBe(2);
    const output = new CapturedOutput();
    expect(await main(["terminals", "list", "--url", "http://127.0.0.1:9", "--lang", "zh-CN"], output)).toBe(3);
    expect(output.complained.join("\n")).toContain("没有网关应答");
    expect((await cli("pause", "till-1", ...acting())).code).toBe(64);
    expect((await cli("pause", "till 1", "--reason", "x", ...acting())).code).toBe(64);
  });
});
