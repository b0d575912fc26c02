/**
 * `n` digits, `z` track digits with nibble D as separator, `an` and `ans` text, `b` bytes.
 * Lengths count digits for `n` and `z`, bytes for the rest.
 */
export type FieldKind = "n" | "z" | "an" | "ans" | "b";

/** `fixed`, or a packed length of one byte (`LL`) or two (`LLL`) before the value. */
export type FieldLength = "fixed" | "LL" | "LLL";

/** Where an odd number of digits starts in its bytes: `left` leaves the last nibble free, `right` the first. */
export type Alignment = "left" | "right";

/** `freeText` leaves the codec after the card-number finder; of `sensitive` only presence and length leave. */
export type Exposure = "plain" | "freeText" | "sensitive";

export interface FieldSpec {
  readonly de: number;
  readonly name: string;
  readonly kind: FieldKind;
  readonly length: FieldLength;
  /** The longest value; of a fixed field its only length. */
  readonly max: number;
  readonly align: Alignment;
  /** Hexadecimal digit for the free nibble when we write; any is read and kept. */
  readonly pad: string;
  readonly charset: "packed" | "ascii" | "gbk" | "bytes";
  readonly exposure: Exposure;
}

type Row = readonly [number, string, FieldKind, FieldLength, number, Alignment, FieldSpec["charset"], Exposure];

/**
 * The wire of UnionPay POS terminals (reference iso8583.md, 1.2 and 1.3).
 *
 * Rows marked ° are not used there: they have their ISO 8583:1987 format, packed by the same rules, so that a message
 * that carries one can be read past it. A field that is missing here has no packing that sources agree on: a message
 * is read up to it.
 */
