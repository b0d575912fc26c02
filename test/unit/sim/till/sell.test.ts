import { afterEach, beforeEach, expect, it } from "vitest";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { systemClock } from "../../../../src/runtime/clock.ts";
import { Secret } from "../../../../src/runtime/secret.ts";
import { sell, type Sold } from "../../../../src/sim/till/sell.ts";
import { TillApi } from "../../../../src/sim/till/till-api.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const ORDER = { orderId: "O-1", amount: 1_250, currency: "EUR" };
const HABITS = { patienceMs: 2_000, pollMs: 5, cancelAfterMs: 60_000, giveUpAfterMs: 60_000 };

let server: Server;
let requests: { readonly what: string; readonly key: unknown }[];
let script: Answer[];

beforeEach(async () => {
  requests = [];
  script = [];
  server = createServer((request, response) => {
    requests.push({ what: `${request.method} ${request.url}`, key: request.headers["idempotency-key"] });
    script.shift()?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function sold(habits: Partial<typeof HABITS> = {}): Promise<Sold> {
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const api = new TillApi(`http://127.0.0.1:${port}`, new Secret("secret-of-a-till"));
  return sell(api, ORDER, { ...HABITS, ...habits }, systemClock());
}

function payment(state: "running" | "ended", outcome: string): Answer {
  return (_, response) => {
    const at = "2026-01-31T10:00:00.000Z";
    const view = { id: "0a", state, outcome, till: "t", orderId: "O-1", kind: "sale", terminal: "c", requestedAt: at };
    response.writeHead(state === "running" ? 202 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify({ asOf: at, payment: view }));
  };
}

function problem(kind: string, status: number): Answer {
  return (_, response) => {
    response.writeHead(status, { "content-type": "application/problem+json" });
    response.end(JSON.stringify({ type: `urn:tillgate:problem:${kind}`, title: "t", status, remedy: "r" }));
  };
}

const silence: Answer = () => undefined;
const breakOff: Answer = (request) => request.socket.destroy();

it("asks again with the same key as long as no answer comes", async () => {
  script = [silence, breakOff, payment("ended", "approved")];
  expect(await sold({ patienceMs: 500 })).toMatchObject({ end: "approved", payment: "0a", repeats: 2 });
  expect(requests.map(({ what }) => what)).toEqual(Array(3).fill("POST /api/v1/payments"));
  expect(new Set(requests.map(({ key }) => key)).size).toBe(1);
});

it("looks at a payment that runs until it has ended, and does not order it again", async () => {
  script = [payment("running", "inDoubt"), payment("running", "inDoubt"), breakOff, payment("ended", "declined")];
  expect(await sold()).toMatchObject({ end: "declined", polls: 2, repeats: 1 });
  expect(requests.filter(({ what }) => what.startsWith("POST"))).toHaveLength(1);
  expect(requests.at(-1)?.what).toBe("GET /api/v1/payments/0a");
});

it("calls a payment back once that runs too long, and takes what really became of it", async () => {
  script = [payment("running", "inDoubt"), payment("running", "inDoubt"), payment("running", "inDoubt")];
  script.push(payment("ended", "approved"));
  expect(await sold({ cancelAfterMs: 0 })).toMatchObject({ end: "approved", isCalledBack: true });
  expect(requests.filter(({ what }) => what.endsWith("/cancel"))).toHaveLength(1);
});

it("takes a refusal as the end, but not for a request that may have come through before", async () => {
  script = [problem("probableDuplicate", 409)];
  expect(await sold()).toMatchObject({ end: "refused", problem: "probableDuplicate" });
  script = [breakOff, problem("notReady", 503), payment("ended", "approved")];
  expect(await sold()).toMatchObject({ end: "approved", repeats: 2 });
});

it("gives up at last, without a word about the money", async () => {
  script = Array<Answer>(1_000).fill(breakOff);
  expect(await sold({ giveUpAfterMs: 100 })).toMatchObject({ end: "notTold" });
});
