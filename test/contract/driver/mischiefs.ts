import type { Mischief } from "./world.ts";

export const GARBAGE = [
  ["garbage comes", Uint8Array.from({ length: 40 }, (_, i) => (i * 37 + 11) & 0xff)],
  ["a burst of one byte comes", new Uint8Array(300).fill(0xff)],
] as const;

/** What may happen at any step of a protocol. */
export const MISCHIEFS: readonly (readonly [what: string, mischief: Mischief])[] = [
  ["the link is lost", { type: "cut" }],
  ["the terminal falls silent", { type: "silence" }],
  ...GARBAGE.map(([what, bytes]): readonly [string, Mischief] => [what, { type: "garbage", bytes }]),
  ["the terminal sends without end", { type: "flood" }],
];