// oxfmt-ignore
const ROWS = [
  //de  name                                      kind   length   max  odd      charset   leaves
  [ 2, "primary account number",                 "n",   "LL",    19,  "left",  "packed", "sensitive"],
  [ 3, "processing code",                        "n",   "fixed", 6,   "left",  "packed", "plain"],
  [ 4, "amount",                                 "n",   "fixed", 12,  "left",  "packed", "plain"],
  [ 5, "settlement amount °",                    "n",   "fixed", 12,  "left",  "packed", "plain"],
  [ 6, "cardholder billing amount °",            "n",   "fixed", 12,  "left",  "packed", "plain"],
  [ 7, "transmission date and time °",           "n",   "fixed", 10,  "left",  "packed", "plain"],
  [ 8, "cardholder billing fee °",               "n",   "fixed", 8,   "left",  "packed", "plain"],
  [ 9, "settlement conversion rate °",           "n",   "fixed", 8,   "left",  "packed", "plain"],
  [10, "cardholder billing rate °",              "n",   "fixed", 8,   "left",  "packed", "plain"],
  [11, "trace number (STAN)",                    "n",   "fixed", 6,   "left",  "packed", "plain"],
  [12, "local time hhmmss",                      "n",   "fixed", 6,   "left",  "packed", "plain"],
  [13, "local date MMDD",                        "n",   "fixed", 4,   "left",  "packed", "plain"],
  [14, "expiry YYMM",                            "n",   "fixed", 4,   "left",  "packed", "sensitive"],
  [15, "settlement date MMDD",                   "n",   "fixed", 4,   "left",  "packed", "plain"],
  [16, "conversion date °",                      "n",   "fixed", 4,   "left",  "packed", "plain"],
  [17, "capture date °",                         "n",   "fixed", 4,   "left",  "packed", "plain"],
  [18, "merchant type °",                        "n",   "fixed", 4,   "left",  "packed", "plain"],
  [22, "entry mode",                             "n",   "fixed", 3,   "left",  "packed", "plain"],
  [23, "card sequence number",                   "n",   "fixed", 3,   "right", "packed", "plain"],
  [25, "condition code",                         "n",   "fixed", 2,   "left",  "packed", "plain"],
  [26, "PIN capture code",                       "n",   "fixed", 2,   "left",  "packed", "plain"],
  [32, "acquirer id",                            "n",   "LL",    11,  "left",  "packed", "plain"],
  [33, "forwarding id",                          "n",   "LL",    11,  "left",  "packed", "plain"],
  [35, "track 2",                                "z",   "LL",    37,  "left",  "packed", "sensitive"],
  [36, "track 3",                                "z",   "LLL",   104, "left",  "packed", "sensitive"],
  [37, "retrieval reference number",             "an",  "fixed", 12,  "left",  "ascii",  "plain"],
  [38, "authorisation code",                     "an",  "fixed", 6,   "left",  "ascii",  "plain"],
  [39, "response code",                          "an",  "fixed", 2,   "left",  "ascii",  "plain"],
  [40, "service restriction code °",             "an",  "fixed", 3,   "left",  "ascii",  "plain"],
  [41, "terminal id",                            "ans", "fixed", 8,   "left",  "ascii",  "plain"],
  [42, "merchant id",                            "ans", "fixed", 15,  "left",  "ascii",  "plain"],
  [43, "merchant name",                          "ans", "fixed", 40,  "left",  "gbk",    "plain"],
  [44, "additional response",                    "an",  "LL",    25,  "left",  "ascii",  "plain"],
  [45, "track 1 °",                              "ans", "LL",    76,  "left",  "ascii",  "sensitive"],
  [46, "private",                                "ans", "LLL",   999, "left",  "gbk",    "freeText"],
  [47, "private °",                              "ans", "LLL",   999, "left",  "gbk",    "freeText"],
  [48, "additional data",                        "n",   "LLL",   322, "left",  "packed", "sensitive"],
  [49, "currency",                               "an",  "fixed", 3,   "left",  "ascii",  "plain"],
  [50, "settlement currency °",                  "an",  "fixed", 3,   "left",  "ascii",  "plain"],
  [51, "cardholder billing currency °",          "an",  "fixed", 3,   "left",  "ascii",  "plain"],
  [52, "PIN block",                              "b",   "fixed", 8,   "left",  "bytes",  "sensitive"],
  [53, "security control",                       "n",   "fixed", 16,  "left",  "packed", "plain"],
  [54, "additional amounts",                     "an",  "LLL",   20,  "left",  "ascii",  "plain"],
  [55, "ICC data",                               "b",   "LLL",   255, "left",  "bytes",  "sensitive"],
  [56, "private",                                "ans", "LLL",   999, "left",  "gbk",    "freeText"],
  [57, "private °",                              "ans", "LLL",   999, "left",  "gbk",    "freeText"],
  [58, "private",                                "ans", "LLL",   999, "left",  "gbk",    "freeText"],
  [59, "private",                                "ans", "LLL",   999, "left",  "gbk",    "freeText"],
  [60, "message type, batch, network code",      "n",   "LLL",   17,  "left",  "packed", "plain"],
  [61, "original message",                       "n",   "LLL",   29,  "left",  "packed", "freeText"],
  [62, "keys, parameters",                       "b",   "LLL",   512, "left",  "bytes",  "sensitive"],
  [63, "operator, texts",                        "ans", "LLL",   163, "left",  "gbk",    "freeText"],
  [64, "MAC",                                    "b",   "fixed", 8,   "left",  "bytes",  "sensitive"],
] as const satisfies readonly Row[];

/** The fields that the table has. */
export type FieldNumber = (typeof ROWS)[number][0];
export const FIELD_NUMBERS: readonly FieldNumber[] = ROWS.map(([de]) => de);

/** The pad nibble of every row; some terminals write F, which is kept (reference 1.2). */
const PAD = "0";

/** Field number to its row; `undefined` where the table has none. */
export const FIELDS: readonly (FieldSpec | undefined)[] = byNumber(ROWS);

function byNumber(rows: readonly Row[]): (FieldSpec | undefined)[] {
  const fields = Array.from<FieldSpec | undefined>({ length: 65 });
  for (const [de, name, kind, length, max, align, charset, exposure] of rows) {
    fields[de] = { de, name, kind, length, max, align, pad: PAD, charset, exposure };
  }
  return fields;
}

export function countsDigits(spec: FieldSpec): boolean {
  return spec.kind === "n" || spec.kind === "z";
}

/** Bytes that a value of `length` digits or bytes takes. */
export function valueBytes(spec: FieldSpec, length: number): number {
  return countsDigits(spec) ? (length + 1) >> 1 : length;
}
