import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { main } from "../../../src/cli/program.ts";
import { CapturedOutput } from "../../support/captured-output.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

let dir: TempDir;
let server: Server;
let url: string;
let answer: (path: string) => Answer;

beforeEach(async () => {
  dir = await tempDir();
  await writeFile(dir.file("local.token"), "a-token\n");
  server = createServer((request, response) => {
    const { status, body } = answer(request.url ?? "");
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await dir[Symbol.asyncDispose]();
});

async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  const output = new CapturedOutput();
  const code = await main([...args, "--url", url, "--store", dir.path], output);
  return { code, said: [...output.printed, ...output.complained].join("\n") };
}

it.each([
  [["in-doubt", "list"], 3],
  [["in-doubt", "resolve", "0a", "failed", "--by", "Li", "--reason", "no slip"], 1],
  [["terminals", "settle", "t-1", "--reason", "evening"], 1],
] as const)("%j says so where something else than tillgate answers", async (args, expected) => {
  for (const status of [200, 500]) {
    answer = () => ({ status, body: { hello: "world" } });
    const { code, said } = await run(...args);
    expect(code, `status ${status}`).toBe(expected);
    expect(said).toContain("not a tillgate");
  }
});

it("a gateway that is starting has no list, which is not for want of a permission", async () => {
  const notReady = { type: "urn:tillgate:problem:notReady", title: "not now", status: 503, remedy: "Wait." };
  answer = () => ({ status: 503, body: notReady });
  const { code, said } = await run("in-doubt", "list");
  expect(code).toBe(3);
  expect(said).toContain("Wait.");
});

it("a gateway that was started again meanwhile no longer knows what it was doing", async () => {
  const notFound = {
    type: "urn:tillgate:problem:notFound",
    title: "no such path",
    status: 404,
    remedy: "See the API.",
  };
  const running = { asOf: "2026-01-31T18:00:00.000Z", terminal: "t-1", action: "settle", state: "running" };
  answer = (path) => (path.endsWith("/settle") ? { status: 202, body: running } : { status: 404, body: notFound });
  const { code, said } = await run("terminals", "settle", "t-1", "--reason", "evening");
  expect(code).toBe(1);
  expect(said).toContain("started again");
});

it("a file that holds no token is no token, and nothing of it is shown", async () => {
  answer = () => ({ status: 500, body: {} });
  await writeFile(dir.file("local.token"), "secret-one\nsecret-two\n");
  for (const args of [
    ["in-doubt", "list"],
    ["terminals", "settle", "t-1", "--reason", "evening"],
  ]) {
    const { code, said } = await run(...args);
    expect(code).toBe(2);
    expect(said).not.toContain("secret-");
  }
});
