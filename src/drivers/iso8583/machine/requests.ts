import { assertNever } from "../../../domain/assert-never.ts";
import type { RecordDraft } from "../../../domain/record.ts";
import type { TerminalId } from "../../../domain/terminal.ts";
import { isUnresolved, type Transaction, type TransactionKind } from "../../../domain/transaction.ts";
import { type Classified, classify } from "../codec/transaction-kind.ts";
import { requested } from "./financial.ts";
import type { Memory } from "./memory.ts";
import type { Subject } from "./outstanding.ts";
import { reversalAbandoned, reversalRequested } from "./reversal.ts";
import type { RequestSeen } from "./seen.ts";
import { settlementRequested } from "./settlement-record.ts";

/**
 * What a request is about, and the records that it makes.
 *
 * @param drafts  Gets the records, in order.
 * @returns what its answer will be about; `undefined` for what needs none.
 */
export function takeRequest(memory: Memory, seen: RequestSeen, drafts: RecordDraft[]): Subject | undefined {
  const classified = classify(seen.observation);
  switch (classified.family) {
    case "financial":
      return financial(memory, seen, classified, drafts);
    case "reversal":
      return reversal(memory, seen, drafts);
    case "settlement":
      abandonReversals(memory, seen.terminal, "settledFirst", drafts);
      drafts.push(settlementRequested(memory, seen));
      return { about: "settlement" };
    case "batchDetail":
      return { about: "batchDetail", details: seen.observation.details ?? [] };
    case "batchEnd":
      return { about: "batchEnd", count: seen.observation.uploadedCount };
    case "signIn":
      return { about: "management", event: "signedIn" };
    case "signOff":
      return { about: "management", event: "signedOff" };
    case "echo":
      return { about: "management", event: "echo" };
    case "parameterDownload":
    case "statusUpload":
      return { about: "management", event: "parameterDownload" };
    case "scriptNotice":
      return { about: "management", event: "scriptNotice" };
    case "unknown":
      return undefined;
    default:
      return assertNever(classified);
  }
}

/** A transaction as its request describes it; not yet in the book. */
export function beginTransaction({ book, options }: Memory, seen: RequestSeen, kind: TransactionKind): Transaction {
  const { original } = seen.observation;
  const named =
    original?.stan === undefined
      ? undefined
      : book.original(seen.terminal, { stan: original.stan, batch: original.batch });
  return requested({
    id: seen.id,
    terminal: seen.terminal,
    acquirer: options.acquirer,
    kind,
    request: seen.observation,
    defaultCurrency: options.defaultCurrency,
    original: named?.id,
    at: seen.at,
  });
}

function financial(
  memory: Memory,
  seen: RequestSeen,
  { kind, repeated }: Extract<Classified, { family: "financial" }>,
  drafts: RecordDraft[],
): Subject {
  const before = repeated ? sameAgain(memory, seen, kind) : undefined;
  if (before !== undefined) {
    drafts.push(memory.put({ event: "requested", transaction: before }));
    return { about: "transaction", id: before.id };
  }
  if (/^0[12]00$/.test(seen.observation.mti)) abandonReversals(memory, seen.terminal, "newRequestFirst", drafts);
  const transaction = beginTransaction(memory, seen, kind);
  drafts.push(memory.put({ event: "requested", transaction }, seen.observation));
  return { about: "transaction", id: transaction.id };
}

/** Advices and refunds are never reversed, they are repeated until answered: the same transaction, not another one. */
function sameAgain({ book }: Memory, seen: RequestSeen, kind: TransactionKind): Transaction | undefined {
  const { stan, batch, amount } = seen.observation;
  if (stan === undefined) return undefined;
  const found = book.original(seen.terminal, { stan, batch, amount });
  return found?.kind === kind && isUnresolved(found.outcome) ? found : undefined;
}

function reversal(memory: Memory, seen: RequestSeen, drafts: RecordDraft[]): Subject {
  const { stan, batch, amount } = seen.observation;
  const known = stan === undefined ? undefined : memory.book.original(seen.terminal, { stan, batch, amount });
  // The original may have gone another way (the terminal's own SIM) or before our time: its reversal is still money.
  const classified = classify({ ...seen.observation, mti: "0200" });
  const kind = classified.family === "financial" ? classified.kind : "other";
  const before = known ?? { ...beginTransaction(memory, seen, kind), reason: "originalUnknown" };
  drafts.push(memory.put(reversalRequested(before, seen.observation, seen.at)));
  return { about: "reversal", id: before.id };
}

/** A terminal that starts something new while a reversal is open has dropped it. */
function abandonReversals(memory: Memory, terminal: TerminalId, because: string, drafts: RecordDraft[]): void {
  for (const transaction of memory.book.unresolved(terminal)) {
    if (transaction.outcome === "reversing") drafts.push(memory.put(reversalAbandoned(transaction, because)));
  }
}
