import { describe, expect, it } from "vitest";
import { certificateChecks } from "../../../src/cli/check/certificate-check.ts";
import { instant } from "../../../src/domain/clock.ts";
import { Secret } from "../../../src/runtime/secret.ts";
import { selfSigned } from "../../support/self-signed.ts";
import { tempDir } from "../../support/temp-dir.ts";

const DAY_MS = 86_400_000;
const inDays = (days: number) => instant(Date.now() + days * DAY_MS);

describe("certificates of a tls section", () => {
  it.each([
    [0, "ok", /^9\d days left/],
    [75, "warning", /^1\d days left/],
    [120, "error", /^expired on/],
    [-30, "error", /^not valid before/],
  ])("%i days from now, one for 90 days is %s", async (days, level, found) => {
    await using dir = await tempDir();
    const { certPem } = await selfSigned(dir.path, "client", 91);
    const [finding] = certificateChecks("the broker", { cert: certPem }, inDays(days));
    expect(finding?.level).toBe(level);
    expect(finding?.found).toMatch(found);
    expect(finding?.what).toBe("client certificate for the broker");
  });

  it("of several authorities the one that is valid longest counts", async () => {
    await using dir = await tempDir();
    const old = await selfSigned(dir.path, "old", 10);
    const next = await selfSigned(dir.path, "next", 365);
    const [finding] = certificateChecks("the broker", { ca: old.certPem + next.certPem }, inDays(20));
    expect(finding?.level).toBe("ok");
  });

  it("a key must belong to its certificate", async () => {
    await using dir = await tempDir();
    const mine = await selfSigned(dir.path, "mine");
    const other = await selfSigned(dir.path, "other");
    const levels = (keyPem: string): string[] =>
      certificateChecks("bank", { cert: mine.certPem, key: new Secret(keyPem) }, inDays(1)).map(({ level }) => level);
    expect(levels(mine.keyPem)).toEqual(["ok", "ok"]);
    expect(levels(other.keyPem)).toEqual(["ok", "error"]);
    expect(levels("not a key")).toEqual(["ok", "error"]);
  });

  it.each(["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])(
    "a file that holds no certificate is an error: %j",
    (pem) => {
      expect(certificateChecks("bank", { cert: pem, ca: pem }, inDays(0)).map(({ level }) => level)).toEqual([
        "error",
        "error",
      ]);
    },
  );
});
