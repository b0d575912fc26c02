import type { Outcome, Transaction, TransactionRecord } from "../../domain/transaction.ts";

/** A charge as the terminal's own books hold it, numbered as the terminal counts. */
export interface Charge {
  /** Where the protocol has it. */
  readonly receipt?: number;
  readonly trace: number;
  /** Minor units. In the demo no two orders have the same amount: it is the order's mark in books that know no orders. */
  readonly amount: number;
}

/** What a till was told about one of its requests that had gone to a terminal. */
export interface TillTold {
  readonly till: string;
  readonly orderId: string;
  readonly payment: string;
  readonly end: Outcome;
}

export interface OrdersInput {
  /** By terminal. */
  readonly books: ReadonlyMap<string, readonly Charge[]>;
  readonly tills: readonly TillTold[];
  /** Every `transaction` record at HQ that a till had ordered, in order of seq. */
  readonly hq: readonly TransactionRecord[];
}

/** What {@link auditOrders} finds: see `Audit`. */
export interface OrdersAudit {
  readonly transactions: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  readonly wrong: readonly string[];
  readonly doubts: readonly Transaction[];
}

const CHARGED: readonly Outcome[] = ["approved", "approvedPartly"];
/** What may become of a doubt that a till was told of. */
const OPEN: readonly Outcome[] = ["inDoubt"];

/** Compares HQ's store with the books of the terminals that tillgate drives, and with what the tills were told. */
export function auditOrders({ books, tills, hq }: OrdersInput): OrdersAudit {
  const finals = new Map(hq.map(({ transaction }) => [transaction.id as string, transaction]));
  const made = [...finals.values()].filter(({ outcome }) => outcome !== "refused");
  const doubted = new Set(hq.filter(({ event }) => event === "unanswered").map(({ transaction }) => transaction.id));
  const charges = [...books].flatMap(([terminal, all]) => all.map((charge) => ({ ...charge, terminal })));
  const ofCharges = charges.map((charge) => heldOf(charge, made));
  const known = new Set(ofCharges.flatMap(({ held }) => held.map(({ id }) => id)));
  const ofTills = tills.map((told) => againstTold(told, finals.get(told.payment)));
  return {
    transactions: made.length,
    lost: [...ofCharges, ...ofTills].flatMap(({ lost = [] }) => lost),
    duplicated: [...chargedTwice(charges), ...paidTwice(made), ...ofCharges.flatMap(({ twice = [] }) => twice)],
    wrong: [
      ...[...ofCharges, ...ofTills].flatMap(({ wrong = [] }) => wrong),
      ...made
        .filter(({ id, outcome }) => CHARGED.includes(outcome) && !known.has(id))
        .map((one) => `${nameOf(one)}: HQ says ${one.outcome}, the terminal's books have no such charge`),
    ],
    doubts: made.filter(({ id }) => doubted.has(id)),
  };
}

interface Found {
  readonly lost?: readonly string[];
  readonly twice?: readonly string[];
  readonly wrong?: readonly string[];
}

type TerminalCharge = Charge & { readonly terminal: string };

/** What HQ holds of a charge: under its number, or as a doubt of its amount. */
function heldOf(
  charge: TerminalCharge,
  made: readonly Transaction[],
): Found & { readonly held: readonly Transaction[] } {
  const name = `${charge.terminal} ${charge.trace} of ${charge.amount}`;
  const alike = made.filter(({ terminal, amount }) => terminal === charge.terminal && amount === charge.amount);
  const held = made.filter((one) => one.terminal === charge.terminal && isNumbered(one, charge));
  if (held.length > 1) return { held, twice: [`${name}: ${held.length} times at HQ`] };
  // Neither a doubt nor a person's word about one has the terminal's number.
  const found =
    held[0] ?? alike.find(({ outcome, resolution }) => OPEN.includes(outcome) || resolution?.by === "person");
  if (found !== undefined && found.amount === charge.amount && [...CHARGED, ...OPEN].includes(found.outcome)) {
    return { held: [found] };
  }
  const other = found ?? alike[0];
  if (other === undefined) return { held, lost: [name] };
  return { held, wrong: [`${name}: the terminal has charged it, HQ says ${other.outcome}`] };
}

function isNumbered({ stan, receiptNumber }: Transaction, { trace, receipt }: Charge): boolean {
  const isTrace = stan !== "" && Number(stan) === trace;
  return isTrace && (receipt === undefined || receiptNumber === undefined || Number(receiptNumber) === receipt);
}

function chargedTwice(charges: readonly TerminalCharge[]): readonly string[] {
  return [...Map.groupBy(charges, ({ amount }) => amount)]
    .filter(([, same]) => same.length > 1)
    .map(([amount, same]) => {
      const where = same.map(({ terminal, trace }) => `${terminal} ${trace}`);
      return `one order of ${amount} was charged ${same.length} times: ${where.join(", ")}`;
    });
}

function paidTwice(made: readonly Transaction[]): readonly string[] {
  const paid = made.filter(({ outcome }) => CHARGED.includes(outcome));
  return [...Map.groupBy(paid, ({ payment }) => `${payment?.till} ${payment?.orderId}`)]
    .filter(([, same]) => same.length > 1)
    .map(([order, same]) => `${order} was paid ${same.length} times, says HQ`);
}

/** A doubt may end either way after the till was told; anything else that a till was told stands. */
function againstTold({ till, orderId, payment, end }: TillTold, held: Transaction | undefined): Found {
  const name = `${till} ${orderId} ${payment}`;
  if (held === undefined) return { lost: [`${name}: the till was told ${end}, HQ holds nothing`] };
  if (end === held.outcome || OPEN.includes(end)) return {};
  return { wrong: [`${name}: the till was told ${end}, HQ says ${held.outcome}`] };
}

function nameOf({ terminal, stan, amount }: Transaction): string {
  return `${terminal} ${stan} of ${amount ?? 0}`;
}
