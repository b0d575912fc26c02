import { seq } from "../../../src/domain/record.ts";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { z } from "zod";
import {
  healthAnswer,
  probeAnswer,
  problemSchema,
  terminalsAnswer,
  transactionsAnswer,
} from "../../../src/contract/http.ts";
import { operatorsAnswer } from "../../../src/contract/driven-terminal.ts";
import { exposureSchema } from "../../../src/contract/exposure.ts";
import { linkSchema } from "../../../src/contract/link.ts";
import { bootId, instant } from "../../../src/domain/clock.ts";
import { anyOf, type HealthNode, wholeOf } from "../../../src/domain/health.ts";
import { BootTimes } from "../../../src/domain/redate.ts";
import { terminalId } from "../../../src/domain/terminal.ts";
import { transactionId } from "../../../src/domain/transaction.ts";
import { createEndpoint, type LocalEndpoint } from "../../../src/http/endpoint.ts";
import type { Sources } from "../../../src/http/sources.ts";
import { systemClock } from "../../../src/runtime/clock.ts";
import { type Log, type LogFields, silentLog } from "../../../src/runtime/log.ts";
import { aTransaction, LedgerInMemory } from "../../support/ledger-in-memory.ts";
import { aMeasure, NOTHING_AT_RISK } from "../../support/exposures.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { aLinkMessage, PROVIDER_GONE } from "../../support/links.ts";

const TILL: HealthNode = { name: "till-1", status: "pass", since: "2026-01-31T10:00:00.000Z" };

interface Shop {
  health: HealthNode;
  reasons: readonly string[];
  beat: () => Promise<void>;
  ledger: Sources["ledger"];
  exposure: ReturnType<Sources["exposure"]>;
  bootTimes: BootTimes | undefined;
}

let shop: Shop;
let sources: Sources;
let ledger: LedgerInMemory;
let stop: AbortController;
let running: Promise<void>;
let endpoint: LocalEndpoint;
let port: number;
let logged: { event: string; fields: LogFields | undefined }[];

beforeEach(async () => {
  ledger = new LedgerInMemory();
  shop = {
    health: wholeOf("gateway", [{ weight: "vital", node: anyOf("terminals", [TILL]) }]),
    reasons: [],
    beat: async () => Promise.resolve(),
    ledger,
    exposure: { unknownBecause: "the ledger is still being read" },
    bootTimes: undefined,
  };
  logged = [];
  const log: Log = { ...silentLog, error: (event, fields) => logged.push({ event, fields }) };
  sources = {
    pulses: [{ name: "ledger writer", beat: async () => shop.beat() }],
    notReadyBecause: () => shop.reasons,
    health: () => shop.health,
    operators: () => [
      {
        operator: "anna",
        counts: { transactions: 3, approved: 2, declined: 0, failed: 1, inDoubt: 0, reversed: 0, meanMs: 9_000 },
      },
    ],
    terminals: () => [{ terminal: terminalId("till-1"), listed: true, connections: 1, unresolved: 0 }],
    ledger: {
      head: async () => shop.ledger.head(),
      first: () => shop.ledger.first(),
      page: async (from, limit) => shop.ledger.page(from, limit),
    },
    exposure: () => shop.exposure,
    link: () => aLinkMessage(PROVIDER_GONE),
    bootTimes: () => shop.bootTimes,
    diagnosis: () => undefined,
    metrics: () => [
      { name: "tillgate_ledger_head_seq", value: 7 },
      { name: "tillgate_driver_events_total", value: 3, labels: { driver: "iso8583:union", event: "framesRelayed" } },
    ],
  };
  stop = new AbortController();
  endpoint = createEndpoint(
    { listen: { host: "127.0.0.1", port: 0 }, version: "1.2.3", serviceId: "demo/shop/gw" },
    sources,
    { clock: systemClock(), log },
  );
  running = endpoint.run(stop.signal);
  ({ port } = await endpoint.address());
});

afterEach(async () => {
  stop.abort();
  await running;
});

async function get(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(30_000), ...init });
}

