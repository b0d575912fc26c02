import { rm, writeFile } from "node:fs/promises";
import { createServer } from "node:tls";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { connectTcp } from "../../../src/drivers/transport/tcp-connect.ts";
import { RenewingTls } from "../../../src/renewing-tls.ts";
import { silentLog } from "../../../src/runtime/log.ts";
import { Secret } from "../../../src/runtime/secret.ts";
import { certificateAuthority } from "../../support/certificates.ts";
import { selfSigned } from "../../support/self-signed.ts";
import { tempDir, type TempDir } from "../../support/temp-dir.ts";

const OWNER = { ours: "acquirer:bank", peer: "acquirer:bank" };

/** A `tls` section whose files stand as `own.pem` and `own.key`, as the daemon read them at its start. */
async function section(dir: TempDir) {
  const first = await selfSigned(dir.path, "own", 40);
  const options = { ca: first.cert, cert: first.cert, key: { file: first.key } };
  const files = { ca: first.certPem, cert: first.certPem, key: new Secret(first.keyPem) };
  return { first, tls: new RenewingTls(OWNER, options, files, silentLog) };
}

describe("the files of a tls section", () => {
  it("that were renewed are used by the next connection, and their days are told", async () => {
    await using dir = await tempDir();
    const { first, tls } = await section(dir);
    const before = tls.sights().map(({ facts }) => facts?.validTo ?? 0);
    const next = await selfSigned(dir.path, "own", 400);
    expect(tls.cert).toBe(first.certPem);
    await tls.look();
    expect(tls.cert).toBe(next.certPem);
    expect(tls.key?.reveal()).toBe(next.keyPem.trimEnd());
    const after = tls.sights();
    expect(after.map(({ use }) => use)).toEqual(["acquirer:bank.cert", "acquirer:bank.ca"]);
    for (const [index, { facts }] of after.entries()) expect(facts?.validTo).toBeGreaterThan(before[index] ?? 0);
  });

  it("that are gone, no certificates or no pair are named, and the last good ones stay in use", async () => {
    await using dir = await tempDir();
    const { first, tls } = await section(dir);
    const trouble = (): readonly unknown[] => tls.sights().map((sight) => sight.trouble?.kind);
    const other = await selfSigned(dir.path, "other");
    await writeFile(first.key, other.keyPem);
    await tls.look();
    expect(trouble()).toEqual(["otherKey", undefined]);
    await writeFile(first.cert, "hello");
    await tls.look();
    expect(trouble()).toEqual(["notPem", "notPem"]);
    await rm(first.cert);
    await tls.look();
    expect(trouble()).toContain("unreadable");
    expect(tls.cert).toBe(first.certPem);
    await writeFile(first.cert, first.certPem);
    await writeFile(first.key, first.keyPem);
    await tls.look();
    expect(trouble()).toEqual([undefined, undefined]);
  });
});

it.each([
  [90, "facts"],
  [0, "trouble"],
])("a peer with a certificate for %i days is remembered by its %s", async (days, what) => {
  await using dir = await tempDir();
  const authority = await certificateAuthority(dir.path, "shop authority");
  const server = createServer(await authority.issue({ commonName: "peer", days }));
  server.on("tlsClientError", () => undefined);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const tls = new RenewingTls(OWNER, {}, { ca: authority.cert }, silentLog);
  const { signal } = new AbortController();
  try {
    const socket = await connectTcp({ host: "127.0.0.1", port }, { timeoutMs: 5_000, tls }, signal);
    socket.destroy();
    expect(what).toBe("facts");
  } catch (error) {
    expect(error).toMatchObject({ code: "CERT_HAS_EXPIRED" });
  } finally {
    server.close();
  }
  const [sight, ...others] = tls.sights();
  expect(others).toEqual([]);
  expect(sight).toMatchObject({ use: "acquirer:bank", place: `127.0.0.1:${port}` });
  expect(sight).toHaveProperty(what);
  if (what === "facts") expect(sight?.facts?.issuer).toBe("CN=shop authority");
  else expect(sight?.trouble).toEqual({ kind: "refused", code: "CERT_HAS_EXPIRED" });
});
