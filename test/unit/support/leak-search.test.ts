import { mkdir, writeFile } from "node:fs/promises";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LeakSearch, type Sensitive } from "../../support/leak-search.ts";
import { tempDir } from "../../support/temp-dir.ts";

const CARD: Sensitive = { name: "card", value: "6212340000000001" };
const ODD_CARD: Sensitive = { name: "19-digit card", value: "6212340000000000019" };
const TRACK: Sensitive = { name: "track 2", value: "6212340000000001=30122010000012345" };
const PIN_BLOCK: Sensitive = { name: "PIN block", value: "06A1F3C2D4E5B697" };

const search = new LeakSearch([CARD, ODD_CARD, TRACK, PIN_BLOCK]);

/** Bytes in which no form of a secret can begin or end by chance. */
function filler(length: number): Buffer {
  return Buffer.alloc(length, 0xa7);
}

/** Where, if anywhere, `secret` is found after `prefix` bytes of filler. */
function found(secret: Sensitive, prefix: number, planted: Buffer): readonly { form: string; offset: number }[] {
  return search
    .inBytes("here", Buffer.concat([filler(prefix), planted, filler(5)]))
    .filter((leak) => leak.secret === secret.name)
    .map(({ form, offset }) => ({ form, offset }));
}

function asPacked(nibbles: string): Buffer {
  return Buffer.from(nibbles, "hex");
}

