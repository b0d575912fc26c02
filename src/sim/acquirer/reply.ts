import type { TransactionKind } from "../../domain/transaction.ts";
import {
  composeWire,
  type Envelope,
  llDigits,
  llText,
  lllBytes,
  lllDigits,
  packed,
  type RawField,
  text,
} from "./compose.ts";
import type { Course } from "./course.ts";
import type { WireFraming } from "./frames.ts";
import type { HostTime } from "./host-clock.ts";
import { hostText } from "./host-texts.ts";
import type { HostRequest } from "./request.ts";

/** What a reply says beyond what the request said. */
export interface Verdict {
  /** DE39. */
  readonly code: string;
  /** DE37, twelve digits. */
  readonly rrn: string;
  /** DE38. */
  readonly authCode?: string;
  /** DE4 when less than asked was approved. */
  readonly approvedAmount?: number;
}

/** How the host writes, whatever it answers. */
export interface HostHand {
  readonly framing: WireFraming;
  /** Replies with source and destination of the TPDU exchanged. Hosts differ (reference 1.1). */
  readonly tpduSwap: boolean;
  /** Declined replies with blanks for DE42, as some hosts do (reference 1.8). */
  readonly blankMerchantOnDecline: boolean;
}

/** DE32 and DE44 of this host: an acquirer and an issuer of no country's. */
const ACQUIRER_ID = llDigits("48200000");
const ADDITIONAL_RESPONSE = llText("0102010000 48200000   ".padEnd(22));
/** DE54: account 10, available balance 02, CNY, credit, 12 digits. */
const BALANCE = lllBytes(Buffer.from("1002156C000001234567", "latin1"));
/** DE55 of an approval by chip: issuer authentication data (tag 91), dummy. */
const AUTHENTICATION_HEX = "910a11223344556677883030";
const ISSUER_AUTHENTICATION = lllBytes(Buffer.from(AUTHENTICATION_HEX, "hex"));
/** The same with an issuer script (tag 72), dummy. */
const ISSUER_SCRIPT = lllBytes(Buffer.from(`${AUTHENTICATION_HEX}72099f180400000001860100`, "hex"));
/** DE62 of a download: time-out 60 s, three redials, three reversal resends (reference 1.7). */
const PARAMETERS = lllBytes(Buffer.from("126013323", "latin1"));

const RESPONSE_MTI: ReadonlyMap<string, string> = new Map(
  ["0100", "0200", "0220", "0320", "0400", "0500", "0620", "0800", "0820"].map((mti) => [
    mti,
    String(Number(mti) + 10).padStart(4, "0"),
  ]),
);

type Slot = RawField | undefined;

export function transactionReply(
  kind: TransactionKind,
  request: HostRequest,
  verdict: Verdict,
  approved: boolean,
  course: Course,
  time: HostTime,
): readonly Slot[] {
  const { message } = request;
  const hasChip = message.has(55);
  return [
    kept(request, 2),
    kept(request, 3),
    verdict.approvedAmount === undefined
      ? kept(request, 4)
      : [4, packed(String(verdict.approvedAmount).padStart(12, "0"))],
    kept(request, 11),
    [12, time.time],
    [13, time.date],
    ...(approved ? ([kept(request, 14), [15, time.settlementDate], kept(request, 23)] satisfies Slot[]) : []),
    kept(request, 25),
    [32, ACQUIRER_ID],
    [37, text(verdict.rrn, 12)],
    verdict.authCode === undefined ? undefined : [38, text(verdict.authCode, 6)],
    [39, text(verdict.code, 2)],
    kept(request, 41),
    kept(request, 42),
    [44, ADDITIONAL_RESPONSE],
    kept(request, 49),
    ...(approved ? ([kept(request, 53)] satisfies Slot[]) : []),
    approved && kind === "balance" ? [54, BALANCE] : undefined,
    approved && hasChip ? [55, course.script === true ? ISSUER_SCRIPT : ISSUER_AUTHENTICATION] : undefined,
    kept(request, 60),
    [63, lllBytes(privateText(request, verdict.code))],
  ];
}

