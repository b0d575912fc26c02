import { assertNever } from "../../../domain/assert-never.ts";
import type { Currency } from "../../../domain/money.ts";
import type { RecordDraft } from "../../../domain/record.ts";
import type { SettlementRecord } from "../../../domain/settlement.ts";
import type { AcquirerId, TerminalEvent, TerminalId, TerminalRecord } from "../../../domain/terminal.ts";
import {
  isUnresolved,
  type Transaction,
  type TransactionId,
  type TransactionKind,
  type TransactionRecord,
} from "../../../domain/transaction.ts";
import type { Observation } from "../codec/observation.ts";
import { type Classified, classify } from "../codec/transaction-kind.ts";
import { type BookSnapshot, TransactionBook } from "./book.ts";
import { answered, requested, unanswered, withSending } from "./financial.ts";
import { type Asked, Outstanding, type Subject } from "./outstanding.ts";
import { reversalAbandoned, reversalAnswered, reversalRequested } from "./reversal.ts";
import { agrees, ledgerTotals, type SettlementKinds } from "./settlement.ts";

export interface RelayMachineOptions {
  readonly acquirer: AcquirerId;
  /** For amounts whose message names no currency (DE49). */
  readonly defaultCurrency: Currency;
  /** How often terminals repeat a reversal after its first attempt (DE62 tag 23, default 3). */
  readonly resendCount: number;
  readonly settlementKinds: SettlementKinds;
}

/** One message that a terminal sent. */
export interface RequestSeen {
  readonly connection: number;
  readonly terminal: TerminalId;
  readonly observation: Observation;
  /** For the transaction that this request begins, if it begins one. */
  readonly id: TransactionId;
  /** RFC 3339. */
  readonly at: string;
  readonly monotonicMs: number;
}

/** One message that the acquirer sent. */
export interface AnswerSeen {
  readonly connection: number;
  /** For an answer that fits nothing we asked. */
  readonly terminal: TerminalId;
  readonly observation: Observation;
  /** Written to that connection's terminal while it was open. */
  readonly delivered: boolean;
  readonly at: string;
  readonly monotonicMs: number;
}

export interface RequestStep {
  /** For the ledger, in this order. */
  readonly drafts: readonly RecordDraft[];
  /** 01xx, 02xx, 04xx: the drafts are on disk before the request goes on, within `writeAheadMaxMs`. */
  readonly writeAhead: boolean;
  /** Report its sending with `sent`. Absent for what needs no answer. */
  readonly asked: Asked | undefined;
}

/** An answer later than this finds its transaction through the book alone. ms. */
const OUTSTANDING_FOR_MS = 300_000;

/**
 * What the relay knows of one acquirer's traffic: which request an answer belongs to, what each transaction has come to,
 * what it means when a connection ends. Plain data in, ledger records out; no clock, no socket.
 *
 * Its memory of transactions is folded from the very records that it puts out (`restore`), so a restart is a replay.
 */
export class RelayMachine {
  readonly #options: RelayMachineOptions;
  #book = new TransactionBook();
  readonly #outstanding = new Outstanding();
  /** A host that repeats itself without end gets one record for it, not one each time. */
  readonly #answeredAgain = new Set<TransactionId>();
  readonly #strayOn = new Set<number>();

  constructor(options: RelayMachineOptions) {
    this.#options = options;
  }

  get acquirer(): AcquirerId {
    return this.#options.acquirer;
  }

  snapshot(): BookSnapshot {
    return this.#book.toJSON();
  }

  restoreSnapshot(snapshot: BookSnapshot): void {
    this.#book = TransactionBook.from(snapshot);
  }

  restore({ transaction }: TransactionRecord): void {
    this.#book.put(transaction);
  }

