// What a till sends, as far as a terminal must know it. A second, minimal reader: the books take amounts and receipts from
// here, so that a driver that writes a wrong amount is found out.

/** Members that were not sent are absent. */
export interface TillCommand {
  /** CLASS and INSTR as one number. */
  readonly code: number;
  /** Position in the order of arrival is the books' matter; these are the bytes. */
  readonly apdu: Uint8Array;
  /** BMP 04, smallest unit. */
  readonly amount?: number;
  /** BMP 87; `open` for FFFF, which asks for all open holds. */
  readonly receipt?: number | "open";
  /** BMP 49, or what stands in a registration. */
  readonly currency?: number;
  /** Of a registration. */
  readonly configByte?: number;
  /** Of a registration: TLV 26. */
  readonly permitted?: readonly number[];
  /** Of a registration: TLV 14. */
  readonly charset?: number;
  /** It has TLVs, so the till understands them. */
  readonly hasTlv?: true;
  /** BMP AA, YYMMDD, and 0C, hhmmss. */
  readonly date?: string;
  readonly time?: string;
  /** A field that is in no list. */
  readonly unknownField?: number;
  /** It cannot be read to the end. */
  readonly broken?: true;
}

type Writable = { -readonly [Member in keyof TillCommand]: TillCommand[Member] };

/** Commands that begin with a password of three bytes, in PA00P015, chapter 2. */
const WITH_PASSWORD = new Set([
  0x0600, 0x0610, 0x0612, 0x0618, 0x061a, 0x061b, 0x0620, 0x0630, 0x0631, 0x0650, 0x0679, 0x0691, 0x0693, 0x0501,
]);

const REGISTRATION = 0x0600;

export function readTillCommand(apdu: Uint8Array): TillCommand {
  const [high = 0, low = 0, length] = apdu;
  const out: Writable = { code: high * 0x100 + low, apdu };
  const data = Array.from(apdu.subarray(length === 0xff ? 5 : 3));
  if (WITH_PASSWORD.has(out.code)) data.splice(0, 3);
  if (out.code === REGISTRATION) readRegistration(out, data);
  readFields(out, data);
  return out;
}

/** Takes config byte and currency away from the front. The currency may be missing: fields 03 and 06 are no currency. */
function readRegistration(out: Writable, data: number[]): void {
  const configByte = data.shift();
  if (configByte === undefined) out.broken = true;
  else out.configByte = configByte;
  const [next] = data;
  if (next === undefined || next === 0x03 || next === 0x06) return;
  out.currency = Number(hex(data.splice(0, 2)));
}

function readFields(out: Writable, data: number[]): void {
  for (let name = data.shift(); name !== undefined; name = data.shift()) {
    const length = takeLength(name, data);
    if (length === "unknown") {
      out.unknownField = name;
      return;
    }
    if (length > data.length) {
      out.broken = true;
      return;
    }
    readField(out, name, data.splice(0, length));
  }
}

const DECIMAL = [0x04, 0x87, 0x49, 0xaa, 0x0c];
const NO_RECEIPT = "FFFF";

function readField(out: Writable, name: number, value: readonly number[]): void {
  const digits = hex(value);
  if (DECIMAL.includes(name) && !/^\d+$/.test(digits) && digits !== NO_RECEIPT) {
    out.broken = true;
    return;
  }
  switch (name) {
    case 0x04:
      out.amount = Number(digits);
      return;
    case 0x87:
      out.receipt = digits === NO_RECEIPT ? "open" : Number(digits);
      return;
    case 0x49:
      out.currency = Number(digits);
      return;
    case 0xaa:
      out.date = digits;
      return;
    case 0x0c:
      out.time = digits;
      return;
    case 0x06:
      out.hasTlv = true;
      readContainer(out, [...value]);
      return;
  }
}

/** Registration only has short tags that matter: 14 and 26, and 0A inside of it. */
function readContainer(out: Writable, value: number[]): void {
  for (let tag = value.shift(); tag !== undefined; tag = value.shift()) {
    if (tag % 0x20 === 0x1f) value.shift();
    const element = value.splice(0, takeBerLength(value));
    if (tag === 0x14) out.charset = element[0] ?? 0xff;
    if (tag === 0x26) readContainer(out, element);
    if (tag === 0x0a) out.permitted = [...(out.permitted ?? []), Number.parseInt(hex(element), 16)];
  }
}

/** Fields of PA00P015, chapter 8, by length. */
// oxfmt-ignore
const FIXED: readonly (readonly [bytes: number, names: readonly number[]])[] = [
  [1, [0x01, 0x02, 0x03, 0x05, 0x19, 0x27, 0x8a, 0x8c, 0xa0, 0xd0, 0xd2, 0xd3, 0xe0, 0xe9, 0xea, 0xf0, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd,
    0x72, 0x73, 0x74, 0x75]],
  [2, [0x0d, 0x0e, 0x17, 0x3a, 0x49, 0x87]],
  [3, [0x0b, 0x0c, 0x37, 0x3d, 0x88, 0xaa]],
  [4, [0x29, 0x70, 0x71]],
  [5, [0xba]],
  [6, [0x04]],
  [8, [0x3b, 0xeb]],
  [15, [0x2a]],
];

// oxfmt-ignore
const LL = [0x22, 0x23, 0x2d, 0x4c, 0x8b, 0xa7, 0xd1, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5,
  0xf6, 0xf7, 0xf8];
const LLL = [0x24, 0x2e, 0x3c, 0x60, 0x92, 0x9a, 0xaf];

function takeLength(name: number, data: number[]): number | "unknown" {
  if (name === 0x06) return takeBerLength(data);
  if (LL.includes(name)) return takeDigits(data, 2);
  if (LLL.includes(name)) return takeDigits(data, 3);
  return FIXED.find(([, names]) => names.includes(name))?.[0] ?? "unknown";
}

function takeDigits(data: number[], count: number): number {
  return data.splice(0, count).reduce((sum, byte) => sum * 10 + (byte % 0x10), 0);
}

function takeBerLength(data: number[]): number {
  const first = data.shift() ?? 0;
  if (first < 0x80) return first;
  return data.splice(0, first - 0x80).reduce((sum, byte) => sum * 0x100 + byte, 0);
}

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("");
}