export function reversalReply(request: HostRequest, verdict: Verdict, time: HostTime): readonly Slot[] {
  return [
    kept(request, 2),
    kept(request, 3),
    kept(request, 4),
    kept(request, 11),
    [12, time.time],
    [13, time.date],
    [15, time.settlementDate],
    kept(request, 23),
    kept(request, 25),
    [32, ACQUIRER_ID],
    [37, text(verdict.rrn, 12)],
    [39, text(verdict.code, 2)],
    kept(request, 41),
    kept(request, 42),
    [44, ADDITIONAL_RESPONSE],
    kept(request, 49),
    kept(request, 60),
  ];
}

/** Sign-in, sign-off, echo, downloads, notices, batch upload; `extra` is DE48, DE62 or DE63 of the kind. */
export function managementReply(
  request: HostRequest,
  verdict: Verdict,
  time: HostTime,
  extra: readonly RawField[] = [],
): readonly Slot[] {
  const fields: Slot[] = [
    kept(request, 11),
    [12, time.time],
    [13, time.date],
    [32, ACQUIRER_ID],
    [37, text(verdict.rrn, 12)],
    [39, text(verdict.code, 2)],
    kept(request, 41),
    kept(request, 42),
    kept(request, 60),
    ...extra,
  ];
  return fields.sort((a, b) => (a?.[0] ?? 0) - (b?.[0] ?? 0));
}

/** DE62 of a sign-in: encrypted keys of 24, 40 or 60 bytes by DE60.3 (reference 1.7); here dummies. */
export function keyBlock(networkCode: string, random: () => number): RawField {
  const length = networkCode === "001" ? 24 : networkCode === "004" ? 60 : 40;
  return [62, lllBytes(Uint8Array.from({ length }, () => Math.floor(random() * 256)))];
}

export function parameters(): RawField {
  return [62, PARAMETERS];
}

export function settlementFigures(de48: string, request: HostRequest, time: HostTime): readonly RawField[] {
  const currency = request.message.raw(49);
  return [
    [15, time.settlementDate],
    [48, lllDigits(de48)],
    ...(currency === undefined ? [] : [[49, currency] as const]),
    [63, lllBytes(Buffer.from("CUP", "latin1"))],
  ];
}

/** The whole frame, as `course` and the host's habits of writing want it. */
export function writeReply(
  request: HostRequest,
  slots: readonly Slot[],
  mac: Envelope["mac"],
  course: Course,
  code: string,
  hand: HostHand,
): Buffer {
  const { message } = request;
  const blank = hand.blankMerchantOnDecline && code !== "00";
  const fields: RawField[] = [];
  for (const slot of slots) {
    if (slot === undefined) continue;
    const [de] = slot;
    if (de === 41 && course.delivery === "wrongTerminal") fields.push([41, anotherTerminal(request.de41)]);
    else if (de === 42 && blank) fields.push([42, text("", 15)]);
    else fields.push(slot);
  }
  const envelope = {
    tpdu: hand.tpduSwap ? swapped(message.tpdu) : message.tpdu,
    header: message.header,
    mac: mac === "good" ? course.mac : mac,
  };
  return composeWire(RESPONSE_MTI.get(message.mti) ?? message.mti, fields, envelope, hand.framing);
}

function kept(request: HostRequest, de: number): Slot {
  const raw = request.message.raw(de);
  return raw === undefined ? undefined : [de, raw];
}

/** 63.1 card organisation, 63.2 what people shall read. */
function privateText(request: HostRequest, code: string): Buffer {
  const said = hostText(code);
  const organisation = Buffer.from(organisationOf(request.card?.first6 ?? ""), "latin1");
  if (said === undefined) return organisation;
  return Buffer.concat([organisation, said, Buffer.alloc(20 - said.length, " ")]);
}

function organisationOf(first6: string): string {
  if (first6.startsWith("4")) return "VIS";
  if (/^5[1-5]/.test(first6)) return "MCC";
  if (/^3[47]/.test(first6)) return "AMX";
  return "CUP";
}

function anotherTerminal(de41: string): Buffer {
  const last = de41.at(-1) === "9" ? "0" : "9";
  return text(de41.slice(0, -1) + last, 8);
}

function swapped(tpdu: Buffer): Buffer {
  if (tpdu.length !== 5) return tpdu;
  return Buffer.concat([tpdu.subarray(0, 1), tpdu.subarray(3, 5), tpdu.subarray(1, 3)]);
}
