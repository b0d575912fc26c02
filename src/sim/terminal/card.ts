import { drawWeighted, type Weighted } from "../weighted.ts";

/** An invented card. Nothing here was ever issued: every number lies in a range that no bank uses, with a valid check digit. */
export interface Card {
  readonly pan: string;
  /** YYMM. */
  readonly expiry: string;
  /** DE23. */
  readonly sequence: string;
  /** DE35, `=` as separator. */
  readonly track2: string;
  /** DE36 of cards that have a third track. */
  readonly track3?: string;
  readonly hasChip: boolean;
  /** Settles with the foreign cards. */
  readonly isForeign: boolean;
}

interface Make {
  /** First digits. */
  readonly prefix: string;
  readonly digits: number;
  readonly hasChip: boolean;
  readonly hasTrack3?: true;
}

/** What a Chinese shop sees, by weight; lengths even and odd, since packing differs (reference 1.2). */
const MAKES: readonly [Weighted<Make>, ...Weighted<Make>[]] = [
  [{ prefix: "6212340000", digits: 16, hasChip: true }, 45],
  [{ prefix: "6212340000", digits: 19, hasChip: true }, 35],
  [{ prefix: "6212340000", digits: 16, hasChip: false, hasTrack3: true }, 8],
  [{ prefix: "4000000000", digits: 16, hasChip: true }, 6],
  [{ prefix: "5100000000", digits: 16, hasChip: true }, 4],
  [{ prefix: "3700000000", digits: 15, hasChip: false }, 2],
];

const TRACK2_DIGITS = 37;
/** DE36 is longer than any track 2; 104 digits are its bound. */
const TRACK3_DIGITS = 104;

/** Draws a card. The same numbers come again only by chance; a shop keeps a deck. */
export function inventCard(random: () => number): Card {
  const make = drawWeighted(MAKES, random());
  const pan = withCheckDigit(make.prefix + digits(make.digits - make.prefix.length - 1, random));
  const expiry = `${26 + Math.floor(random() * 6)}${String(1 + Math.floor(random() * 12)).padStart(2, "0")}`;
  // Service code 2xx: the card has a chip (ISO/IEC 7813).
  const serviceCode = make.hasChip ? "220" : "120";
  const lead = `${pan}=${expiry}${serviceCode}`;
  // A magnetic reader hands over tracks of odd length too.
  const length = random() < 0.5 ? TRACK2_DIGITS : TRACK2_DIGITS - 1;
  const track2 = lead + digits(length - lead.length, random);
  const lead3 = `99${pan}=1561560`;
  return {
    pan,
    expiry,
    sequence: "001",
    track2,
    ...(make.hasTrack3 === true ? { track3: lead3 + digits(TRACK3_DIGITS - lead3.length, random) } : {}),
    hasChip: make.hasChip,
    isForeign: !make.prefix.startsWith("62"),
  };
}

/** Completes a card number so that it passes ISO/IEC 7812-1, annex B. */
export function withCheckDigit(payload: string): string {
  let sum = 0;
  for (let i = 0; i < payload.length; i++) {
    const digit = Number(payload[payload.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return payload + String((10 - (sum % 10)) % 10);
}

function digits(count: number, random: () => number): string {
  return Array.from({ length: count }, () => Math.floor(random() * 10)).join("");
}
