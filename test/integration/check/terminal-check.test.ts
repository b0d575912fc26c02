import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { check } from "../../../src/cli/check.ts";
import type { Finding } from "../../../src/cli/check/finding.ts";
import { z } from "zod";
import { serveZvtTcp } from "../../../src/sim/zvt/serve.ts";
import { ZvtTerminal } from "../../../src/sim/zvt/terminal.ts";
import { serialCable } from "../../support/serial-line.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";

const output = z.object({
  findings: z.array(
    z.object({ level: z.enum(["ok", "warning", "error"]), what: z.string(), found: z.string(), remedy: z.string() }),
  ),
});

/** What check finds of anything that has the words in its name, with these entries in the config. */
async function findings(
  dir: TempDir,
  about: string,
  terminals: readonly object[],
  http: object = {},
): Promise<readonly Finding[]> {
  const config = {
    site: { tenant: "acme", site: "shop-1", gateway: "g1" },
    store: { directory: dir.path, allowVolatile: true },
    uplink: { url: "mqtt://127.0.0.1:1" },
    http: { listen: "127.0.0.1:0", ...http },
    terminals,
  };
  await writeFile(dir.file("tillgate.yaml"), JSON.stringify(config));
  const lines: string[] = [];
  await check({ config: dir.file("tillgate.yaml"), json: true }, (text) => lines.push(text));
  return output.parse(JSON.parse(lines.join("\n"))).findings.filter(({ what }) => what.includes(about));
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function onPort(path: string): object {
  return { id: "t1", family: "zvt", link: { serial: { path } } };
}

describe("what check says of a terminal that tillgate talks to", () => {
  it("is that it can be reached, and not a byte is sent to it", async () => {
    await using dir = await tempDir();
    using terminal = new ZvtTerminal();
    await using place = await serveZvtTcp(terminal);
    const found = await findings(dir, "terminal t1", [
      { id: "t1", family: "zvt", link: { tcp: `127.0.0.1:${place.port}` } },
    ]);
    expect(found).toMatchObject([{ level: "ok", what: `terminal t1 at 127.0.0.1:${place.port}` }]);
    expect(terminal.counters.commands).toBe(0);
  });

  it("is that it is away, which may be meant at night", async () => {
    await using dir = await tempDir();
    const found = await findings(dir, "terminal t1", [
      { id: "t1", family: "ecr", profile: "ecr17", commands: "on", link: { tcp: `127.0.0.1:${await closedPort()}` } },
    ]);
    expect(found).toMatchObject([{ level: "warning", found: "cannot be reached: ECONNREFUSED" }]);
  });

  it("is whether its serial port is there", async () => {
    await using dir = await tempDir();
    await using cable = await serialCable();
    expect(await findings(dir, "terminal t1", [onPort(cable.path)])).toMatchObject([{ level: "ok" }]);
    expect(await findings(dir, "terminal t1", [onPort(dir.file("none"))])).toMatchObject([{ level: "error" }]);
  });

  it("is whether a reader is plugged in, and never an exception", async () => {
    await using dir = await tempDir();
    const found = await findings(dir, "terminal r1", [
      { id: "r1", family: "hid", vendorId: "fff0", productId: "fff1" },
      { id: "t1", family: "zvt", link: { tcp: "127.0.0.1:1" } },
    ]);
    expect(found).toHaveLength(1);
    expect(found[0]?.level).not.toBe("ok");
  });

  it("is that its password cannot be right, and that a token could be guessed", async () => {
    await using dir = await tempDir();
    await writeFile(dir.file("secret"), "12345", { mode: 0o600 });
    const secret = { file: dir.file("secret") };
    const terminals = [{ id: "t1", family: "zvt", link: { tcp: "127.0.0.1:1" }, password: secret }];
    expect(await findings(dir, "terminals: t1", terminals)).toMatchObject([
      { level: "error", found: "a password that is not six digits" },
    ]);
    const tokens = [{ name: "till-a", role: "till", token: secret }];
    expect(await findings(dir, "http.tokens: till-a", terminals, { tokens })).toMatchObject([{ level: "error" }]);
    await writeFile(dir.file("secret"), "123456");
    expect(await findings(dir, "terminals: t1", terminals)).toEqual([]);
  });

  it("is that a token is another name's too, or cannot stand in a request", async () => {
    await using dir = await tempDir();
    const one = "a".repeat(40);
    await writeFile(dir.file("one"), one, { mode: 0o600 });
    await writeFile(dir.file("copy"), `${one}\n`, { mode: 0o600 });
    await writeFile(dir.file("phrase"), "a long phrase of words that nobody guesses", { mode: 0o600 });
    const tokens = [
      { name: "till-a", role: "till", token: { file: dir.file("one") } },
      { name: "chen", role: "supervisor", token: { file: dir.file("copy") } },
      { name: "li", role: "staff", token: { file: dir.file("phrase") } },
    ];
    const found = await findings(dir, "http.tokens: ", [{ id: "t1", family: "zvt", link: { tcp: "127.0.0.1:1" } }], {
      tokens,
    });
    expect(found).toMatchObject([
      { level: "error", what: "http.tokens: chen", found: "the token of till-a" },
      { level: "error", what: "http.tokens: li" },
    ]);
    expect(JSON.stringify(found)).not.toContain(one);
  });
});
