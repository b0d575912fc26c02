import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenHash } from "../../../src/queue/token-hash.ts";

describe("a card token", () => {
  it("is HMAC-SHA256, whatever was hashed before", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.array(fc.stringMatching(/^[0-9]{1,19}$/), { minLength: 1, maxLength: 5 }),
        (key, numbers) => {
          const hash = new TokenHash(key);
          for (const digits of numbers) {
            expect(hash.tokenise(digits)).toBe(createHmac("sha256", key).update(digits).digest("hex").slice(0, 16));
          }
        },
      ),
    );
  });

  it("is not made of more digits than a card has, nor of a key that was wiped", () => {
    const hash = new TokenHash(Buffer.alloc(32, 7));
    expect(() => hash.tokenise("0".repeat(20))).toThrow(RangeError);
    const before = hash.tokenise("1234");
    hash.wipe();
    expect(hash.tokenise("1234")).not.toBe(before);
  });
});
