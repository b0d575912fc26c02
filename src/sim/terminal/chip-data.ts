import type { CardRead } from "./entry-mode.ts";

type Tag = readonly [tag: string, value: string];

/** DE55 of a request: what UnionPay asks of a chip, with made-up contents. Hexadecimal. */
export function chipData(read: CardRead, amount: number, random: () => number): string {
  const tags: Tag[] = [
    ["9F26", hex(8, random)],
    ["9F27", "80"],
    ["9F10", "07010103A00002010A010000000000" + hex(4, random)],
    ["9F37", hex(4, random)],
    ["9F36", hex(2, random)],
    ["95", "0080046800"],
    ["9A", "251122"],
    ["9C", "00"],
    ["9F02", String(amount).padStart(12, "0")],
    ["5F2A", "0156"],
    ["82", "7C00"],
    ["9F1A", "0156"],
    ["9F03", "000000000000"],
    ["9F33", "E0E9C8"],
    ["9F34", read.pin ? "420300" : "1F0300"],
    ["9F35", "22"],
    ["84", "A000000333010101"],
  ];
  // Some kernels hand over the number and its track as well: an observer must not let them out.
  if (read.method === "contactless" && random() < 0.25) {
    tags.push(["5A", packed(read.card.pan)], ["57", packed(read.card.track2.replace("=", "D"))]);
  }
  return tags.map(written).join("");
}

/** DE55 of a reversal, reduced (reference 1.10). */
export function reversalChipData(random: () => number): string {
  const tags: readonly Tag[] = [
    ["95", "0080046800"],
    ["9F10", "07010103A00002010A010000000000" + hex(4, random)],
    ["9F36", hex(2, random)],
  ];
  return tags.map(written).join("");
}

/** Whether an answer's DE55 holds an issuer script (EMV book 3: templates 71 and 72), to be reported by 0620. */
export function hasIssuerScript(de55: Uint8Array): boolean {
  let at = 0;
  while (at + 1 < de55.length) {
    const tag = de55[at] ?? 0;
    if (tag === 0x71 || tag === 0x72) return true;
    // Tags of two bytes have the five low bits of the first all set; lengths here are below 128.
    at += (tag & 0x1f) === 0x1f ? 2 : 1;
    at += 1 + (de55[at] ?? 0);
  }
  return false;
}

function written([tag, value]: Tag): string {
  return tag + (value.length / 2).toString(16).padStart(2, "0") + value;
}

function packed(digits: string): string {
  return digits.length % 2 === 0 ? digits : `${digits}F`;
}

function hex(bytes: number, random: () => number): string {
  return Array.from({ length: bytes }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, "0"),
  ).join("");
}