function mediaType(response: Response): string | undefined {
  return response.headers.get("content-type")?.split(";")[0];
}

async function json<T extends z.ZodType>(schema: T, response: Response): Promise<z.output<T>> {
  return schema.parse(await response.json());
}

async function found(query = ""): Promise<readonly object[]> {
  return (await json(transactionsAnswer, await get(`/api/v1/transactions${query}`))).transactions;
}

/** Sends bytes and gives all that comes back until the other side closes. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(bytes);
  return everythingFrom(socket);
}

async function everythingFrom(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += String(chunk);
  return text;
}

describe("local endpoint", () => {
  it("is alive while its threads answer, whatever else is away", async () => {
    shop.reasons = ["no terminal"];
    shop.health = { name: "gateway", status: "fail" };
    const response = await get("/livez");
    expect(response.status).toBe(200);
    await json(probeAnswer, response);
  });

  it("is not alive when a thread fails, and says which", async () => {
    shop.beat = async () => Promise.reject(new Error("worker ended"));
    const response = await get("/livez");
    expect(response.status).toBe(503);
    expect(await json(problemSchema, response)).toMatchObject({
      type: "urn:tillgate:problem:notLive",
      reasons: ["ledger writer does not answer"],
    });
  });

  it("is ready when a sale can be made, else says why not", async () => {
    expect((await get("/readyz")).status).toBe(200);
    shop.reasons = ["no terminal is connected"];
    const response = await get("/readyz");
    expect(response.status).toBe(503);
    expect(await json(problemSchema, response)).toMatchObject({ reasons: ["no terminal is connected"] });
  });

  it("shows the whole health tree; only fail is a 503", async () => {
    for (const [status, code] of [
      ["pass", 200],
      ["unknown", 200],
      ["warn", 200],
      ["fail", 503],
    ] as const) {
      shop.health = wholeOf("gateway", [
        {
          weight: "vital",
          node: { ...TILL, status, observedValue: 3, observedUnit: "ms", reason: "slow", advice: "look at it" },
        },
      ]);
      const response = await get("/health");
      expect(response.status).toBe(code);
      expect(mediaType(response)).toBe("application/health+json");
      const answer = await json(healthAnswer, response);
      expect(answer).toMatchObject({ ...shop.health, version: "1.2.3", serviceId: "demo/shop/gw" });
    }
  });

  it("gives metrics as Prometheus text", async () => {
    const response = await get("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    expect(text).toContain("tillgate_ledger_head_seq 7\n");
    expect(text).toContain('tillgate_driver_events_total{driver="iso8583:union",event="framesRelayed"} 3\n');
    expect(text).toContain('tillgate_health_status{check="terminals/till-1"} 0\n');
  });

  it("counts how the transactions of each operator ended", async () => {
    const { operators } = await json(operatorsAnswer, await get("/api/v1/operators"));
    expect(operators).toMatchObject([{ operator: "anna", counts: { transactions: 3, failed: 1 } }]);
  });

  it("lists terminals", async () => {
    const { terminals } = await json(terminalsAnswer, await get("/api/v1/terminals"));
    expect(terminals).toEqual([{ terminal: "till-1", listed: true, connections: 1, unresolved: 0 }]);
  });

  it("shows money at risk, and says so while it is not known", async () => {
    const response = await get("/api/v1/exposure");
    expect(response.status).toBe(503);
    expect(await json(problemSchema, response)).toMatchObject({
      type: "urn:tillgate:problem:notKnown",
      reasons: ["the ledger is still being read"],
    });
    const asOf = "2026-01-31T10:00:00.000Z";
    const stream = "00000000-0000-4000-8000-000000000001";
    const known = { asOf, clockSynced: true, stream, ...NOTHING_AT_RISK, inDoubt: aMeasure(7) };
    shop.exposure = known;
    expect(await json(exposureSchema, await get("/api/v1/exposure"))).toEqual(known);
  });

  it("shows the way out of the shop and where it is broken", async () => {
    const { verdict, stages } = await json(linkSchema, await get("/api/v1/link"));
    expect(verdict.fault).toBe("provider.unreachable");
    expect(stages.map(({ stage, state }) => `${stage} ${state}`)).toEqual([
      "router up",
      "provider down",
      "acquirer idle",
      "acquirer unknown",
    ]);
  });

  it("pages through transactions by filter, each as it stands now", async () => {
    for (let n = 1; n <= 30; n += 1) {
      const id = transactionId(`t-${n}`);
      ledger.tell(aTransaction({ id, outcome: "inDoubt" }), "requested");
      ledger.tell(aTransaction({ id, outcome: n % 2 === 0 ? "approved" : "declined" }));
    }
    const seen: string[] = [];
    let query = "?outcome=approved&last4=0001&limit=4";
    for (;;) {
      const page = await json(transactionsAnswer, await get(`/api/v1/transactions${query}`));
      seen.push(...page.transactions.map((transaction) => transaction.id));
      if (page.next === undefined) break;
      query = `?outcome=approved&last4=0001&limit=4&before=${page.next}`;
    }
    expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => `t-${30 - 2 * i}`));
  });

  it("tells when a transaction really was, where the clock of then was wrong, and searches by that", async () => {
    const times = new BootTimes();
    const clockRecord = { event: "synchronised", at: "2026-01-31T10:00:00.000Z" } as const;
    const began = Date.parse("2026-01-31T10:00:00.000Z");
    const stamp = { bootId: bootId("boot"), monotonicMs: 60_000, synced: true };
    times.take({ at: instant(began + 60_000), clock: stamp }, clockRecord);
    const inThe70s = { requestedAt: "1970-01-01T00:00:00.000Z", answeredAt: "1970-01-01T00:00:00.001Z" };
    ledger.tell(aTransaction(inThe70s), "answered", false);
    expect((await found())[0]).not.toHaveProperty("redatedAt");
    shop.bootTimes = new BootTimes();
    expect(await found()).toMatchObject([{ ...inThe70s, undated: true }]);
    shop.bootTimes = times;
    expect(await found()).toMatchObject([{ ...inThe70s, redatedAt: "2026-01-31T10:00:00.000Z" }]);
    expect(await found("?from=2026-01-31T10:00:00Z")).toHaveLength(1);
    expect(await found("?to=2026-01-31T10:00:00Z")).toHaveLength(0);
  });

  it("lets nothing out of a record that the contract does not name", async () => {
    const transaction = { ...aTransaction(), pan: "6212340000000001" };
    ledger.add("transaction", { event: "answered", transaction });
    const text = await (await get("/api/v1/transactions")).text();
    expect(text).toContain('"id":"t-1"');
    expect(text).not.toContain("6212340000000001");
  });

  it("refuses a wrong query by field and remedy, without repeating it", async () => {
    const response = await get("/api/v1/transactions?last4=6212340000000001&amount=x");
    expect(response.status).toBe(400);
    expect(mediaType(response)).toBe("application/problem+json");
    const text = await response.text();
    expect(text).not.toContain("6212340000000001");
    const { type, errors } = problemSchema.parse(JSON.parse(text));
    expect(type).toBe("urn:tillgate:problem:badQuery");
    expect(errors?.map((error) => error.field)).toEqual(["last4", "amount"]);
  });

  it("answers every refusal as a problem with its type", async () => {
    const refusals: readonly (readonly [string, RequestInit, number, string])[] = [
      ["/nothing/6212340000000001", {}, 404, "notFound"],
      ["/%zz", {}, 400, "badRequest"],
      ["/health", { method: "POST" }, 405, "methodNotAllowed"],
      ["/health", { method: "POST", body: "<x/>", headers: { "content-type": "text/xml" } }, 405, "methodNotAllowed"],
      ["/health", { method: "OPTIONS" }, 405, "methodNotAllowed"],
      [
        "/health",
        { method: "POST", body: "x".repeat(20_000), headers: { "content-type": "text/plain" } },
        413,
        "tooLarge",
      ],
      ["/health", { method: "PUT", body: "{", headers: { "content-type": "application/json" } }, 400, "badRequest"],
    ];
    for (const [path, init, status, kind] of refusals) {
      const response = await get(path, init);
      const text = await response.text();
      expect({ path, status: response.status, type: mediaType(response) }).toEqual({
        path,
        status,
        type: "application/problem+json",
      });
      expect(problemSchema.parse(JSON.parse(text)).type).toBe(`urn:tillgate:problem:${kind}`);
      expect(text).not.toContain("621234");
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
      expect(response.headers.get("cache-control")).toBe("no-store");
      if (status === 405) expect(response.headers.get("allow")).toBe("GET, HEAD");
    }
  });

  it("hides a fault of its own from the caller and shows it in the log", async () => {
    shop.ledger = {
      first: () => seq(1),
      head: async () => Promise.reject(new Error("database disk image is malformed")),
      page: async () => Promise.resolve([]),
    };
    const response = await get("/api/v1/transactions");
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(problemSchema.parse(JSON.parse(text)).type).toBe("urn:tillgate:problem:internal");
    expect(text).not.toMatch(/malformed|\.ts|at /);
    expect(logged).toMatchObject([{ event: "http.failed", fields: { route: "/api/v1/transactions" } }]);
  });

  it("never lets an answer be cached, and answers HEAD", async () => {
    const response = await get("/health", { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  it("does not answer to a host name that is not its own", async () => {
    const answer = await raw("GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer).toContain("urn:tillgate:problem:wrongHost");
    expect(answer).not.toContain("till-1");
  });

  it("refuses what is not HTTP and heads that do not end", async () => {
    expect(await raw("\u0002\u0000ISO\u0003\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 [^]*problem:badRequest/);
    const head = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`;
    expect(await raw(head)).toMatch(/^HTTP\/1\.1 431 [^]*problem:headersTooLarge/);
  });

  it("gives up on a head that is fed slowly, and serves others meanwhile", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /health HTTP/1.1\r\nHost: localhost\r\n");
    const answer = everythingFrom(socket);
    const feeding = new AbortController();
    const fed = (async () => {
      while (!feeding.signal.aborted && socket.writable) {
        socket.write("X-Slow: 1\r\n");
        expect((await get("/livez")).status).toBe(200);
        await delay(200);
      }
    })();
    expect(await answer).toMatch(/^HTTP\/1\.1 408 [^]*problem:timedOut/);
    feeding.abort();
    socket.destroy();
    await fed;
  });

  it("closes connections beyond its limit and serves again when some have gone", async () => {
    const sockets: Socket[] = [];
    try {
      let refused = 0;
      for (let i = 0; i < 80; i += 1) {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => undefined);
        socket.on("close", () => (refused += 1));
        sockets.push(socket);
        await once(socket, "connect");
      }
      await waitUntil("the surplus is closed", () => refused >= 16);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await waitUntil("there is room again", async () => (await get("/livez")).status === 200);
  });

  it("stops within its deadline although a connection is open and an answer hangs", async () => {
    shop.ledger = {
      first: () => seq(1),
      head: async () => new Promise(() => undefined),
      page: async () => Promise.resolve([]),
    };
    const idle = connect(port, "127.0.0.1");
    const hanging = get("/api/v1/transactions").catch((error: unknown) => error);
    await once(idle, "connect");
    await get("/livez");
    stop.abort();
    await running;
    await expect(hanging).resolves.toBeInstanceOf(Error);
    await expect(get("/livez")).rejects.toThrow("fetch failed");
    idle.destroy();
  });

  it("says in words when its port is taken", async () => {
    const second = createEndpoint(
      { listen: { host: "127.0.0.1", port }, version: "1.2.3", serviceId: "demo/shop/gw" },
      sources,
      { clock: systemClock(), log: silentLog },
    );
    await expect(second.run(stop.signal)).rejects.toThrow(`cannot listen on 127.0.0.1:${port}`);
    await expect(second.address()).rejects.toThrow("http.listen");
  });
});
