/** Worldpay's, Adyen's and other acquirers' pages on Visa's rules agree on these; what is in no list is 4. */
const LISTED: readonly (readonly [1 | 2 | 3, string])[] = [
  [1, "04 07 12 14 15 41 43 46 57 R0 R1 R3"],
  [2, "03 19 51 59 61 62 65 75 78 86 91 93 96 5C 9G"],
  [3, "54 55 70 82 6P 1A N7"],
];

const BY_CODE: ReadonlyMap<string, 1 | 2 | 3> = new Map(
  LISTED.flatMap(([category, codes]) => codes.split(" ").map((code) => [code, category] as const)),
);

/** For answers that are no approval. */
export function visaCategory(code: string): 1 | 2 | 3 | 4 {
  return BY_CODE.get(code) ?? 4;
}
