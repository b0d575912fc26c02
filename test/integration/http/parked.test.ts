import { stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { parkedAnswer, problemSchema, resendAnswer } from "../../../src/contract/http.ts";
import type { ParkedRecord } from "../../../src/domain/parked-records.ts";
import { currency, minorUnits } from "../../../src/domain/money.ts";
import { seq } from "../../../src/domain/record.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { createEndpoint } from "../../../src/http/endpoint.ts";
import type { ParkedSource } from "../../../src/http/parked-routes.ts";
import { LOCAL_TOKEN_FILE, layDownToken } from "../../../src/local-token.ts";
import { openLedger } from "../../../src/queue/open-ledger.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import type { Secret } from "../../../src/runtime/secret.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { accessWith, tokenOf } from "../../support/tokens.ts";
import { RunningTask } from "../../support/running-task.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { noSources } from "../../support/no-sources.ts";

const RECORD: ParkedRecord = {
  seq: seq(7),
  kind: "transaction",
  terminal: terminalId("till-1"),
  reason: "tooLarge",
  code: 0x95,
  currency: currency("CNY"),
  amount: minorUnits(12_345),
  since: "2026-01-31T10:00:00.000Z",
  gap: seq(9),
};

class Parked implements ParkedSource {
  records: readonly ParkedRecord[] = [RECORD, { ...RECORD, seq: seq(8) }];
  readonly resent: number[] = [];

  parked(): readonly ParkedRecord[] {
    return this.records;
  }

  async resend(wanted: number): Promise<boolean> {
    const isParked = this.records.some((record) => record.seq === wanted);
    this.records = this.records.filter((record) => record.seq !== wanted);
    if (isParked) this.resent.push(wanted);
    return Promise.resolve(isParked);
  }
}

let dir: TempDir;
let source: Parked;
let token: Secret | undefined;
let running: RunningTask;
let url: string;

beforeEach(async () => {
  dir = await tempDir();
  source = new Parked();
  token = await layDownToken(dir.path, silentLog);
  const endpoint = createEndpoint(
    { listen: { host: "127.0.0.1", port: 0 }, version: "1.2.3", serviceId: "demo/shop/gw" },
    noSources(),
    { clock: systemClock(), log: silentLog, parked: source, access: accessWith(token) },
  );
  running = new RunningTask(endpoint);
  url = `http://127.0.0.1:${(await endpoint.address()).port}`;
});

afterEach(async () => {
  await running.stop();
  await dir[Symbol.asyncDispose]();
});

async function post(path: string, authorization?: string): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: "POST",
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
}

