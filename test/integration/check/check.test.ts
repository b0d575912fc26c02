import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { check } from "../../../src/cli/check.ts";
import { exitCodeOf, failure, fine, type Finding, warning } from "../../../src/cli/check/finding.ts";
import { bootId, instant } from "../../../src/domain/clock.ts";
import { type Clock, systemClock } from "../../../src/runtime/clock.ts";
import { selfSigned } from "../../support/self-signed.ts";
import { tempDir, type TempDir } from "../../support/temp-dir.ts";

/** A listener on a port of its own; gone when the scope ends. */
async function listening(server: Server): Promise<AsyncDisposable & { readonly port: number }> {
  server.on("connection", (socket) => socket.on("error", () => undefined));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}

/** A port on which nobody listens. */
async function closedPort(): Promise<number> {
  await using server = await listening(createServer());
  return server.port;
}

const syncedClock: Clock = {
  ...systemClock(),
  stamp: () => ({ bootId: bootId("test"), monotonicMs: 0, synced: true }),
};

interface Shop {
  readonly broker: string;
  readonly acquirer: number;
  readonly listen?: number;
  readonly extra?: string;
  readonly acquirerTls?: string;
}

async function configIn(
  dir: TempDir,
  { broker, acquirer, listen = 0, extra = "", acquirerTls = "" }: Shop,
): Promise<string> {
  const path = dir.file("tillgate.yaml");
  await writeFile(
    path,
    `
site: { tenant: acme, site: shop-1, gateway: g1 }
store: { directory: ${dir.path}, allowVolatile: true }
http: { listen: "127.0.0.1:0" }
uplink:
  url: ${broker}
${extra}
acquirers:
  - id: bank
    family: iso8583
    listen: 127.0.0.1:${listen}
    endpoints: ["127.0.0.1:${acquirer}"]
${acquirerTls}
`,
  );
  return path;
}

const output = z.strictObject({
  findings: z.array(
    z.strictObject({
      level: z.enum(["ok", "warning", "error"]),
      what: z.string(),
      found: z.string(),
      remedy: z.string(),
    }),
  ),
});

interface Outcome {
  readonly code: number;
  readonly findings: readonly Finding[];
  readonly printed: string;
}

async function checked(config: string, clock: Clock = syncedClock): Promise<Outcome> {
  const lines: string[] = [];
  const code = await check({ config, json: true }, (text) => lines.push(text), {
    clock,
    credentialsDirectory: undefined,
  });
  const printed = lines.join("\n");
  const { findings } = output.parse(JSON.parse(printed));
  return { code, findings, printed };
}

/** What is not well, the store apart: it is allowed to live in memory here. */
const worse = ({ findings }: Outcome): Finding[] =>
  findings.filter(({ level, what }) => level !== "ok" && !what.includes("store"));

