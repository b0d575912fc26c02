import { fourDigits, nibbleAt, nibbleNumber, sixDigits, threeDigits, twoDigits } from "../../wire/bcd.ts";
import { Memo } from "../../wire/memo.ts";
import { batchDetails, END_COUNT_DIGITS } from "./batch-field.ts";
import type { Draft } from "./draft.ts";
import { afterFailedChip } from "./entry-mode.ts";
import type { FieldIndex } from "./field-index.ts";
import { hostText, operatorNumber } from "./private-text.ts";
import { SHORTEST_TOTALS, settlementTotals, settlementVerdict } from "./settlement-field.ts";
import { isAnswer } from "./transaction-kind.ts";

const batches = new Memo(sixDigits);

/** DE48, where it is known what it holds: settlement and batch upload. */
export function readAdditional(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  if (!index.has(48)) return;
  if (out.mti.startsWith("05")) readSettlement(out, frame, index);
  else if (out.mti.startsWith("03") && !isAnswer(out.mti)) readUpload(out, frame, index);
}

function readSettlement(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  const at = index.valueStart(48);
  const length = index.length(48);
  if (length < SHORTEST_TOTALS) return index.stopAt(48, at, "lengthUnderMinimum");
  const totals = settlementTotals(frame, at, length);
  if (totals === undefined) return index.stopAt(48, at, "badDigit");
  out.totals = totals;
  if (isAnswer(out.mti)) out.verdict = settlementVerdict(frame, at, length);
}

function readUpload(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  const at = index.valueStart(48);
  const length = index.length(48);
  if (length === END_COUNT_DIGITS) {
    const count = nibbleNumber(frame, 2 * at, END_COUNT_DIGITS);
    if (count < 0) return index.stopAt(48, at, "badDigit");
    out.uploadedCount = count;
    return;
  }
  const details = batchDetails(frame, at, length);
  if (details === undefined) return index.stopAt(48, at, "badDigit");
  out.details = details;
  out.cardPresent = details.some((detail) => detail.card !== undefined);
}

/** DE60: type 2, batch 6, network code 3, terminal capability 1, chip condition 1 (reference iso8583.md, 1.6). */
const TYPE_END = 2;
const BATCH_END = 8;
const CODE_END = 11;
const CHIP_CONDITION = 12;
const CHIP_FAILED = 2;

export function readMessageType(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  if (!index.has(60)) return;
  const at = index.valueStart(60);
  const length = index.length(60);
  const messageType = length < TYPE_END ? undefined : twoDigits(frame, at);
  const batch = length < BATCH_END ? undefined : batches.get(frame, at + 1, at + 4);
  const networkCode = length < CODE_END ? undefined : threeDigits(frame, 2 * at + BATCH_END);
  if (messageType === "" || batch === "" || networkCode === "") return index.stopAt(60, at, "badDigit");
  if (messageType !== undefined) out.messageType = messageType;
  if (batch !== undefined) out.batch = batch;
  if (networkCode !== undefined) out.networkCode = networkCode;
  const chipFailed = length > CHIP_CONDITION && nibbleAt(frame, 2 * at + CHIP_CONDITION) === CHIP_FAILED;
  if (chipFailed && out.entryMode !== undefined) out.entryMode = afterFailedChip(out.entryMode);
}

/** DE61: batch 6, trace number 6, date 4, and what we do not need (reference iso8583.md, 1.7). */
export function readOriginal(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  if (!index.has(61)) return;
  const at = index.valueStart(61);
  const length = index.length(61);
  const batch = length < 6 ? undefined : batches.get(frame, at, at + 3);
  const stan = length < 12 ? undefined : sixDigits(frame, at + 3);
  const date = length < 16 ? undefined : fourDigits(frame, at + 6);
  if (batch === "" || stan === "" || date === "") return index.stopAt(61, at, "badDigit");
  if (batch === undefined) return;
  out.original = {
    batch,
    ...(stan !== undefined && { stan }),
    ...(date !== undefined && { date }),
  };
}

/** DE63: the operator in a request of the terminal's own, the host's texts in any answer. */
export function readTexts(out: Draft, frame: Uint8Array, index: FieldIndex): void {
  if (!index.has(63)) return;
  const start = index.valueStart(63);
  const end = start + index.length(63);
  if (isAnswer(out.mti)) {
    const text = hostText(frame, start, end);
    if (text !== "") out.hostText = text;
  } else if (out.mti.startsWith("08") || out.mti.startsWith("05")) {
    const operator = operatorNumber(frame, start, end);
    if (operator !== "") out.operator = operator;
  }
}
