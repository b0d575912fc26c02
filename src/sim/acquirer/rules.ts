import { assertNever } from "../../domain/assert-never.ts";
import type { TransactionKind } from "../../domain/transaction.ts";
import { type BookEntry, type Books, bookKey } from "./books.ts";
import type { HostRequest } from "./request.ts";

/** What the host's own rules say of a request, before any plan of a test has its say. */
export interface Ruling {
  /** DE39. */
  readonly code: string;
  /** Key of the transaction that this one voids, completes or refunds. */
  readonly original?: string;
}

const APPROVED: Ruling = { code: "00" };
/** Reference, response codes: 22 wrong order or used up, 25 original not found, 64 amount does not fit. */
const OUT_OF_ORDER: Ruling = { code: "22" };
const NOT_FOUND: Ruling = { code: "25" };
const WRONG_AMOUNT: Ruling = { code: "64" };

/** Completion up to 115 % of the hold (reference card-data-and-batch.md, 7.2). */
const COMPLETION_RATIO_PERCENT = 115;

/** Judges one transaction by what the books hold. */
export function judge(books: Books, kind: TransactionKind, request: HostRequest, today: string): Ruling {
  switch (kind) {
    case "saleVoid":
      return judgeVoid(findOriginal(books, request), ["sale"], request, today);
    case "completionVoid":
      return judgeVoid(findOriginal(books, request), ["completion", "completionAdvice"], request, today);
    case "preAuthVoid":
      return judgeVoid(findHold(books, request), ["preAuth", "preAuthAddOn"], request, undefined);
    case "completion":
    case "completionAdvice":
      return judgeCompletion(findHold(books, request), request);
    case "refund":
      return judgeRefund(books, request);
    case "sale":
    case "preAuth":
    case "preAuthAddOn":
    case "offlineSale":
    case "adjustment":
    case "balance":
    case "other":
      return APPROVED;
    default:
      return assertNever(kind);
  }
}

/** Reference 1.10: not found is 00, so that the terminal stops repeating; another day 25; another amount 64. */
export function judgeReversal(original: BookEntry | undefined, request: HostRequest, today: string): Ruling {
  if (original === undefined || original.state !== "approved") return APPROVED;
  if (original.day !== today) return NOT_FOUND;
  if (original.amount !== request.amount) return WRONG_AMOUNT;
  return APPROVED;
}

function findOriginal(books: Books, request: HostRequest): BookEntry | undefined {
  const { de41, originalBatch, originalStan } = request;
  if (originalBatch === undefined || originalStan === undefined) return undefined;
  return books.find(de41, originalBatch, originalStan);
}

function findHold(books: Books, request: HostRequest): BookEntry | undefined {
  if (request.originalAuthCode === undefined) return undefined;
  return books.findHold(request.de42, request.originalAuthCode);
}

/** @param today  When the kind may only be voided on its own day. */
function judgeVoid(
  original: BookEntry | undefined,
  kinds: readonly TransactionKind[],
  request: HostRequest,
  today: string | undefined,
): Ruling {
  if (original === undefined || !kinds.includes(original.kind)) return NOT_FOUND;
  if (today !== undefined && original.day !== today) return NOT_FOUND;
  if (original.state !== "approved" || original.usedUpBy !== undefined) return OUT_OF_ORDER;
  if (original.amount !== request.amount) return WRONG_AMOUNT;
  return { code: "00", original: bookKey(original.de41, original.batch, original.stan) };
}

function judgeCompletion(hold: BookEntry | undefined, request: HostRequest): Ruling {
  if (hold === undefined) return NOT_FOUND;
  if (hold.state !== "approved" || hold.usedUpBy !== undefined) return OUT_OF_ORDER;
  if (request.amount * 100 > hold.amount * COMPLETION_RATIO_PERCENT) return WRONG_AMOUNT;
  return { code: "00", original: bookKey(hold.de41, hold.batch, hold.stan) };
}

function judgeRefund(books: Books, request: HostRequest): Ruling {
  const byRrn = request.originalRrn === undefined ? undefined : books.findByRrn(request.originalRrn);
  const original = byRrn ?? findOriginal(books, request);
  if (original === undefined) return NOT_FOUND;
  if (original.state !== "approved" || original.usedUpBy !== undefined) return OUT_OF_ORDER;
  if ((original.refunded ?? 0) + request.amount > original.amount) return WRONG_AMOUNT;
  return { code: "00", original: bookKey(original.de41, original.batch, original.stan) };
}
