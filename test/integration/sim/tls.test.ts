import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CertificateAuthority, certificateAuthority } from "../../support/certificates.ts";
import { type TempDir, tempDir } from "../../support/temp-dir.ts";
import { waitUntil } from "../../support/wait-until.ts";
import { startAcquirer } from "../../../src/sim/acquirer/acquirer.ts";
import { approved, shownEntry, terminalAt } from "./counter.ts";

let directory: TempDir;
let authority: CertificateAuthority;
let strangers: CertificateAuthority;

beforeAll(async () => {
  directory = await tempDir();
  authority = await certificateAuthority(directory.path);
  strangers = await certificateAuthority(directory.path, "somebody else");
});

afterAll(async () => {
  await directory[Symbol.asyncDispose]();
});

describe("a host that speaks TLS", () => {
  test("serves a terminal that trusts its authority", async () => {
    await using acquirer = await startAcquirer({ tls: await authority.issue({ commonName: "host" }) });
    await using terminal = terminalAt(acquirer.port, { tls: { ca: authority.cert } });
    await terminal.signIn();
    approved(await terminal.sale(1_000));
    expect(acquirer.connections()).toMatchObject({ accepted: 2, refused: 0 });
  });

  test("is not believed by a terminal that trusts another authority", async () => {
    await using acquirer = await startAcquirer({ tls: await authority.issue({ commonName: "host" }) });
    await using terminal = terminalAt(acquirer.port, { tls: { ca: strangers.cert } });
    expect(await terminal.signIn()).toMatchObject({ shown: "noConnection" });
    expect(acquirer.totals().requests).toBe(0);
  });

  test("asks for a client certificate where it is told to, and serves who shows one", async () => {
    const host = await authority.issue({ commonName: "host" });
    await using acquirer = await startAcquirer({ tls: { ...host, clientCa: authority.cert } });
    const client = await authority.issue({ commonName: "TG000001" });
    await using terminal = terminalAt(acquirer.port, { tls: { ca: authority.cert, ...client }, lineUse: "long" });
    await terminal.signIn();
    approved(await terminal.sale(1_000));
    expect(acquirer.connections()).toMatchObject({ accepted: 1, refused: 0 });
  });

  test.each(["no certificate", "a stranger's certificate"])("turns away who shows %s", async (shown) => {
    const host = await authority.issue({ commonName: "host" });
    await using acquirer = await startAcquirer({ tls: { ...host, clientCa: authority.cert } });
    const stranger = await strangers.issue({ commonName: "TG000001" });
    const certificate = shown === "no certificate" ? {} : stranger;
    await using terminal = terminalAt(acquirer.port, { tls: { ca: authority.cert, ...certificate } });
    // With TLS 1.3 the client learns of it only when it reads.
    expect((await terminal.signIn()).shown).not.toBe("done");
    await waitUntil("the handshake was refused", () => acquirer.connections().refused === 1);
    expect(acquirer.totals().requests).toBe(0);
  });

  test.each(["close", "reset", "midMessage"] as const)("can %s instead of answering", async (delivery) => {
    await using acquirer = await startAcquirer({ tls: await authority.issue({ commonName: "host" }) });
    await using terminal = terminalAt(acquirer.port, { tls: { ca: authority.cert }, receiveMs: 30_000 });
    await terminal.signIn();
    acquirer.next({ delivery });
    const sale = await terminal.sale(1_000);
    expect(sale).toMatchObject({ shown: "noAnswer", reason: "closed" });
    await terminal.payDebts();
    expect(shownEntry(sale).result).toBe("reversed");
  });
});
