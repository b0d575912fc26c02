import type { TransactionKind } from "../../domain/transaction.ts";
import type { WireMessage } from "../acquirer/wire.ts";
import { dummyMac, NO_MAC } from "../dummy-mac.ts";
import { hasIssuerScript } from "./chip-data.ts";
import { adviseOne, failure, noteAnswer, payDebts } from "./debts.ts";
import type { Device } from "./device.ts";
import type { CardRead } from "./entry-mode.ts";
import type { JournalEntry } from "./journal.ts";
import type { PendingReversal } from "./memory.ts";
import { kindCodes, reversalFields, type TransactionDraft, transactionFields } from "./requests.ts";
import type { Shown } from "./shown.ts";

/** One transaction as the cashier asks for it. */
export interface Order {
  readonly kind: TransactionKind;
  readonly amount: number;
  readonly read: CardRead;
  readonly original?: JournalEntry;
  readonly withoutCardNumber?: boolean;
  /** The chip fails after the host has approved: the terminal reverses with reason 96. */
  readonly chipFails?: boolean;
}

/** Codes after which a terminal must sign in again (reference, response codes). */
const SIGN_IN_AGAIN: ReadonlySet<string> = new Set(["77", "99", "A0"]);
const APPROVALS: ReadonlySet<string> = new Set(["00", "10", "11", "16", "A2", "A4", "A5", "A6"]);
const GBK = new TextDecoder("gbk");

/** Real terminals hold 200 to 2,000 and then want to settle; the counts of a 0500 have three digits (reference 1.9). */
const JOURNAL_ENTRIES = 900;

/** Does one transaction from the debts before it to the advice after it. */
export async function transact(device: Device, order: Order, power: AbortSignal): Promise<Shown> {
  const { memory } = device.parts;
  if (!memory.isSignedIn) return { shown: "signInFirst" };
  if (memory.journal.length >= JOURNAL_ENTRIES) return { shown: "journalFull" };
  const stopped = await payDebts(device, power);
  if (stopped !== undefined) return stopped;
  const draft = draftOf(device, order);
  const entry = entryOf(draft);
  memory.remember(entry, order.read.card);
  if (kindCodes(order.kind).mti === "0220") return advise(device, draft, entry, power);
  const shown = await askOnline(device, draft, entry, order.chipFails === true, power);
  // One stored advice trickles out after each online transaction (reference 1.10).
  if (shown.shown === "approved" || shown.shown === "declined") await adviseOne(device, power);
  return shown;
}

/** The advice is stored first and repeated for as long as nobody answers it. Older ones go before it. */
async function advise(
  device: Device,
  draft: TransactionDraft,
  entry: JournalEntry,
  power: AbortSignal,
): Promise<Shown> {
  const { memory, identity, random } = device.parts;
  memory.advices.push({ entry, fields: transactionFields(draft, identity, random) });
  while (memory.advices.some((advice) => advice.entry === entry)) {
    const stopped = await adviseOne(device, power);
    if (stopped !== undefined) return { ...stopped, entry };
  }
  const code = entry.code ?? "";
  return entry.result === "approved" ? { shown: "approved", code, entry } : { shown: "declined", code, entry };
}

async function askOnline(
  device: Device,
  draft: TransactionDraft,
  entry: JournalEntry,
  chipFails: boolean,
  power: AbortSignal,
): Promise<Shown> {
  const { memory, identity, random, log } = device.parts;
  const { mti, isReversed } = kindCodes(draft.kind);
  const fields = transactionFields(draft, identity, random);
  const owed: PendingReversal = {
    entry,
    fields: reversalFields(fields, draft, random),
    reason: "98",
    attempts: 0,
  };
  const exchange = await device.ask(mti, fields, "good", power, () => {
    if (isReversed) memory.reversal = owed;
    entry.result = "pending";
    entry.timesSent += 1;
  });
  if (exchange.kind !== "answered") {
    log.warn(`terminal.${draft.kind}`, { stan: draft.stan, amount: draft.amount, failed: exchange.kind });
    return { ...failure(exchange), entry };
  }
  const { message } = exchange;
  const code = message.text(39) ?? "";
  const fault = faultOf(device, draft, message, code, chipFails);
  log.info(`terminal.${draft.kind}`, {
    stan: draft.stan,
    amount: draft.amount,
    code,
    ...(fault === undefined ? {} : { fault }),
  });
  if (fault !== undefined) {
    owed.reason = fault;
    if (!isReversed) entry.result = "declined";
    return { shown: "badAnswer", reason: fault, entry };
  }
  if (isReversed) memory.reversal = undefined;
  return concluded(device, draft, entry, message, code);
}

