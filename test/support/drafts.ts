import type { RecordDraft } from "../../src/domain/record.ts";
import type { SettlementRecord } from "../../src/domain/settlement.ts";
import type { TerminalRecord } from "../../src/domain/terminal.ts";
import type { TransactionRecord } from "../../src/domain/transaction.ts";

/** Bodies of the drafts of one kind, in order. What a kind's body is, `src/domain` says. */
export function transactionsOf(drafts: readonly RecordDraft[]): TransactionRecord[] {
  return drafts.filter(isTransaction).map(({ body }) => body);
}

export function settlementsOf(drafts: readonly RecordDraft[]): SettlementRecord[] {
  return drafts.filter(isSettlement).map(({ body }) => body);
}

export function terminalRecordsOf(drafts: readonly RecordDraft[]): TerminalRecord[] {
  return drafts.filter(isTerminal).map(({ body }) => body);
}

function isTransaction(draft: RecordDraft): draft is RecordDraft & { readonly body: TransactionRecord } {
  return draft.kind === "transaction";
}

function isSettlement(draft: RecordDraft): draft is RecordDraft & { readonly body: SettlementRecord } {
  return draft.kind === "settlement";
}

function isTerminal(draft: RecordDraft): draft is RecordDraft & { readonly body: TerminalRecord } {
  return draft.kind === "terminal";
}