  /** After the replay: what was asked when the last run ended will not be answered on its connection any more. */
  recover(): readonly RecordDraft[] {
    return this.#book
      .allUnresolved()
      .filter(({ outcome, reason }) => outcome === "inDoubt" && reason === undefined)
      .map((transaction) => this.#put(unanswered(transaction, true, "interrupted")));
  }

  request(seen: RequestSeen): RequestStep {
    const { observation } = seen;
    const classified = classify(observation);
    const drafts: RecordDraft[] = [];
    const subject = this.#subjectOf(seen, classified, drafts);
    const writeAhead = /^0[124]/.test(observation.mti) && drafts.length > 0;
    if (subject === undefined) return { drafts, writeAhead, asked: undefined };
    const asked: Asked = {
      connection: seen.connection,
      terminal: seen.terminal,
      request: observation,
      subject,
      askedAtMs: seen.monotonicMs,
    };
    this.#outstanding.add(asked);
    return { drafts, writeAhead, asked };
  }

  /** The request's first byte went to this endpoint, and will never go to another. */
  sent(asked: Asked, endpoint: string, beforeDurable: boolean): void {
    asked.endpoint = endpoint;
    if (beforeDurable) asked.forwardedBeforeDurable = true;
  }

  answer(seen: AnswerSeen): readonly RecordDraft[] {
    const asked = this.#outstanding.take(seen.connection, seen.observation);
    if (asked === undefined) return this.#unasked(seen);
    const delivered = seen.delivered && asked.connection === seen.connection && asked.orphaned !== true;
    const { subject } = asked;
    switch (subject.about) {
      case "transaction":
        return this.#transactionAnswered(asked, subject.id, { ...seen, delivered });
      case "reversal": {
        const before = this.#transaction(asked, subject.id);
        if (before === undefined) return [];
        return [this.#put(reversalAnswered(before, seen.observation, seen.at))];
      }
      case "settlement":
        return [this.#settlement(asked, seen.at, { event: "answered", answer: seen.observation })];
      case "batchDetail":
        return this.#detailAnswered(asked, subject.details, seen);
      case "batchEnd":
        return [
          this.#settlement(asked, seen.at, { event: "uploadEnded", answer: seen.observation, details: subject.count }),
        ];
      case "management":
        return [this.#managementAnswered(asked, subject.event, seen.observation)];
      default:
        return assertNever(subject);
    }
  }

  /** The terminal's connection is over. What was asked on it and not answered: in doubt, or failed when nothing had left. */
  closed(connection: number, at: string, reason: string): readonly RecordDraft[] {
    return this.#outstanding.onConnection(connection).flatMap((asked) => {
      if (asked.orphaned === true) return [];
      asked.orphaned = true;
      const drafts = this.#ended(asked, at, reason);
      if (asked.endpoint === undefined) this.#outstanding.forget(asked);
      return drafts;
    });
  }

  /** Forgets requests whose answer is overdue by far; their transactions stay in the book, still in doubt. */
  tick(monotonicMs: number, at: string): readonly RecordDraft[] {
    return this.#outstanding.askedBefore(monotonicMs - OUTSTANDING_FOR_MS).flatMap((asked) => {
      this.#outstanding.forget(asked);
      return asked.orphaned === true ? [] : this.#ended(asked, at, "noAnswer");
    });
  }

