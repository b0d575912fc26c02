/**
 * DE63.2: what hosts write for people, in GBK (Node can read GBK but not write it, hence bytes). Chinese meanings from
 * the reference's table of response codes, chapter 2.2.
 */
const GBK_BY_CODE: ReadonlyMap<string, string> = new Map([
  ["03", "ceded0a7c9ccbba7"],
  ["05", "b2bbd3e8b3d0b6d2"],
  ["14", "ceded0a7bfa8bac5"],
  ["51", "d3e0b6eeb2bbd7e3"],
  ["54", "b9fdc6dab5c4bfa8"],
  ["55", "c3dcc2ebb4ed"],
  ["96", "cfb5cdb3d2ecb3a3"],
]);

/** Bytes in GBK; none for a code without a text. */
export function hostText(code: string): Buffer | undefined {
  const hex = GBK_BY_CODE.get(code);
  return hex === undefined ? undefined : Buffer.from(hex, "hex");
}
