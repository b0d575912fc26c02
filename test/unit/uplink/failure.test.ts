import { expect, test } from "vitest";
import { connackFailure, disconnectFailure, errorFailure } from "../../../src/uplink/failure.ts";

function errorWithCode(code: string): Error {
  return Object.assign(new Error(`something about ${code}`), { code });
}

test.each([
  [0x01, "version"],
  [0x84, "version"],
  [0x02, "identity"],
  [0x04, "identity"],
  [0x05, "identity"],
  [0x85, "identity"],
  [0x86, "identity"],
  [0x87, "identity"],
  [0x8a, "identity"],
  [0x8c, "identity"],
  [0x03, "line"],
  [0x88, "line"],
  [0x97, "line"],
])("CONNACK 0x%s is a matter of %s", (code, kind) => {
  expect(connackFailure(code).kind).toBe(kind);
});

test("an unknown code is named as it came", () => {
  expect(connackFailure(0x99).reason).toContain("0x99");
});

test("a session taken over asks whether the gateway was cloned", () => {
  expect(disconnectFailure(0x8e)).toMatchObject({ kind: "takenOver" });
  expect(disconnectFailure(0x8e).reason).toContain("cloned");
});

test.each(["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"])(
  "%s needs people: retrying does not mend a certificate",
  (code) => {
    expect(errorFailure(errorWithCode(code), true).kind).toBe("identity");
  },
);

test.each(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])(
  "%s by a clock that nobody has set is the clock's fault",
  (code) => {
    const { kind, reason } = errorFailure(errorWithCode(code), false);
    expect(kind).toBe("clock");
    expect(reason).toContain("clock, not certificate");
  },
);

test("what a wrong clock cannot explain stays the certificate's fault", () => {
  expect(errorFailure(errorWithCode("DEPTH_ZERO_SELF_SIGNED_CERT"), false).kind).toBe("identity");
});

test.each(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH", "EPIPE"])(
  "%s may be over at the next attempt",
  (code) => {
    expect(errorFailure(errorWithCode(code), true).kind).toBe("line");
  },
);
