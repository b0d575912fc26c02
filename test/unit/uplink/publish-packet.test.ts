import { describe, expect, test } from "vitest";
import { encodeProperties, encodePublishHead } from "../../../src/uplink/publish-packet.ts";

const NONE = new Uint8Array(0);

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function digits(text: string): string {
  return text.replaceAll(" ", "");
}

describe("a PUBLISH, by the letter of MQTT 3.1.1 and 5, section 3.3", () => {
  test("of 3.1.1 has topic and identifier before the payload", () => {
    const head = encodePublishHead({ topic: "a/b", retain: false, properties: NONE }, 10, 5);
    expect(hex(head)).toBe(digits("32 0c 0003612f62 000a"));
  });

  test("says that it is to be retained", () => {
    expect(encodePublishHead({ topic: "a", retain: true, properties: NONE }, 1, 0)[0]).toBe(0x33);
  });

  test("of 5 has properties after the identifier", () => {
    const properties = encodeProperties({ contentType: "application/json" });
    const head = encodePublishHead({ topic: "a/b", retain: false, properties }, 0xfffe, 1);
    expect(hex(head)).toBe(digits("32 1c 0003612f62 fffe 13 030010 6170706c69636174696f6e2f6a736f6e"));
  });

  test("counts bytes, not characters", () => {
    const head = encodePublishHead({ topic: "店", retain: false, properties: NONE }, 1, 0);
    expect(hex(head)).toBe(digits("32 07 0003e5ba97 0001"));
  });

  test.each([
    [122, "32 7f"],
    [123, "32 80 01"],
    [16_378, "32 ff 7f"],
    [16_379, "32 80 80 01"],
    [2_097_146, "32 ff ff 7f"],
    [2_097_147, "32 80 80 80 01"],
  ])("with %i bytes of payload has its length in as few bytes as it takes", (payload, start) => {
    const head = encodePublishHead({ topic: "a", retain: false, properties: NONE }, 1, payload);
    expect(hex(head)).toBe(digits(`${start} 000161 0001`));
  });
});

test("user properties follow the content type, name before value", () => {
  const properties = encodeProperties({ contentType: "j", userProperties: { seq: "7", kind: "gap" } });
  expect(hex(properties)).toBe(digits("19 0300016a 26 0003736571 000137 26 00046b696e64 0003676170"));
});
