import { assertNever } from "../../../domain/assert-never.ts";
import type { RecordDraft } from "../../../domain/record.ts";
import { isUnresolved, type Transaction, type TransactionId } from "../../../domain/transaction.ts";
import type { BatchDetail } from "../codec/observation.ts";
import { answered, unanswered, withSending } from "./financial.ts";
import type { Memory } from "./memory.ts";
import type { Asked } from "./outstanding.ts";
import { reversalAbandoned, reversalAnswered } from "./reversal.ts";
import type { AnswerSeen } from "./seen.ts";
import { settlementRecord } from "./settlement-record.ts";
import { managementRecord, terminalRecord } from "./terminal-record.ts";

/** What the answer to a request of ours means. @param seen  `delivered` only when the terminal that asked has it. */
export function takeAnswer(memory: Memory, asked: Asked, seen: AnswerSeen): readonly RecordDraft[] {
  const { subject } = asked;
  const { observation: answer, at } = seen;
  switch (subject.about) {
    case "transaction":
      return transactionAnswered(memory, asked, subject.id, seen);
    case "reversal": {
      const before = memory.book.byId(asked.terminal, subject.id);
      return before === undefined ? [] : [memory.put(reversalAnswered(before, answer, at))];
    }
    case "settlement":
      return [settlementRecord(memory, asked, at, { event: "answered", answer })];
    case "batchDetail":
      return detailAnswered(memory, asked, subject.details, seen);
    case "batchEnd":
      return [settlementRecord(memory, asked, at, { event: "uploadEnded", answer, details: subject.count })];
    case "management":
      return [managementRecord(memory.options.acquirer, asked, subject.event, answer)];
    default:
      return assertNever(subject);
  }
}

/** An answer that nothing waits for, about a transaction that the book knows: late beyond our patience, or a second one. */
export function takeUnasked(
  memory: Memory,
  known: Transaction,
  seen: AnswerSeen,
  isFirst: boolean,
): readonly RecordDraft[] {
  const { observation: answer, terminal, at } = seen;
  const late = answered(known, { answer, delivered: false, at });
  if (isUnresolved(known.outcome)) {
    const isNews = isFirst || late.transaction.hostApproved !== known.hostApproved;
    return isNews ? [memory.put(late)] : [];
  }
  if (!isFirst) return [];
  const again = memory.put({ event: "answeredAgain", transaction: known });
  if (known.outcome !== "reversed" || late.transaction.hostApproved !== true) return [again];
  return [again, approvalAfterReversal(memory, { ...seen, terminal }, known.id)];
}

/** The time for an answer is over: its connection, or the daemon's patience, has ended. */
export function endWithoutAnswer(memory: Memory, asked: Asked, at: string, reason: string): readonly RecordDraft[] {
  const { subject } = asked;
  const wasSent = asked.endpoint !== undefined;
  switch (subject.about) {
    case "transaction": {
      const before = transactionOf(memory, asked, subject.id);
      // Another sending of the same advice has its answer.
      if (before === undefined || isAnswered(before)) return [];
      return [memory.put(unanswered(before, wasSent, reason))];
    }
    case "reversal": {
      const before = memory.book.byId(asked.terminal, subject.id);
      const isSpent = (before?.reversal?.attempts ?? 0) > memory.options.resendCount;
      if (before?.outcome !== "reversing" || !isSpent) return [];
      return [memory.put(reversalAbandoned(before, "attemptsExhausted"))];
    }
    case "settlement":
      return [settlementRecord(memory, asked, at, { event: wasSent ? "unanswered" : "notSent" })];
    case "batchDetail":
    case "batchEnd":
    case "management":
      return [];
    default:
      return assertNever(subject);
  }
}

function transactionAnswered(
  memory: Memory,
  asked: Asked,
  id: TransactionId,
  seen: AnswerSeen,
): readonly RecordDraft[] {
  const known = memory.book.byId(asked.terminal, id);
  if (known === undefined) return [];
  if (isAnswered(known)) return [memory.put({ event: "answeredAgain", transaction: known })];
  const before = withSending(known, asked);
  const { observation: answer, delivered, at } = seen;
  const record = answered(before, { answer, delivered, at, hostMs: seen.monotonicMs - asked.askedAtMs });
  const draft = memory.put(record);
  if (before.outcome !== "reversed" || record.transaction.hostApproved !== true) return [draft];
  return [draft, approvalAfterReversal(memory, { ...seen, terminal: asked.terminal }, id)];
}

/**
 * Its end is known from the host or the terminal's batch. An advice is sent until it is answered: the answer to an earlier
 * sending, or the lack of one, changes nothing then. What was reversed may still bring an alarm, and a balance enquiry that
 * failed for want of an answer may still get one.
 */
function isAnswered({ outcome, responseCode }: Transaction): boolean {
  if (outcome === "failed") return responseCode !== undefined;
  return outcome === "approved" || outcome === "approvedPartly" || outcome === "declined";
}

/** The host holds money that everybody else believes to be returned: an alarm. */
function approvalAfterReversal(
  memory: Memory,
  { terminal, observation }: AnswerSeen,
  transaction: TransactionId,
): RecordDraft {
  return terminalRecord(memory.options.acquirer, terminal, "lateApprovalAfterReversal", observation, { transaction });
}

/** The terminal holds what it lists as done, and the host has taken the list. */
function detailAnswered(
  memory: Memory,
  asked: Asked,
  details: readonly BatchDetail[],
  { observation: answer, at }: AnswerSeen,
): readonly RecordDraft[] {
  const { batch } = asked.request;
  const drafts = [settlementRecord(memory, asked, at, { event: "detailUploaded", answer, details: details.length })];
  if (answer.responseCode !== "00") return drafts;
  for (const { stan, amount } of details) {
    const found = memory.book.original(asked.terminal, { stan, batch, amount });
    if (found?.outcome !== "inDoubt") continue;
    const { reason: _ended, ...rest } = found;
    drafts.push(memory.put({ event: "confirmedByBatch", transaction: { ...rest, outcome: "approved" } }));
  }
  return drafts;
}

function transactionOf(memory: Memory, asked: Asked, id: TransactionId): Transaction | undefined {
  const transaction = memory.book.byId(asked.terminal, id);
  return transaction === undefined ? undefined : withSending(transaction, asked);
}
