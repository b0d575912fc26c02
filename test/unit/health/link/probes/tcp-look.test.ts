import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { tcpLooker } from "../../../../../src/health/link/probes/tcp-look.ts";

const { signal } = new AbortController();

test("a name that is not known in time is the name server's silence, and not the host's", async () => {
  const asked: string[] = [];
  const look = tcpLooker(async (host) => {
    asked.push(host);
    return new Promise(() => undefined);
  });
  const found = await look({ host: "hq.example", port: 1 }, {}, 50, signal);
  expect(found).toMatchObject({ outcome: "noName" });
  // The question is still under way: another would block another thread of the pool.
  expect(await look({ host: "hq.example", port: 1 }, {}, 50, signal)).toMatchObject({ outcome: "noName" });
  expect(asked).toEqual(["hq.example"]);
});

test("the time that the name took is not the host's, and does not count against it", async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const look = tcpLooker(async () => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return [{ address: "127.0.0.1", family: 4 }];
  });
  const found = await look({ host: "hq.example", port }, {}, 5_000, signal);
  expect(found.outcome).toBe("open");
  expect("rttMs" in found ? found.rttMs : Infinity).toBeLessThan(300);
  server.close();
});

test("a name that nobody knows is told as that", async () => {
  const look = tcpLooker(async () => {
    throw Object.assign(new Error("no such name"), { code: "ENOTFOUND" });
  });
  expect(await look({ host: "hq.example", port: 1 }, {}, 1_000, signal)).toEqual({
    outcome: "noName",
    code: "ENOTFOUND",
  });
});
