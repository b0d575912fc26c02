import type { ZvtBooking, ZvtBookingKind } from "./books.ts";
import type { ZvtCard } from "./cards.ts";
import { hindrance } from "./device.ts";
import { paymentReceipt, RECEIPT } from "./receipt-lines.ts";
import { failedStatus, statusInformation, type TransactionFacts } from "./status-fields.ts";
import { PowerFailed, type Talk } from "./talk.ts";
import { localTime } from "./terminal-clock.ts";
import type { TillCommand } from "./till-command.ts";
import { bcd, container, field, tlv } from "./writing.ts";

/** Which order of money each command is. */
const MONEY_KINDS: ReadonlyMap<number, ZvtBookingKind> = new Map([
  [0x0601, "charge"],
  [0x0622, "hold"],
  [0x0623, "completion"],
  [0x0624, "completion"],
  [0x0625, "release"],
  [0x0630, "void"],
  [0x0631, "refund"],
]);

const PARTIAL_REVERSAL = 0x0623;

/** @returns undefined for what moves no money, an enquiry of open holds among it. */
export function moneyKind({ code, receipt }: TillCommand): ZvtBookingKind | undefined {
  return code === PARTIAL_REVERSAL && receipt === "open" ? undefined : MONEY_KINDS.get(code);
}

const BUSY = 0x9c;

const ERROR = {
  functionDeactivated: 0x6b,
  aborted: 0x6c,
  wrongCurrency: 0x6f,
  functionNotPossible: 0x83,
  receiverNotReady: 0xa0,
  alreadyReversed: 0xb4,
  reversalNotPossible: 0xb5,
  holdAmount: 0xb7,
  hold: 0xb8,
} as const;

/** What the host is asked for: `amount` moves when it says yes. */
interface Order {
  readonly arrival: number;
  readonly kind: ZvtBookingKind;
  readonly amount: number;
  readonly original?: ZvtBooking;
}

/** One order of money from its arrival to its end. Whatever happens, the books know. @throws PowerFailed */
export async function carryOut(talk: Talk, kind: ZvtBookingKind): Promise<void> {
  const { books, command, conduct, device } = talk.parts;
  const arrival = books.arrive(kind, command.amount);
  try {
    if (conduct.noAnswer === true) {
      books.giveUp(arrival, "refused");
      return;
    }
    const refusal = conduct.refuse ?? (device.status === BUSY ? BUSY : undefined);
    if (refusal !== undefined) {
      books.giveUp(arrival, "refused", refusal);
      await talk.refuse(refusal);
      return;
    }
    await talk.acknowledge();
    const order = plannedOrder(talk, arrival, kind);
    if (typeof order === "number") await fail(talk, arrival, "refused", order);
    else await carryOutOrder(talk, order);
  } catch (error) {
    if (error instanceof PowerFailed) books.giveUp(arrival, "aborted");
    throw error;
  }
}

async function carryOutOrder(talk: Talk, order: Order): Promise<void> {
  const { books, conduct, command } = talk.parts;
  const card = needsCard(order.kind) ? await presentedCard(talk) : undefined;
  if (talk.wasCalledBack || conduct.customer === "aborts") {
    await fail(talk, order.arrival, "aborted", ERROR.aborted);
    return;
  }
  talk.cannotBeCalledBack();
  await talk.intermediate(0x04, "Autorisierung läuft");
  await talk.reach("waitingForHost");
  await talk.pause(conduct.hostMs ?? 0);
  decide(talk, order, card);
  await talk.reach("hostDecided");
  const facts = factsOf(talk, books.booking(order.arrival), card, command.amount);
  const { heard, issued } = await talk.sayStatus(statusInformation(facts));
  if (heard) books.told(order.arrival);
  if (issued !== undefined) books.lower(order.arrival, issued);
  await talk.reach("statusSent");
  await printPayment(talk, facts);
  if (facts.result !== 0) await talk.abort(facts.result);
  else if (conduct.contradicts === true) await talk.abort(ERROR.aborted);
  else await talk.complete();
}

/** A customer with a card; undefined when none came. */
async function presentedCard(talk: Talk): Promise<ZvtCard | undefined> {
  const { conduct, times } = talk.parts;
  await talk.intermediate(0x0a, "Karte bitte");
  await talk.reach("waitingForCard");
  if (conduct.customer === "waits") await talk.waitForCallBack();
  else await talk.pause(times.stepMs);
  if (talk.wasCalledBack || conduct.customer === "aborts") return undefined;
  const card = talk.parts.card();
  await talk.reach("cardPresented");
  if (card.withPin) {
    await talk.intermediate(0x01, "Bitte Geheimzahl");
    await talk.pause(times.stepMs);
  }
  return card;
}

/** The host's word, in the books at once. */
function decide(talk: Talk, { arrival, amount, original }: Order, card: ZvtCard | undefined): void {
  const { books, conduct, device } = talk.parts;
  if (conduct.decline === undefined) {
    books.approve(arrival, Math.min(amount, conduct.approveOnly ?? amount), {
      ...(original === undefined ? {} : { original: original.arrival }),
      ...(card === undefined ? {} : { card: card.row }),
      ...(card === undefined && original?.card !== undefined ? { card: original.card } : {}),
    });
  } else {
    books.decline(arrival, conduct.decline, card?.row);
  }
  const shown = card ?? (original === undefined ? undefined : device.cards.get(original.arrival));
  if (shown !== undefined) device.cards.set(arrival, shown);
}

