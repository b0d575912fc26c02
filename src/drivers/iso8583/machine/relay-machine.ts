import type { RecordDraft } from "../../../domain/record.ts";
import type { AcquirerId, TerminalId } from "../../../domain/terminal.ts";
import type { Transaction, TransactionId, TransactionRecord } from "../../../domain/transaction.ts";
import { classify } from "../codec/transaction-kind.ts";
import { endWithoutAnswer, takeAnswer, takeUnasked } from "./answers.ts";
import { type BookSnapshot, TransactionBook } from "./book.ts";
import { unanswered } from "./financial.ts";
import { Memory } from "./memory.ts";
import { type Asked, Outstanding } from "./outstanding.ts";
import { beginTransaction, takeRequest } from "./requests.ts";
import type { AnswerSeen, RelayMachineOptions, RequestSeen, RequestStep } from "./seen.ts";
import { terminalRecord } from "./terminal-record.ts";

/** An answer later than this finds its transaction through the book alone. ms. */
const OUTSTANDING_FOR_MS = 300_000;

/**
 * What the relay knows of one acquirer's traffic: which request an answer belongs to, what each transaction has come to,
 * what it means when a connection ends. Plain data in, ledger records out; no clock, no socket.
 *
 * Its memory of transactions is folded from the very records that it puts out (`restore`), so a restart is a replay.
 */
export class RelayMachine {
  readonly #memory: Memory;
  readonly #outstanding = new Outstanding();
  /** A host that repeats itself without end gets one record for it, not one each time. */
  readonly #answeredAgain = new Set<TransactionId>();
  readonly #strayOn = new Set<number>();

  constructor(options: RelayMachineOptions) {
    this.#memory = new Memory(options);
  }

  get acquirer(): AcquirerId {
    return this.#memory.options.acquirer;
  }

  snapshot(): BookSnapshot {
    return this.#memory.book.toJSON();
  }

  restoreSnapshot(snapshot: BookSnapshot): void {
    this.#memory.book = TransactionBook.from(snapshot);
  }

  restore({ transaction }: TransactionRecord): void {
    this.#memory.book.put(transaction);
  }

  /** After the replay: what was asked when the last run ended will not be answered on its connection any more. */
  recover(): readonly RecordDraft[] {
    return this.#memory.book
      .allUnresolved()
      .filter(({ outcome, reason }) => outcome === "inDoubt" && reason === undefined)
      .map((transaction) => this.#memory.put(unanswered(transaction, true, "interrupted")));
  }

  request(seen: RequestSeen): RequestStep {
    const { observation } = seen;
    const drafts: RecordDraft[] = [];
    const subject = takeRequest(this.#memory, seen, drafts);
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
    return takeAnswer(this.#memory, asked, { ...seen, delivered });
  }

  /** The terminal's connection is over. What was asked on it and not answered: in doubt, or failed when nothing had left. */
  closed(connection: number, at: string, reason: string): readonly RecordDraft[] {
    return this.#outstanding.onConnection(connection).flatMap((asked) => {
      if (asked.orphaned === true) return [];
      asked.orphaned = true;
      const drafts = endWithoutAnswer(this.#memory, asked, at, reason);
      if (asked.endpoint === undefined) this.#outstanding.forget(asked);
      return drafts;
    });
  }

  /** Forgets requests whose answer is overdue by far; their transactions stay in the book, still in doubt. */
  tick(monotonicMs: number, at: string): readonly RecordDraft[] {
    return this.#outstanding.askedBefore(monotonicMs - OUTSTANDING_FOR_MS).flatMap((asked) => {
      this.#outstanding.forget(asked);
      return asked.orphaned === true ? [] : endWithoutAnswer(this.#memory, asked, at, "noAnswer");
    });
  }

  /** A request that tillgate closed instead of passing on: it has a record, and nothing else. */
  refused(seen: RequestSeen, reason: string): readonly RecordDraft[] {
    const classified = classify(seen.observation);
    if (classified.family !== "financial") return [];
    const transaction = beginTransaction(this.#memory, seen, classified.kind);
    return [this.#memory.put({ event: "refused", transaction: { ...transaction, outcome: "refused", reason } })];
  }

  /** Requests of this connection that still wait for their answer. */
  waiting(connection: number): boolean {
    return this.#outstanding
      .onConnection(connection)
      .some(({ endpoint, orphaned }) => endpoint !== undefined && orphaned !== true);
  }

  unresolvedCount(terminal: TerminalId): number {
    return this.#memory.book.unresolvedCount(terminal);
  }

  newest(terminal: TerminalId): Transaction | undefined {
    return this.#memory.book.newest(terminal);
  }

  /** An answer that nothing waits for: late beyond our patience, a second one, or one for somebody else. */
  #unasked(seen: AnswerSeen): readonly RecordDraft[] {
    const { connection, terminal, observation } = seen;
    const { stan, batch, mti } = observation;
    const isFinancial = stan !== undefined && /^0[12]/.test(mti);
    const known = isFinancial ? this.#memory.book.original(terminal, { stan, batch }) : undefined;
    if (known !== undefined) return takeUnasked(this.#memory, known, seen, remember(this.#answeredAgain, known.id));
    if (!remember(this.#strayOn, connection)) return [];
    return [terminalRecord(this.acquirer, terminal, "strayAnswer", observation, { mti })];
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