describe("leak search", () => {
  const byteForms: readonly (readonly [string, (text: string) => Buffer])[] = [
    ["ASCII", (text) => Buffer.from(text, "latin1")],
    ["UTF-16 LE", (text) => Buffer.from(text, "utf16le")],
    ["UTF-16 BE", (text) => Buffer.from(text, "utf16le").swap16()],
  ];

  for (const secret of [CARD, ODD_CARD, TRACK, PIN_BLOCK]) {
    for (const [form, encode] of byteForms) {
      it(`finds a ${secret.name} in ${form} at even and odd offsets`, () => {
        for (const prefix of [0, 1, 2, 7]) {
          expect(found(secret, prefix, encode(secret.value))).toContainEqual({ form, offset: prefix });
        }
      });

      it(`finds a ${secret.name} in hex of ${form}, in both cases`, () => {
        const hex = encode(secret.value).toString("hex");
        for (const text of [hex, hex.toUpperCase()]) {
          expect(found(secret, 3, Buffer.from(text))).toContainEqual({ form: `hex of ${form}`, offset: 3 });
        }
      });

      it(`finds a ${secret.name} in base64 of ${form} at all three alignments, in both alphabets`, () => {
        for (const alphabet of ["base64", "base64url"] as const) {
          for (const before of [0, 1, 2, 3, 4, 5]) {
            const whole = Buffer.concat([filler(before), encode(secret.value), filler(4)]);
            const finds = found(secret, 2, Buffer.from(whole.toString(alphabet)));
            expect(finds.map((find) => find.form).some((name) => name.endsWith(`of ${form}`))).toBe(true);
          }
        }
      });
    }
  }

  it("finds digits packed from a byte border, whatever pads an odd count", () => {
    expect(found(CARD, 4, asPacked(CARD.value))).toEqual([{ form: "packed BCD", offset: 4 }]);
    for (const pad of ["0", "F", "7"]) {
      expect(found(ODD_CARD, 4, asPacked(ODD_CARD.value + pad))).toEqual([{ form: "packed BCD", offset: 4 }]);
    }
  });

  it("finds digits packed from the middle of a byte, whatever stands beside them", () => {
    for (const pad of ["0", "F", "7"]) {
      expect(found(CARD, 4, asPacked(`${pad}${CARD.value}${pad}`))).toEqual([
        { form: "packed BCD, low nibble first", offset: 4 },
      ]);
      expect(found(ODD_CARD, 4, asPacked(pad + ODD_CARD.value))).toEqual([
        { form: "packed BCD, low nibble first", offset: 4 },
      ]);
    }
  });

  it("finds a packed track with its D separator, and a PIN block as its eight bytes", () => {
    const track = TRACK.value.replace("=", "D");
    expect(track.length % 2).toBe(0);
    expect(found(TRACK, 0, asPacked(track))).toContainEqual({ form: "packed BCD", offset: 0 });
    expect(found(TRACK, 1, asPacked(`0${track}F`))).toContainEqual({
      form: "packed BCD, low nibble first",
      offset: 1,
    });
    expect(found(PIN_BLOCK, 1, asPacked(PIN_BLOCK.value))).toEqual([{ form: "packed BCD", offset: 1 }]);
  });

  it("finds a track spelt with D, and hexadecimal digits in lower case", () => {
    expect(found(TRACK, 1, Buffer.from(TRACK.value.replace("=", "D")))).toContainEqual({ form: "ASCII", offset: 1 });
    expect(found(PIN_BLOCK, 1, Buffer.from(PIN_BLOCK.value.toLowerCase()))).toEqual([{ form: "ASCII", offset: 1 }]);
  });

  it("finds packed digits inside a frame that was logged as base64, at both phases and all alignments", () => {
    for (const alphabet of ["base64", "base64url"] as const) {
      for (const before of [0, 1, 2]) {
        for (const digits of [CARD.value, `1${CARD.value}F`]) {
          const frame = Buffer.concat([filler(before), asPacked(digits), filler(3)]);
          expect(found(CARD, 0, Buffer.from(frame.toString(alphabet))).length).toBeGreaterThan(0);
        }
      }
    }
  });

  it("finds packed digits inside a frame that was logged as hex, at both phases", () => {
    for (const digits of [CARD.value, `1${CARD.value}F`]) {
      const frame = Buffer.concat([filler(2), asPacked(digits)]);
      expect(found(CARD, 0, Buffer.from(frame.toString("hex")))).toContainEqual(
        expect.objectContaining({ form: "ASCII" }),
      );
    }
  });

  it("leaves masked numbers, other cards and their neighbours alone", () => {
    const innocent = ["621234******0001", "621234", "0001", "6212340000000019", "1732233600000", "621234000000000"];
    for (const text of innocent) {
      expect(search.inBytes("here", Buffer.from(JSON.stringify({ text })))).toEqual([]);
      expect(search.inBytes("here", Buffer.from(text, "utf16le"))).toEqual([]);
    }
    expect(search.inBytes("here", asPacked("5621234000000002"))).toEqual([]);
  });

  it("has no false find in random bytes, and never throws on short ones", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096 }), (bytes) => {
        expect(search.inBytes("noise", bytes)).toEqual([]);
      }),
    );
  });

  it("finds a secret at any place in random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }), (before, after) => {
        const leaks = search.inBytes("noise", Buffer.concat([before, asPacked(CARD.value), after]));
        expect(leaks).toContainEqual({ secret: "card", form: "packed BCD", where: "noise", offset: before.length });
      }),
    );
  });

  it("walks directories, names file and offset, and says how much it read", async () => {
    await using dir = await tempDir();
    await mkdir(dir.file("store/deep"), { recursive: true });
    await writeFile(dir.file("store/ledger.db-wal"), Buffer.concat([filler(10), asPacked(CARD.value)]));
    await writeFile(dir.file("store/deep/clean.log"), "621234******0001\n");
    await writeFile(dir.file("daemon.log"), `pan=${CARD.value}`);

    const result = await search.inFiles(dir.file("store"), dir.file("daemon.log"));

    expect(result.leaks).toEqual([
      { secret: "card", form: "packed BCD", where: dir.file("store/ledger.db-wal"), offset: 10 },
      { secret: "card", form: "ASCII", where: dir.file("daemon.log"), offset: 4 },
    ]);
    expect(result).toMatchObject({ files: 3, bytes: 18 + 17 + 20 });
  });

  it("refuses to search for nothing, for what turns up by chance, and in a path that is not there", async () => {
    expect(() => new LeakSearch([])).toThrow(/nothing to search for/);
    expect(() => new LeakSearch([{ name: "CVV", value: "123" }])).toThrow(/CVV is too short/);
    await expect(search.inFiles("/nonexistent/store")).rejects.toThrow(/ENOENT/);
  });
});
