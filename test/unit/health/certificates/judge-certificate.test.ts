import { describe, expect, it } from "vitest";
import type { CertificateSight } from "../../../../src/health/certificates/certificate-sight.ts";
import { judgeCertificate } from "../../../../src/health/certificates/judge-certificate.ts";
import { certificatesNode } from "../../../../src/health/certificates-node.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2026-03-02T08:00:00.000Z");
const LIMITS = { warn: 30, fail: 7 };
const RIGHT = { now: NOW, isBelieved: true };
const WRONG = { now: NOW, isBelieved: false };

function ending(days: number, place = "/etc/tillgate/tls/client.pem"): CertificateSight {
  const facts = { issuer: "CN=shop authority", validFrom: NOW - DAY_MS, validTo: NOW + days * DAY_MS };
  return { use: "uplink.cert", place, facts };
}

describe("a certificate", () => {
  it.each([
    [31, "pass"],
    [30, "warn"],
    [8, "warn"],
    [7, "fail"],
    [0, "fail"],
    [-1, "fail"],
  ])("with %i days left is %s", (days, status) => {
    expect(judgeCertificate(ending(days), LIMITS, RIGHT)).toMatchObject({ status, daysLeft: days });
  });

  it("names its last day, its issuer and its file, in both languages", () => {
    const { reason, advice } = judgeCertificate(ending(12), LIMITS, RIGHT);
    for (const text of [reason.en, reason.zh]) {
      for (const fact of ["12", "2026-03-14", "CN=shop authority", "/etc/tillgate/tls/client.pem"]) {
        expect(text).toContain(fact);
      }
    }
    expect(advice?.en).toContain("renewed");
    expect(advice?.zh).toContain("更新");
  });

  it("of a peer is for the peer to renew", () => {
    const { advice } = judgeCertificate(ending(3, "mqtt.example.com:8883"), LIMITS, RIGHT);
    expect(advice?.en).toContain("whoever runs that host");
  });

  it("that begins in the future fails, where the clock is right", () => {
    const facts = { issuer: "CN=a", validFrom: NOW + DAY_MS, validTo: NOW + 90 * DAY_MS };
    const verdict = judgeCertificate({ use: "broker", place: "a:1", facts }, LIMITS, RIGHT);
    expect(verdict.status).toBe("fail");
    expect(verdict.reason.en).toContain("not valid before 2026-03-03");
  });

  it("is not blamed for a clock that is not believed: no days are told, and the clock is to be mended", () => {
    for (const days of [300, 3, -300]) {
      const verdict = judgeCertificate(ending(days), LIMITS, WRONG);
      expect(verdict.status).toBe("unknown");
      expect(verdict).not.toHaveProperty("daysLeft");
      expect(verdict.advice?.en).toContain("clock");
    }
  });

  it.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])("refused with %s is a matter of the clock, or fails", (code) => {
    const sight = { use: "broker", place: "a:1", trouble: { kind: "refused", code } } as const;
    expect(judgeCertificate(sight, LIMITS, WRONG)).toMatchObject({ status: "warn" });
    expect(judgeCertificate(sight, LIMITS, WRONG).advice?.en).toContain("clock");
    expect(judgeCertificate(sight, LIMITS, RIGHT)).toMatchObject({ status: "fail" });
  });

  it("whose file is spoilt while a good one is in use warns and names the file; without a good one it fails", () => {
    const trouble = { kind: "unreadable", found: "no file /a.pem" } as const;
    const used = judgeCertificate({ ...ending(90, "/a.pem"), trouble }, LIMITS, RIGHT);
    expect(used).toMatchObject({ status: "warn", daysLeft: 90 });
    expect(used.advice?.en).toContain("/a.pem");
    const none = judgeCertificate({ use: "uplink.ca", place: "/a.pem", trouble: { kind: "notPem" } }, LIMITS, RIGHT);
    expect(none.status).toBe("fail");
    expect(none.advice?.zh).toContain("/a.pem");
  });

  it("makes the whole as bad as the worst of them", () => {
    const node = certificatesNode([ending(90), ending(3)].map((sight) => judgeCertificate(sight, LIMITS, RIGHT)));
    expect(node.status).toBe("fail");
    expect(node.parts?.[0]).toMatchObject({ observedValue: 90, observedUnit: "d" });
  });
});