  /** A request that tillgate closed instead of passing on: it has a record, and nothing else. */
  refused(seen: RequestSeen, reason: string): readonly RecordDraft[] {
    const classified = classify(seen.observation);
    if (classified.family !== "financial") return [];
    const transaction = this.#begin(seen, classified.kind);
    return [this.#put({ event: "refused", transaction: { ...transaction, outcome: "refused", reason } })];
  }

  /** Financial requests of this connection that still wait for their answer. */
  waiting(connection: number): boolean {
    return this.#outstanding
      .onConnection(connection)
      .some(({ endpoint, orphaned }) => endpoint !== undefined && orphaned !== true);
  }

  unresolvedCount(terminal: TerminalId): number {
    return this.#book.unresolvedCount(terminal);
  }

  newest(terminal: TerminalId): Transaction | undefined {
    return this.#book.newest(terminal);
  }

  #subjectOf(seen: RequestSeen, classified: Classified, drafts: RecordDraft[]): Subject | undefined {
    switch (classified.family) {
      case "financial":
        return this.#financial(seen, classified.kind, classified.repeated, drafts);
      case "reversal":
        return this.#reversal(seen, drafts);
      case "settlement":
        this.#abandonReversals(seen.terminal, "settledFirst", drafts);
        drafts.push(this.#settlementRequested(seen));
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

  #financial(seen: RequestSeen, kind: TransactionKind, repeated: boolean, drafts: RecordDraft[]): Subject {
    const before = repeated ? this.#sameAgain(seen, kind) : undefined;
    if (before !== undefined) {
      drafts.push(this.#put({ event: "requested", transaction: before }));
      return { about: "transaction", id: before.id };
    }
    if (/^0[12]00$/.test(seen.observation.mti)) this.#abandonReversals(seen.terminal, "newRequestFirst", drafts);
    const transaction = this.#begin(seen, kind);
    drafts.push(this.#put({ event: "requested", transaction }, seen.observation));
    return { about: "transaction", id: transaction.id };
  }

  /** Advices and refunds are never reversed, they are repeated until answered: the same transaction, not another one. */
  #sameAgain(seen: RequestSeen, kind: TransactionKind): Transaction | undefined {
    const { stan, batch, amount } = seen.observation;
    if (stan === undefined) return undefined;
    const found = this.#book.original(seen.terminal, { stan, batch, amount });
    return found?.kind === kind && isUnresolved(found.outcome) ? found : undefined;
  }

  #begin(seen: RequestSeen, kind: TransactionKind): Transaction {
    const { original } = seen.observation;
    const named =
      original?.stan === undefined
        ? undefined
        : this.#book.original(seen.terminal, { stan: original.stan, batch: original.batch });
    return requested({
      id: seen.id,
      terminal: seen.terminal,
      acquirer: this.#options.acquirer,
      kind,
      request: seen.observation,
      defaultCurrency: this.#options.defaultCurrency,
      original: named?.id,
      at: seen.at,
    });
  }

  #reversal(seen: RequestSeen, drafts: RecordDraft[]): Subject {
    const { stan, batch, amount } = seen.observation;
    const known = stan === undefined ? undefined : this.#book.original(seen.terminal, { stan, batch, amount });
    // The original may have gone another way (the terminal's own SIM) or before our time: its reversal is still money.
    const classified = classify({ ...seen.observation, mti: "0200" });
    const kind = classified.family === "financial" ? classified.kind : "other";
    const before = known ?? { ...this.#begin(seen, kind), reason: "originalUnknown" };
    const record = reversalRequested(before, seen.observation, seen.at);
    drafts.push(this.#put(record));
    return { about: "reversal", id: before.id };
  }

  /** A terminal that starts something new while a reversal is open has dropped it. */
  #abandonReversals(terminal: TerminalId, because: string, drafts: RecordDraft[]): void {
    for (const transaction of this.#book.unresolved(terminal)) {
      if (transaction.outcome === "reversing") drafts.push(this.#put(reversalAbandoned(transaction, because)));
    }
  }

  #transactionAnswered(asked: Asked, id: TransactionId, seen: AnswerSeen): readonly RecordDraft[] {
    const before = this.#transaction(asked, id);
    if (before === undefined) return [];
    const { observation: answer, delivered, at } = seen;
    const record = answered(before, { answer, delivered, at, hostMs: seen.monotonicMs - asked.askedAtMs });
    const drafts = [this.#put(record)];
    if (before.outcome === "reversed" && record.transaction.hostApproved === true) {
      drafts.push(this.#terminalRecord(asked.terminal, "lateApprovalAfterReversal", answer, { transaction: id }));
    }
    return drafts;
  }

  /** An answer that nothing waits for: late beyond our patience, a second one, or one for somebody else. */
  #unasked(seen: AnswerSeen): readonly RecordDraft[] {
    const { observation: answer, terminal, at } = seen;
    const { stan, batch } = answer;
    const isFinancial = stan !== undefined && /^0[12]/.test(answer.mti);
    const known = isFinancial ? this.#book.original(terminal, { stan, batch }) : undefined;
    if (known === undefined) return this.#stray(seen);
    const late = answered(known, { answer, delivered: false, at });
    if (isUnresolved(known.outcome)) return [this.#put(late)];
    if (!remember(this.#answeredAgain, known.id)) return [];
    const again = this.#put({ event: "answeredAgain", transaction: known });
    if (known.outcome !== "reversed" || late.transaction.hostApproved !== true) return [again];
    return [again, this.#terminalRecord(terminal, "lateApprovalAfterReversal", answer, { transaction: known.id })];
  }

  #stray({ connection, terminal, observation }: AnswerSeen): readonly RecordDraft[] {
    if (!remember(this.#strayOn, connection)) return [];
    return [this.#terminalRecord(terminal, "strayAnswer", observation, { mti: observation.mti })];
  }

  #detailAnswered(asked: Asked, details: Observation["details"] & object, seen: AnswerSeen): readonly RecordDraft[] {
    const { batch } = asked.request;
    const drafts = [
      this.#settlement(asked, seen.at, { event: "detailUploaded", answer: seen.observation, details: details.length }),
    ];
    if (seen.observation.responseCode !== "00") return drafts;
    for (const { stan, amount } of details) {
      const found = this.#book.original(asked.terminal, { stan, batch, amount });
      if (found?.outcome !== "inDoubt") continue;
      const { reason: _ended, ...rest } = found;
      drafts.push(this.#put({ event: "confirmedByBatch", transaction: { ...rest, outcome: "approved" } }));
    }
    return drafts;
  }

  #managementAnswered(asked: Asked, event: TerminalEvent, answer: Observation): RecordDraft {
    const refused = event === "signedIn" && answer.responseCode !== "00";
    return this.#terminalRecord(asked.terminal, refused ? "signInRefused" : event, answer, {
      ...(answer.hostText === undefined ? {} : { hostText: answer.hostText }),
      ...(asked.request.operator === undefined ? {} : { operator: asked.request.operator }),
    });
  }

  #ended(asked: Asked, at: string, reason: string): readonly RecordDraft[] {
    const { subject } = asked;
    switch (subject.about) {
      case "transaction": {
        const before = this.#transaction(asked, subject.id);
        return before === undefined ? [] : [this.#put(unanswered(before, asked.endpoint !== undefined, reason))];
      }
      case "reversal": {
        const before = this.#transaction(asked, subject.id);
        const spent = (before?.reversal?.attempts ?? 0) > this.#options.resendCount;
        if (before?.outcome !== "reversing" || !spent) return [];
        return [this.#put(reversalAbandoned(before, "attemptsExhausted"))];
      }
      case "settlement":
        return [this.#settlement(asked, at, { event: asked.endpoint === undefined ? "notSent" : "unanswered" })];
      case "batchDetail":
      case "batchEnd":
      case "management":
        return [];
      default:
        return assertNever(subject);
    }
  }

  #settlementRequested({ terminal, observation, at }: RequestSeen): RecordDraft {
    const { totals, batch } = observation;
    const ours =
      batch === undefined
        ? undefined
        : ledgerTotals(this.#book.batchSums(terminal, batch), this.#options.settlementKinds);
    const body: SettlementRecord = {
      event: "requested",
      ...this.#settlementHead(terminal, observation, at),
      ...(totals === undefined ? {} : { terminalTotals: totals }),
      ...(ours === undefined ? {} : { ledgerTotals: ours }),
      ...(ours === undefined || totals === undefined ? {} : { ledgerAgrees: agrees(totals, ours) }),
    };
    return { kind: "settlement", terminal, body };
  }

  #settlement(
    asked: Asked,
    at: string,
    step: { event: SettlementRecord["event"]; answer?: Observation; details?: number | undefined },
  ): RecordDraft {
    const { answer, details } = step;
    const body: SettlementRecord = {
      event: step.event,
      ...this.#settlementHead(asked.terminal, asked.request, at),
      ...(answer?.verdict === undefined ? {} : { hostVerdict: answer.verdict }),
      ...(answer?.responseCode === undefined ? {} : { responseCode: answer.responseCode }),
      ...(details === undefined ? {} : { details }),
    };
    return { kind: "settlement", terminal: asked.terminal, body };
  }

  #settlementHead(
    terminal: TerminalId,
    { stan, batch, de41, currency }: Observation,
    at: string,
  ): Omit<SettlementRecord, "event"> {
    return {
      terminal,
      acquirer: this.#options.acquirer,
      stan: stan ?? "",
      at,
      currency: currency ?? this.#options.defaultCurrency,
      ...(batch === undefined ? {} : { batch }),
      ...(de41 === undefined ? {} : { de41 }),
    };
  }

  #terminalRecord(
    terminal: TerminalId,
    event: TerminalEvent,
    { de41, de42, responseCode, batch }: Observation,
    detail: NonNullable<TerminalRecord["detail"]>,
  ): RecordDraft {
    const body: TerminalRecord = {
      event,
      acquirer: this.#options.acquirer,
      ...(de41 === undefined ? {} : { de41 }),
      ...(de42 === undefined ? {} : { de42 }),
      ...(responseCode === undefined ? {} : { responseCode }),
      ...(batch === undefined ? {} : { batch }),
      ...(Object.keys(detail).length === 0 ? {} : { detail }),
    };
    return { kind: "terminal", terminal, body };
  }

  #transaction(asked: Asked, id: TransactionId): Transaction | undefined {
    const transaction = this.#book.byId(asked.terminal, id);
    if (transaction === undefined || asked.subject.about !== "transaction") return transaction;
    return withSending(transaction, asked);
  }

  #put(record: TransactionRecord, request?: Observation): RecordDraft {
    this.#book.put(record.transaction);
    return {
      kind: "transaction",
      terminal: record.transaction.terminal,
      body: record,
      ...(request?.cardToken === undefined ? {} : { cardToken: request.cardToken }),
    };
  }
}

/** How many ids a guard against repetition keeps. */
const REMEMBERED = 1_000;

/** False when it was there already. Bounded: a full set starts over. */
function remember<T>(seen: Set<T>, item: T): boolean {
  if (seen.has(item)) return false;
  if (seen.size >= REMEMBERED) seen.clear();
  seen.add(item);
  return true;
}