describe("the local token", () => {
  it("is readable by its owner alone, and new in each life of the daemon", async () => {
    const file = dir.file(LOCAL_TOKEN_FILE);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const next = await layDownToken(dir.path, silentLog);
    expect(next?.reveal()).not.toBe(token?.reveal());
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("is not there where the disk refuses it, and the daemon goes on", async () => {
    await writeFile(dir.file("a-file"), "");
    expect(await layDownToken(dir.file("a-file"), silentLog)).toBeUndefined();
  });
});

describe("/api/v1/parked", () => {
  it("lists what is parked", async () => {
    const { parked } = parkedAnswer.parse(await (await fetch(`${url}/api/v1/parked`)).json());
    expect(parked[0]).toEqual({
      seq: 7,
      kind: "transaction",
      terminal: "till-1",
      reason: "tooLarge",
      code: 0x95,
      currency: "CNY",
      amount: 12_345,
      since: RECORD.since,
    });
  });

  it("has a record sent again by whoever has the token", async () => {
    const answer = await post("/api/v1/parked/7/resend", `Bearer ${token?.reveal()}`);
    expect(answer.status).toBe(202);
    expect(resendAnswer.parse(await answer.json()).seq).toBe(7);
    expect(source.resent).toEqual([7]);
  });

  it.each([undefined, "Bearer", "Bearer wrong", "Basic eA==", `Bearer ${"x".repeat(300)}`])(
    "refuses %s, and nothing happens",
    async (authorization) => {
      const answer = await post("/api/v1/parked/7/resend", authorization);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(problemSchema.parse(await answer.json()).type).toBe("urn:tillgate:problem:unauthorised");
      expect(source.resent).toEqual([]);
    },
  );

  it("is for technicians and admins: others are told so, and nothing happens", async () => {
    for (const role of ["till", "staff", "supervisor", "auditor"]) {
      const answer = await post("/api/v1/parked/7/resend", `Bearer ${tokenOf(role).reveal()}`);
      expect([role, answer.status]).toEqual([role, 403]);
    }
    expect(source.resent).toEqual([]);
    for (const [seqText, role] of [
      ["7", "technician"],
      ["8", "admin"],
    ] as const) {
      const answer = await post(`/api/v1/parked/${seqText}/resend`, `Bearer ${tokenOf(role).reveal()}`);
      expect(answer.status).toBe(202);
    }
    expect(source.resent).toEqual([7, 8]);
  });

  it("says that a record is not parked", async () => {
    for (const other of ["99", "0", "-1", "1e3", "seven"]) {
      const answer = await post(`/api/v1/parked/${other}/resend`, `Bearer ${token?.reveal()}`);
      expect(answer.status).toBe(404);
      expect(problemSchema.parse(await answer.json()).type).toBe("urn:tillgate:problem:notParked");
    }
  });

  it("is asked for sending with POST only", async () => {
    const answer = await fetch(`${url}/api/v1/parked/7/resend`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
  });
});

async function run(...args: readonly string[]): Promise<{ code: number; output: CapturedOutput }> {
  const output = new CapturedOutput();
  return { code: await main(["journal", ...args], output), output };
}

describe("tillgate journal resend", () => {
  it("sends one, or all", async () => {
    expect((await run("resend", "8", "--store", dir.path, "--url", url)).code).toBe(0);
    expect(source.resent).toEqual([8]);
    source.records = [RECORD, { ...RECORD, seq: seq(11) }];
    expect((await run("resend", "all", "--store", dir.path, "--url", url)).code).toBe(0);
    expect(source.resent).toEqual([8, 7, 11]);
    expect((await run("resend", "all", "--store", dir.path, "--url", url)).output.complained).toContain(
      "Nothing is parked.",
    );
  });

  it("says why not: not parked, no token, no gateway", async () => {
    expect((await run("resend", "99", "--store", dir.path, "--url", url)).code).toBe(1);
    expect((await run("resend", "7", "--store", "/nowhere", "--url", url)).code).toBe(2);
    await layDownToken(dir.path, silentLog);
    expect((await run("resend", "7", "--store", dir.path, "--url", url)).code).toBe(2);
    expect((await run("resend", "7", "--store", dir.path, "--url", "http://127.0.0.1:9")).code).toBe(3);
    expect(source.resent).toEqual([]);
  });
});

describe("tillgate journal parked", () => {
  it("lists what is parked from the ledger alone, with reason and amount", async () => {
    const store = dir.file("store");
    {
      await using ledger = await openLedger({
        directory: store,
        clock: systemClock(),
        log: silentLog,
        allowVolatile: true,
      });
      const { since: _since, gap: _gap, ...body } = RECORD;
      await ledger.append({ kind: "gap", body: { event: "parked", hash: "0".repeat(64), ...body } });
      await ledger.append({ kind: "gap", body: { event: "parked", hash: "0".repeat(64), ...body, seq: 8 } });
      await ledger.append({ kind: "gap", body: { event: "released", seq: 8 } });
    }
    const output = new CapturedOutput();
    expect(await main(["journal", "parked", "--store", store], output)).toBe(0);
    const text = output.printed.join("\n");
    expect(text).toMatch(/7 .*till-1 +transaction +123\.45 CNY +larger than the broker takes \(0x95\)/);
    expect(output.printed).toHaveLength(2);
  });
});
