import { describe, expect, it } from "vitest";
import { isOurHost } from "../../../src/http/guard.ts";

describe("host allow-list", () => {
  it("answers to loopback names and to the address that it listens on, at any port", () => {
    for (const host of [
      "127.0.0.1:8480",
      "127.0.0.1",
      "127.1.2.3:9",
      "localhost:9000",
      "LOCALHOST",
      "[::1]:8480",
      "192.168.1.2:8480",
    ]) {
      expect(isOurHost(host, "192.168.1.2"), host).toBe(true);
    }
  });

  it("does not answer to names that somebody else can point at this machine", () => {
    for (const host of [
      undefined,
      "",
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.evil.example:8480",
      "127.evil.example",
      "evil.example:127.0.0.1",
      "[::2]",
      "0.0.0.0",
      "user@127.0.0.1",
      "127.0.0.1:8480, evil.example",
    ]) {
      expect(isOurHost(host, "127.0.0.1"), host).toBe(false);
    }
  });
});