/** A valid answer: the reversal is no longer owed. */
function concluded(
  device: Device,
  draft: TransactionDraft,
  entry: JournalEntry,
  message: WireMessage,
  code: string,
): Shown {
  const { memory } = device.parts;
  entry.code = code;
  noteAnswer(entry, message);
  if (!APPROVALS.has(code)) {
    entry.result = "declined";
    if (SIGN_IN_AGAIN.has(code)) memory.isSignedIn = false;
    const said = GBK.decode(message.content(63)?.subarray(3)).trim();
    return { shown: "declined", code, entry, ...(said === "" ? {} : { text: said }) };
  }
  entry.result = "approved";
  if (code === "10") entry.approvedAmount = Number(message.digits(4) ?? draft.amount);
  const chip = message.content(55);
  if (chip !== undefined && hasIssuerScript(chip)) memory.owesScriptNotice = true;
  return { shown: "approved", code, entry };
}

/**
 * Why an answer cannot be used, as the reason of the reversal. A real terminal checks DE3, DE4 unless the code is 10,
 * and DE42 and the MAC only when it is 00 (reference 1.8).
 */
function faultOf(
  device: Device,
  draft: TransactionDraft,
  message: WireMessage,
  code: string,
  chipFails: boolean,
): "A0" | "96" | "06" | undefined {
  const amount = message.digits(4);
  if (message.digits(3) !== kindCodes(draft.kind).processingCode) return "06";
  if (code !== "10" && amount !== undefined && Number(amount) !== draft.amount) return "06";
  if (code !== "00") return undefined;
  if (message.text(42) !== device.parts.identity.de42) return "06";
  const mac = message.text(64);
  if (mac !== undefined && mac !== NO_MAC && mac !== dummyMac(message.macScope())) return "A0";
  return chipFails ? "96" : undefined;
}

function draftOf(device: Device, order: Order): TransactionDraft {
  const { memory, random } = device.parts;
  const { card, pin } = order.read;
  const pinBlock = pin ? dummyPinBlock(random) : undefined;
  device.used("card number", card.pan);
  device.used("track 2", card.track2);
  if (card.track3 !== undefined) device.used("track 3", card.track3);
  if (pinBlock !== undefined) device.used("PIN block", pinBlock);
  return {
    kind: order.kind,
    amount: order.amount,
    stan: memory.takeStan(),
    batch: memory.batch,
    read: order.read,
    ...(pinBlock === undefined ? {} : { pinBlock }),
    ...(order.original === undefined ? {} : { original: order.original }),
    ...(order.withoutCardNumber === true ? { withoutCardNumber: true } : {}),
  };
}

function entryOf({ kind, amount, stan, batch, read: { card } }: TransactionDraft): JournalEntry {
  return {
    stan,
    batch,
    kind,
    amount,
    card: { first6: card.pan.slice(0, 6), last4: card.pan.slice(-4), length: card.pan.length },
    isForeign: card.isForeign,
    result: "notSent",
    timesSent: 0,
    reversalsSent: 0,
  };
}

/** Eight bytes that nobody can decipher, in hexadecimal. */
function dummyPinBlock(random: () => number): string {
  return Array.from({ length: 8 }, () =>
    Math.floor(random() * 256)
      .toString(16)
      .padStart(2, "0"),
  )
    .join("")
    .toUpperCase();
}