/** @returns the error with which the terminal itself says no. */
function plannedOrder(talk: Talk, arrival: number, kind: ZvtBookingKind): Order | number {
  const { command, conduct, device } = talk.parts;
  if (conduct.abortWith !== undefined) return conduct.abortWith;
  if (device.isLocked) return ERROR.receiverNotReady;
  if (!device.isRegistered) return ERROR.functionDeactivated;
  const hindered = hindrance(device.status);
  if (hindered !== undefined) return hindered;
  if (command.currency !== undefined && command.currency !== device.currency) return ERROR.wrongCurrency;
  return needsCard(kind) ? newOrder(command, arrival, kind) : followUp(talk, arrival, kind);
}

function newOrder({ amount = 0 }: TillCommand, arrival: number, kind: ZvtBookingKind): Order | number {
  return amount > 0 ? { arrival, kind, amount } : ERROR.functionNotPossible;
}

/** An order about an earlier one. */
function followUp(talk: Talk, arrival: number, kind: ZvtBookingKind): Order | number {
  const { command, books } = talk.parts;
  const { amount = 0, receipt } = command;
  if (receipt === undefined || receipt === "open") return kind === "void" ? ERROR.reversalNotPossible : ERROR.hold;
  if (kind === "void") {
    const original = books.find(receipt, "charge", "completion", "refund");
    if (original === undefined) return ERROR.reversalNotPossible;
    return original.closed ? ERROR.alreadyReversed : { arrival, kind, amount: original.amount, original };
  }
  const original = books.find(receipt, "hold");
  if (original === undefined || original.closed) return ERROR.hold;
  if (kind === "release") return { arrival, kind, amount: original.amount, original };
  if (amount > original.amount) return ERROR.holdAmount;
  // 06 23 says what is given back, 06 24 what is used.
  const used = command.code === PARTIAL_REVERSAL ? original.amount - amount : amount;
  return { arrival, kind, amount: used, original };
}

function needsCard(kind: ZvtBookingKind): boolean {
  return kind === "charge" || kind === "hold" || kind === "refund";
}

async function fail(talk: Talk, arrival: number, outcome: "aborted" | "refused", code: number): Promise<void> {
  talk.cannotBeCalledBack();
  talk.parts.books.giveUp(arrival, outcome, code);
  await talk.say(failedStatus(code));
  await talk.abort(code);
}

/** 06 23 with receipt FFFF: the open holds, in the way of an error. */
export async function enquireOpenHolds(talk: Talk): Promise<void> {
  await talk.acknowledge();
  talk.cannotBeCalledBack();
  const { openHolds } = talk.parts.books;
  const receipts = openHolds.map(({ receipt = 0 }) => bcd(receipt, 2));
  const list = tlv(0x23, ...receipts.map((receipt) => tlv(0x08, receipt)));
  await talk.abort(
    ERROR.hold,
    field(0x87, receipts[0] ?? Uint8Array.of(0xff, 0xff)),
    talk.parts.device.takesTlv && receipts.length > 0 ? container(list) : new Uint8Array(0),
  );
}

/** 06 20: what was last told of the newest order, with its receipts. Without one it is done at once. */
export async function repeatReceipt(talk: Talk): Promise<void> {
  const { books, device } = talk.parts;
  await talk.acknowledge();
  talk.cannotBeCalledBack();
  const booking = books.newest;
  if (booking === undefined) {
    await talk.complete();
    return;
  }
  const facts = factsOf(talk, booking, device.cards.get(booking.arrival), undefined);
  await talk.sayStatus(statusInformation(facts));
  await talk.reach("statusSent");
  await printPayment(talk, facts);
  await talk.complete();
}

async function printPayment(talk: Talk, facts: TransactionFacts): Promise<void> {
  if (talk.parts.device.printsPayments) {
    await talk.print(RECEIPT.merchant, paymentReceipt(RECEIPT.merchant, facts));
    await talk.print(RECEIPT.customer, paymentReceipt(RECEIPT.customer, facts));
  }
  await talk.reach("printed");
}

/** @param ordered  What a declined order would have moved. */
function factsOf(
  talk: Talk,
  booking: ZvtBooking,
  card: ZvtCard | undefined,
  ordered: number | undefined,
): TransactionFacts {
  const { conduct, device, books, clock } = talk.parts;
  const amount = booking.outcome === "approved" ? booking.amount : (ordered ?? booking.ordered ?? 0);
  return {
    result: booking.result ?? 0,
    amount: conduct.echoAmount ?? amount,
    booking,
    ...(booking.original === undefined ? {} : { original: books.booking(booking.original) }),
    ...(card === undefined ? {} : { card }),
    showsCard: conduct.showsCard === true,
    identity: talk.identity,
    currency: device.currency,
    ...localTime(clock.now() + device.clockOffsetMs),
    withTlv: device.takesTlv,
  };
}
