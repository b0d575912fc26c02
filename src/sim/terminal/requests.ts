import { assertNever } from "../../domain/assert-never.ts";
import type { TransactionKind } from "../../domain/transaction.ts";
import { lllBytes, lllDigits, llDigits, packed, type RawField, text } from "../acquirer/compose.ts";
import { chipData, reversalChipData } from "./chip-data.ts";
import { type CardRead, entryModeCode } from "./entry-mode.ts";
import type { JournalEntry } from "./journal.ts";

/** What stands in every message of one terminal. */
export interface TerminalIdentity {
  readonly de41: string;
  readonly de42: string;
  /** DE49, ISO 4217 number. */
  readonly currency: string;
}

/** How a kind of transaction is written (reference 1.5). */
interface KindCodes {
  readonly mti: "0100" | "0200" | "0220";
  readonly processingCode: string;
  readonly condition: string;
  /** DE60.1. */
  readonly type: string;
  /** Whether doubt ends in a reversal; otherwise an 0220 is repeated and an 0200 forgotten. */
  readonly isReversed: boolean;
}

export function kindCodes(kind: TransactionKind): KindCodes {
  switch (kind) {
    case "sale":
      return { mti: "0200", processingCode: "000000", condition: "00", type: "22", isReversed: true };
    case "saleVoid":
      return { mti: "0200", processingCode: "200000", condition: "00", type: "23", isReversed: true };
    case "refund":
      return { mti: "0220", processingCode: "200000", condition: "00", type: "25", isReversed: false };
    case "preAuth":
      return { mti: "0100", processingCode: "030000", condition: "06", type: "10", isReversed: true };
    case "preAuthAddOn":
      return { mti: "0100", processingCode: "030000", condition: "60", type: "10", isReversed: true };
    case "preAuthVoid":
      return { mti: "0100", processingCode: "200000", condition: "06", type: "11", isReversed: true };
    case "completion":
      return { mti: "0200", processingCode: "000000", condition: "06", type: "20", isReversed: true };
    case "completionAdvice":
      return { mti: "0220", processingCode: "000000", condition: "06", type: "24", isReversed: false };
    case "completionVoid":
      return { mti: "0200", processingCode: "200000", condition: "06", type: "21", isReversed: true };
    case "offlineSale":
      return { mti: "0220", processingCode: "000000", condition: "00", type: "30", isReversed: false };
    case "balance":
      return { mti: "0200", processingCode: "310000", condition: "00", type: "01", isReversed: false };
    case "adjustment":
    case "other":
      throw new RangeError(`this terminal does not offer: ${kind}`);
    default:
      return assertNever(kind);
  }
}

export interface TransactionDraft {
  readonly kind: TransactionKind;
  readonly amount: number;
  readonly stan: string;
  readonly batch: string;
  readonly read: CardRead;
  /** Eight bytes in hexadecimal, when the holder keyed a PIN. */
  readonly pinBlock?: string;
  /** The transaction that this one voids, completes or refunds. */
  readonly original?: JournalEntry;
  /** A reader or a setting that loses the number: neither DE2 nor a track goes out. */
  readonly withoutCardNumber?: boolean;
}

/** Kinds that repeat the original's reference number in DE37 (reference 1.8). */
const NAMES_RRN: ReadonlySet<TransactionKind> = new Set<TransactionKind>(["saleVoid", "refund", "completionVoid"]);

/** Fields of a transaction in ascending order, without DE64. */
export function transactionFields(
  draft: TransactionDraft,
  identity: TerminalIdentity,
  random: () => number,
): readonly RawField[] {
  const { kind, amount, read } = draft;
  const codes = kindCodes(kind);
  const hasChip = read.method === "chip" || read.method === "contactless";
  // 60.4 says what the terminal can read; 60.6, partial approval, is sent by some terminals only.
  const type = `${codes.type}${draft.batch}000${hasChip ? "60" : "20"}${random() < 0.5 ? "" : "0"}`;
  const fields: RawField[] = [
    [3, packed(codes.processingCode)],
    [11, packed(draft.stan)],
    [22, packed(`${entryModeCode(read)}0`)],
    [25, packed(codes.condition)],
    ...identityFields(identity),
    [49, text(identity.currency, 3)],
    [60, lllDigits(type)],
    ...cardFields(draft, random),
    ...pinFields(draft.pinBlock, random),
    ...originalFields(draft, random),
  ];
  if (kind !== "balance") fields.push([4, packed(String(amount).padStart(12, "0"))]);
  if (hasChip) {
    fields.push([23, packed(`0${read.card.sequence}`)]);
    fields.push([55, lllBytes(Buffer.from(chipData(read, amount, random), "hex"))]);
  }
  return ascending(fields);
}

