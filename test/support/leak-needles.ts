import type { Sensitive } from "./leak-search.ts";

interface Needle {
  readonly secret: string;
  readonly form: string;
  /** Whole bytes to be found. */
  readonly bytes: Buffer;
  /** Half bytes beside them: the low nibble before, the high nibble after. Their other halves may be anything (0, F, a neighbour). */
  readonly nibbleBefore?: number;
  readonly nibbleAfter?: number;
}

/** Bytes of a needle that are looked up; no needle is shorter. */
const TAIL = 4;

interface Find {
  readonly secret: string;
  readonly form: string;
  readonly offset: number;
}

/**
 * Many byte strings, searched for in one pass: at every offset the last four bytes of each are looked up.
 * The last, because test cards share their first digits, and those stand in every masked number too.
 */
export class Needles {
  readonly #byKey = new Map<number, Needle[]>();
  /** Says quickly for almost every offset that nothing ends there. */
  readonly #mayEnd = new Uint8Array(1 << 16);

  constructor(secrets: readonly Sensitive[]) {
    for (const needle of secrets.flatMap(needlesOf)) {
      const key = needle.bytes.readUInt32LE(needle.bytes.length - TAIL);
      this.#mayEnd[slot(key)] = 1;
      const sameKey = this.#byKey.get(key);
      if (sameKey === undefined) this.#byKey.set(key, [needle]);
      else sameKey.push(needle);
    }
  }

  *find(haystack: Uint8Array): Generator<Find> {
    const bytes = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.byteLength);
    for (let tail = 0; tail + TAIL <= bytes.length; tail += 1) {
      const key = bytes.readUInt32LE(tail);
      if (this.#mayEnd[slot(key)] !== 1) continue;
      for (const needle of this.#byKey.get(key) ?? []) {
        const at = tail + TAIL - needle.bytes.length;
        if (!standsAt(needle, bytes, at)) continue;
        yield { secret: needle.secret, form: needle.form, offset: needle.nibbleBefore === undefined ? at : at - 1 };
      }
    }
  }
}

/** Any 16 bits that depend on all 32 (Fibonacci hashing). */
function slot(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 16;
}

function standsAt({ bytes, nibbleBefore, nibbleAfter }: Needle, haystack: Buffer, at: number): boolean {
  if (at < 0) return false;
  if (nibbleBefore !== undefined && (at === 0 || (haystack.readUInt8(at - 1) & 0x0f) !== nibbleBefore)) return false;
  const end = at + bytes.length;
  if (bytes.compare(haystack, at, end) !== 0) return false;
  return nibbleAfter === undefined || (end < haystack.length && haystack.readUInt8(end) >> 4 === nibbleAfter);
}

function needlesOf({ name: secret, value }: Sensitive): readonly Needle[] {
  const needles: Needle[] = [];
  const add = (needle: Omit<Needle, "secret">): void => {
    if (!needles.some((n) => n.bytes.equals(needle.bytes))) needles.push({ secret, ...needle });
  };
  const addBase64 = (form: string, bytes: Buffer): void => {
    for (const alphabet of ["base64", "base64url"] as const) {
      for (const run of base64Runs(bytes, alphabet)) add({ form: `${alphabet} of ${form}`, bytes: Buffer.from(run) });
    }
  };

  for (const text of spellings(value)) {
    const utf16 = Buffer.from(text, "utf16le");
    const encodings: readonly (readonly [string, Buffer])[] = [
      ["ASCII", Buffer.from(text, "latin1")],
      ["UTF-16 LE", utf16],
      ["UTF-16 BE", Buffer.from(utf16).swap16()],
    ];
    for (const [form, bytes] of encodings) {
      const hex = bytes.toString("hex");
      add({ form, bytes });
      add({ form: `hex of ${form}`, bytes: Buffer.from(hex) });
      add({ form: `hex of ${form}`, bytes: Buffer.from(hex.toUpperCase()) });
      addBase64(form, bytes);
    }
  }

  const nibbles = value.replace("=", "D");
  if (!/^[0-9A-Fa-f]+$/.test(nibbles)) return needles;
  for (const needle of packed(nibbles)) {
    add(needle);
    // Hex of packed digits is those digits in ASCII, at either phase. Base64 hides the edge nibbles among their
    // neighbours': the whole bytes alone are long enough to be sure.
    addBase64(needle.form, needle.bytes);
  }
  return needles;
}

/** Tracks are written with `=` or `D`; hexadecimal digits in both cases. */
function spellings(value: string): ReadonlySet<string> {
  const both = value.includes("=") ? [value, value.replace("=", "D")] : [value];
  return new Set([...both, ...both.map((v) => v.toLowerCase()), ...both.map((v) => v.toUpperCase())]);
}

function packed(nibbles: string): readonly Omit<Needle, "secret">[] {
  const nibble = (index: number): number => Number.parseInt(nibbles.charAt(index), 16);
  const whole = (from: number): Buffer => {
    const digits = nibbles.slice(from);
    return Buffer.from(digits.slice(0, digits.length - (digits.length % 2)), "hex");
  };
  const isOdd = nibbles.length % 2 === 1;
  const last = nibble(nibbles.length - 1);
  return [
    { form: "packed BCD", bytes: whole(0), ...(isOdd ? { nibbleAfter: last } : {}) },
    {
      form: "packed BCD, low nibble first",
      bytes: whole(1),
      nibbleBefore: nibble(0),
      ...(isOdd ? {} : { nibbleAfter: last }),
    },
  ];
}

/** The characters that these bytes decide alone, wherever they begin within a group of three. */
function base64Runs(bytes: Buffer, alphabet: "base64" | "base64url"): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(alphabet);
    // 6 bits a character: drop those that a byte before or after also decides.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}