describe("tillgate check", () => {
  it("ends with 0 when all is well, 1 for warnings, 2 for errors", () => {
    const [good, poor, bad] = [fine("a", "b"), warning("a", "b", "c"), failure("a", "b", "c")];
    expect([exitCodeOf([good]), exitCodeOf([good, poor]), exitCodeOf([bad, poor, good])]).toEqual([0, 1, 2]);
  });

  it("finds a machine well on which all can be reached", async () => {
    await using dir = await tempDir();
    await using broker = await listening(createServer());
    await using acquirer = await listening(createServer());
    const outcome = await checked(
      await configIn(dir, { broker: `mqtt://127.0.0.1:${broker.port}`, acquirer: acquirer.port }),
    );
    expect(worse(outcome)).toEqual([]);
    expect(outcome.findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        `broker at 127.0.0.1:${broker.port}`,
        `acquirer bank at 127.0.0.1:${acquirer.port}`,
        "clock",
      ]),
    );
  });

  it("tries every way out of the shop, and names the one that has no address", async () => {
    await using dir = await tempDir();
    await using broker = await listening(createServer());
    await using acquirer = await listening(createServer());
    const routes = "routes: [{ name: dsl, sourceAddress: 127.0.0.2 }, { name: lte, interface: nowhere0 }]";
    const outcome = await checked(
      await configIn(dir, {
        broker: `mqtt://127.0.0.1:${broker.port}`,
        acquirer: acquirer.port,
        extra: `  ${routes}`,
        acquirerTls: `    ${routes}`,
      }),
    );
    expect(outcome.code).toBe(1);
    for (const peer of [`broker at 127.0.0.1:${broker.port}`, `acquirer bank at 127.0.0.1:${acquirer.port}`]) {
      expect(outcome.findings).toContainEqual(expect.objectContaining({ level: "ok", what: `${peer} over dsl` }));
      expect(worse(outcome)).toContainEqual(
        expect.objectContaining({ what: `${peer} over lte`, found: "nowhere0 has no address now" }),
      );
    }
  });

  it("warns of a broker that is away, and calls it an error when no acquirer can be reached", async () => {
    await using dir = await tempDir();
    const port = await closedPort();
    const outcome = await checked(await configIn(dir, { broker: `mqtt://127.0.0.1:${port}`, acquirer: port }));
    expect(outcome.code).toBe(2);
    expect(worse(outcome).map(({ level, what }) => `${level} ${what}`)).toEqual([
      `warning broker at 127.0.0.1:${port}`,
      `warning acquirer bank at 127.0.0.1:${port}`,
      "error acquirer bank",
    ]);
    for (const { remedy } of worse(outcome)) expect(remedy).not.toBe("nothing");
  });

  it("warns of a port that is taken, a clock that nobody sets and a secret that everyone can read", async () => {
    await using dir = await tempDir();
    await using broker = await listening(createServer());
    await using acquirer = await listening(createServer());
    await using other = await listening(createServer());
    await writeFile(dir.file("password"), "s3cret-of-the-shop", { mode: 0o644 });
    const config = await configIn(dir, {
      broker: `mqtt://127.0.0.1:${broker.port}`,
      acquirer: acquirer.port,
      listen: other.port,
      extra: `  username: shop\n  password: { file: ${dir.file("password")} }`,
    });
    const unset: Clock = { ...syncedClock, stamp: () => ({ ...syncedClock.stamp(), synced: false }) };
    const outcome = await checked(config, unset);
    expect(outcome.code).toBe(1);
    expect(worse(outcome).map(({ what }) => what)).toEqual([
      "clock",
      `file ${dir.file("password")}`,
      `acquirer bank on 127.0.0.1:${other.port}`,
    ]);
    expect(outcome.printed).not.toContain("s3cret-of-the-shop");
  });

  it("speaks TLS where the config does, and tells the days left of both certificates", async () => {
    await using dir = await tempDir();
    const server = await selfSigned(dir.path, "server", 91);
    await using acquirer = await listening(createTlsServer({ cert: server.certPem, key: server.keyPem }));
    await using broker = await listening(createServer());
    const shop = { broker: `mqtt://127.0.0.1:${broker.port}`, acquirer: acquirer.port };
    const trusted = await configIn(dir, {
      ...shop,
      acquirerTls: `    tls: { ca: ${server.cert}, servername: localhost }`,
    });
    expect(worse(await checked(trusted))).toEqual([]);
    const soon: Clock = { ...syncedClock, now: () => instant(Date.now() + 80 * 86_400_000) };
    expect(worse(await checked(trusted, soon)).map(({ what }) => what)).toEqual([
      "authorities for acquirer bank",
      `certificate of acquirer bank at 127.0.0.1:${acquirer.port}`,
    ]);
    const stranger = await configIn(dir, { ...shop, acquirerTls: "    tls: { servername: localhost }" });
    const [refused] = worse(await checked(stranger));
    expect(refused?.found).toBe("cannot be reached: DEPTH_ZERO_SELF_SIGNED_CERT");
    expect(refused?.remedy).toMatch(/^check tls: /);
  });

  it("names every TLS file that cannot be read or used, and goes on", async () => {
    await using dir = await tempDir();
    const port = await closedPort();
    await writeFile(dir.file("junk.pem"), "junk");
    const outcome = await checked(
      await configIn(dir, {
        broker: `mqtts://127.0.0.1:${port}`,
        acquirer: port,
        extra: `  tls: { ca: ${dir.file("missing.pem")}, cert: ${dir.file("missing.pem")}, key: { credential: tls.key } }`,
        acquirerTls: `    tls: { cert: ${dir.file("junk.pem")}, key: { file: ${dir.file("junk.pem")} } }`,
      }),
    );
    expect(outcome.code).toBe(2);
    expect(outcome.findings.filter(({ level }) => level === "error").map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        `file ${dir.file("missing.pem")}`,
        "credential tls.key",
        "client certificate for acquirer bank",
        "acquirer bank",
      ]),
    );
  });

  it("lists every problem of a bad config, and looks no further", async () => {
    await using dir = await tempDir();
    const path = dir.file("tillgate.yaml");
    await writeFile(path, "site: {}\nuplink: { url: x }\n");
    const outcome = await checked(path);
    expect(outcome.code).toBe(2);
    expect(outcome.findings.map(({ what }) => what)).toEqual([
      "config line 1, column 1, site.tenant",
      "config line 1, column 1, site.site",
      "config line 1, column 1, site.gateway",
      "config line 1, column 1, acquirers",
      "config line 2, column 16, uplink.url",
    ]);
  });

  it("says so when there is no config", async () => {
    expect(await checked("/nonexistent/tillgate.yaml")).toMatchObject({
      code: 2,
      findings: [{ level: "error", remedy: "name an existing file that you may read" }],
    });
  });

  it("prints for people, too: the worst last, with what to do, and a sum", async () => {
    await using dir = await tempDir();
    const port = await closedPort();
    const lines: string[] = [];
    await check({ config: await configIn(dir, { broker: `mqtt://127.0.0.1:${port}`, acquirer: port }) }, (text) =>
      lines.push(text),
    );
    const text = lines.join("\n");
    expect(text).toMatch(/^ok {7}config /);
    expect(text).toMatch(
      /error {4}acquirer bank: none of its endpoints can be reached\n {9}do: check line, addresses and firewall\n\n\d+ ok, \d+ to look at, 1 to set right$/,
    );
  });
});