function cardFields({ read, withoutCardNumber }: TransactionDraft, random: () => number): readonly RawField[] {
  if (withoutCardNumber === true) return [];
  const { card, method } = read;
  const hasTrack = method !== "keyed";
  const fields: RawField[] = [];
  // With a track many terminals leave DE2 out (reference 1.8).
  if (!hasTrack || random() < (method === "magstripe" ? 0.5 : 0.85)) {
    fields.push([2, llDigits(card.pan)], [14, packed(card.expiry)]);
  }
  if (hasTrack) fields.push([35, llDigits(packedTrack(card.track2))]);
  if (method === "magstripe" && card.track3 !== undefined) fields.push([36, lllDigits(packedTrack(card.track3))]);
  return fields;
}

/** DE26: longest PIN. DE53: whether DE52 holds a PIN block that includes the number, 3DES (reference 1.4). */
function pinFields(pinBlock: string | undefined, random: () => number): readonly RawField[] {
  if (pinBlock === undefined) return [[53, packed("0600000000000000")]];
  return [
    [26, packed(random() < 0.5 ? "06" : "12")],
    [52, packed(pinBlock)],
    [53, packed("2600000000000000")],
  ];
}

function originalFields({ kind, original }: TransactionDraft, random: () => number): readonly RawField[] {
  if (original === undefined) return [];
  const { rrn, authCode, batch, stan, date = "0000" } = original;
  // A void within the batch may do without the date.
  const withDate = kind !== "saleVoid" || random() < 0.5;
  const fields: RawField[] = [[61, lllDigits(batch + stan + (withDate ? date : ""))]];
  if (rrn !== undefined && NAMES_RRN.has(kind)) fields.push([37, text(rrn, 12)]);
  if (authCode !== undefined) fields.push([38, text(authCode, 6)]);
  return fields;
}

/** The 0400 that would undo a request: what it kept of it, without tracks, PIN and old references (reference 1.8, 1.10). */
export function reversalFields(
  request: readonly RawField[],
  draft: TransactionDraft,
  random: () => number,
): readonly RawField[] {
  const kept: readonly number[] = [3, 4, 11, 14, 22, 23, 25, 38, 41, 42, 49, 53, 60, 61];
  const fields = request.filter(([de]) => kept.includes(de));
  if (draft.withoutCardNumber !== true) fields.push([2, llDigits(draft.read.card.pan)]);
  if (request.some(([de]) => de === 55)) fields.push([55, lllBytes(Buffer.from(reversalChipData(random), "hex"))]);
  // Some terminals always name the original, others only where the request had one.
  if (draft.original === undefined && random() < 0.5) {
    fields.push([61, lllDigits(`${draft.batch}${draft.stan}0000`)]);
  }
  return ascending(fields);
}

/** Sign-in and the like: DE60 of eleven digits, no MAC. */
export function managementFields(
  stan: string,
  batch: string,
  networkCode: string,
  identity: TerminalIdentity,
  extra: readonly RawField[] = [],
): readonly RawField[] {
  return ascending([
    [11, packed(stan)],
    ...identityFields(identity),
    [60, lllDigits(`00${batch}${networkCode}`)],
    ...extra,
  ]);
}

export function ascending(fields: readonly RawField[]): readonly RawField[] {
  return fields.toSorted(([a], [b]) => a - b);
}

function identityFields({ de41, de42 }: TerminalIdentity): readonly RawField[] {
  return [
    [41, text(de41, 8)],
    [42, text(de42, 15)],
  ];
}

/** The separator is nibble D on the wire. */
function packedTrack(track: string): string {
  return track.replace("=", "D");
}
