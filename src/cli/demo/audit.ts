import type { Outcome, Transaction, TransactionKind, TransactionRecord } from "../../domain/transaction.ts";

/** One transaction as the acquirer's host holds it. */
export interface HostEntry {
  readonly de41: string;
  readonly batch: string;
  readonly stan: string;
  readonly kind: TransactionKind;
  readonly amount: number;
  readonly state: "approved" | "declined" | "reversed";
}

/** One transaction as its terminal saw it. */
export interface TerminalEntry {
  readonly de41: string;
  readonly batch: string;
  readonly stan: string;
  readonly result: "pending" | "notSent" | "approved" | "declined" | "reversed" | "reversalGivenUp";
}

/** A request that the host got twice although terminals never repeat it: somebody on the way sent it again. */
export interface RepeatedRequest {
  readonly mti: string;
  readonly de41: string;
  readonly stan: string;
}

export interface AuditInput {
  readonly host: readonly HostEntry[];
  readonly terminals: readonly TerminalEntry[];
  readonly repeated: readonly RepeatedRequest[];
  /** Every `transaction` record at HQ, in order of seq. */
  readonly hq: readonly TransactionRecord[];
}

export interface Audit {
  /** Different transactions that HQ knows. */
  readonly transactions: number;
  /** In the host's or a terminal's books, not at HQ. */
  readonly lost: readonly string[];
  /** More than once at HQ, or more than once at the host. */
  readonly duplicated: readonly string[];
  /** HQ is certain of something that the host's books deny, or claims to know what nobody could know. */
  readonly wrong: readonly string[];
  /** Everything that was in doubt at some time, as it ended. */
  readonly doubts: readonly Transaction[];
}

/** What HQ may say at the end of what the host holds. Doubt is honest; certainty must be right. */
const FITS: Readonly<Record<HostEntry["state"], readonly Outcome[]>> = {
  approved: ["approved", "approvedPartly", "inDoubt", "reversing", "reversalAbandoned"],
  declined: ["declined", "failed", "inDoubt", "reversing", "reversed", "reversalAbandoned"],
  reversed: ["reversed", "reversing", "reversalAbandoned"],
};

const DECIDED: readonly Outcome[] = ["approved", "approvedPartly", "declined", "failed"];

/** Compares HQ's store with books that are not ours. */
export function audit({ host, terminals, repeated, hq }: AuditInput): Audit {
  const histories = byId(hq);
  const ids = new Map<string, Set<string>>();
  for (const { transaction } of hq) {
    const key = keyOf({ de41: transaction.de41 ?? "", batch: transaction.batch ?? "", stan: transaction.stan });
    ids.set(key, (ids.get(key) ?? new Set<string>()).add(transaction.id));
  }
  const finals = (key: string): readonly Transaction[] =>
    [...(ids.get(key) ?? [])].flatMap((id) => histories.get(id)?.at(-1)?.transaction ?? []);

  const answered = terminals.filter(({ result }) => result === "approved" || result === "declined");
  const known = new Set([...host, ...answered].map(keyOf));
  return {
    transactions: histories.size,
    lost: [...known].filter((key) => !ids.has(key)),
    duplicated: [
      ...[...ids].filter(([, same]) => same.size > 1).map(([key]) => key),
      ...repeated.map(({ mti, de41, stan }) => `${mti} ${de41} ${stan} reached the host twice`),
    ],
    wrong: [
      ...host.flatMap((entry) => contradiction(entry, finals(keyOf(entry)))),
      ...[...histories.values()].flat().flatMap(overclaim),
      ...undoubted(terminals, host, hq),
    ],
    doubts: [...histories.values()]
      .filter((records) => records.some(isDoubt))
      .flatMap((records) => records.at(-1)?.transaction ?? []),
  };
}

function byId(records: readonly TransactionRecord[]): Map<string, TransactionRecord[]> {
  const histories = new Map<string, TransactionRecord[]>();
  for (const record of records) {
    const known = histories.get(record.transaction.id);
    if (known === undefined) histories.set(record.transaction.id, [record]);
    else known.push(record);
  }
  return histories;
}

function keyOf({
  de41,
  batch,
  stan,
}: {
  readonly de41: string;
  readonly batch: string;
  readonly stan: string;
}): string {
  return `${de41} ${batch} ${stan}`;
}

function contradiction(entry: HostEntry, finals: readonly Transaction[]): readonly string[] {
  // A balance enquiry without an answer has failed, whatever the host did: no money hangs on it.
  const fitting: readonly Outcome[] = movesMoney(entry) ? FITS[entry.state] : [...FITS[entry.state], "failed"];
  return finals
    .filter(({ outcome, amount }) => !fitting.includes(outcome) || (amount ?? 0) !== entry.amount)
    .map(({ outcome }) => `${keyOf(entry)}: the host says ${entry.state}, HQ says ${outcome}`);
}

/** Silence and late answers decide nothing; a balance enquiry moves no money. */
function overclaim({ event, transaction }: TransactionRecord): readonly string[] {
  const undecidable = event === "unanswered" || (event === "answeredLate" && transaction.reason !== undefined);
  if (!undecidable || !movesMoney(transaction) || !DECIDED.includes(transaction.outcome)) return [];
  return [`${transaction.id}: ${event}, yet called ${transaction.outcome}`];
}

/** What a terminal got no answer to although the host had it: HQ must have heard of the doubt. */
function undoubted(
  terminals: readonly TerminalEntry[],
  host: readonly HostEntry[],
  hq: readonly TransactionRecord[],
): readonly string[] {
  const atHost = new Set(host.filter(movesMoney).map(keyOf));
  const doubted = new Set(
    hq.filter(isDoubt).map(({ transaction: { de41 = "", batch = "", stan } }) => keyOf({ de41, batch, stan })),
  );
  return terminals
    .filter(({ result }) => result === "pending" || result === "reversed" || result === "reversalGivenUp")
    .map(keyOf)
    .filter((key) => atHost.has(key) && !doubted.has(key))
    .map((key) => `${key}: the terminal had no answer, and HQ never heard of a doubt`);
}

function movesMoney({ kind }: { readonly kind: TransactionKind }): boolean {
  return kind !== "balance";
}

function isDoubt({ event, transaction }: TransactionRecord): boolean {
  if (event === "reversalRequested" || event === "answeredLate") return true;
  return event === "unanswered" && transaction.outcome === "inDoubt";
}
