import type { SettlementVerdict } from "../../domain/settlement.ts";
import type { TransactionKind } from "../../domain/transaction.ts";
import { dummyMac, NO_MAC } from "../dummy-mac.ts";
import type { Sides } from "../settlement-sides.ts";
import { type BookEntry, type Books, BooksFull } from "./books.ts";
import type { Envelope } from "./compose.ts";
import type { Course } from "./course.ts";
import type { HostTime } from "./host-clock.ts";
import type { Plan } from "./plan.ts";
import {
  type HostHand,
  keyBlock,
  managementReply,
  parameters,
  reversalReply,
  settlementFigures,
  transactionReply,
  writeReply,
} from "./reply.ts";
import { type HostRequest, isMoneyKind, readRequest } from "./request.ts";
import { judge, judgeReversal } from "./rules.ts";
import { compare, readTotals, totalsOf, withVerdict } from "./settlement.ts";
import type { UploadBook } from "./uploads.ts";
import type { WireMessage } from "./wire.ts";

/** A request that the host has dealt with; the line decides when and how the reply travels. */
export interface Handled {
  readonly request: HostRequest;
  readonly course: Course;
  /** DE39 of the reply. */
  readonly code: string;
  /** A whole frame. Absent when the request is taken for lost. */
  readonly reply?: Buffer;
  /** The transaction that the reply answers. */
  readonly entry?: BookEntry;
}

export interface HostParts {
  readonly books: Books;
  readonly uploads: UploadBook;
  readonly plan: Plan;
  readonly hand: HostHand;
  readonly sides: Sides;
  readonly random: () => number;
  readonly time: () => HostTime;
  /** Transactions of a terminal that has not signed in since start get 77. */
  readonly requireSignIn: boolean;
  /** The host's reference number of its `n`th answer, twelve digits. */
  readonly rrn: (n: number) => string;
}

interface Origin {
  readonly connection: number;
  readonly endpoint: number;
}

/** What approves: category A of the reference's table, and the flagged ones. */
const APPROVALS: ReadonlySet<string> = new Set(["00", "10", "11", "16", "A2", "A4", "A5", "A6", "Y1", "Y3"]);

/** The host's mind: one request in, books changed, one reply out. Knows no sockets and no timers. */
export class Host {
  readonly #parts: HostParts;
  readonly #signedIn = new Set<string>();
  #answers: number;

  /** @param answered  How many reference numbers an earlier life has used. */
  constructor(parts: HostParts, answered: number) {
    this.#parts = parts;
    this.#answers = answered;
  }

  handle(message: WireMessage, origin: Origin): Handled {
    const { books, plan } = this.#parts;
    const request = readRequest(message);
    const time = this.#parts.time();
    books.arrived(request, time.at, origin.connection, origin.endpoint);
    const course = plan.courseOf(request);
    if (!course.booked) return { request, course, code: "" };
    if (isMoneyKind(request.kind)) return this.#transact(request.kind, request, course, time, origin);
    if (request.kind === "reversal") return this.#reverse(request, course, time);
    if (request.kind === "settlement") return this.#settle(request, course, time);
    return this.#manage(request, course, time);
  }

  #transact(kind: TransactionKind, request: HostRequest, course: Course, time: HostTime, origin: Origin): Handled {
    const { books } = this.#parts;
    const known = books.find(request.de41, request.batch, request.stan);
    if (known !== undefined) return this.#repeat(known, kind, request, course, time);
    const ruling = judge(books, kind, request, time.day);
    const code = course.code ?? this.#objection(request) ?? ruling.code;
    const approved = APPROVALS.has(code);
    const rrn = this.#nextRrn();
    const approvedAmount = code === "10" ? (course.approvedAmount ?? Math.ceil(request.amount / 2)) : undefined;
    const entry: BookEntry = {
      de41: request.de41,
      de42: request.de42,
      batch: request.batch,
      stan: request.stan,
      mti: request.mti,
      kind,
      amount: request.amount,
      ...(approvedAmount === undefined ? {} : { approvedAmount }),
      state: approved ? "approved" : "declined",
      code,
      rrn,
      ...(approved && kind !== "balance" ? { authCode: rrn.slice(-6) } : {}),
      ...(request.card === undefined ? {} : { card: request.card }),
      day: time.day,
      bookedAt: time.at,
      ...(books.wasReversedBefore(request) ? { afterItsReversal: true as const } : {}),
      ...(ruling.original === undefined ? {} : { original: ruling.original }),
      connection: origin.connection,
      endpoint: origin.endpoint,
    };
    try {
      books.book(entry);
    } catch (error) {
      if (!(error instanceof BooksFull)) throw error;
      return this.#answer(kind, request, course, time, { code: "96", rrn });
    }
    return { ...this.#answer(kind, request, course, time, entry), entry };
  }

  /** An advice may be repeated and gets the same answer; a request that comes twice is 94 and changes nothing. */
  #repeat(known: BookEntry, kind: TransactionKind, request: HostRequest, course: Course, time: HostTime): Handled {
    const isAdvice = request.mti === "0220" && known.kind === kind && known.amount === request.amount;
    if (isAdvice) return { ...this.#answer(kind, request, course, time, known), entry: known };
    return this.#answer(kind, request, course, time, { code: "94", rrn: this.#nextRrn() });
  }

  #answer(
    kind: TransactionKind,
    request: HostRequest,
    course: Course,
    time: HostTime,
    verdict: Pick<BookEntry, "code" | "rrn" | "authCode" | "approvedAmount">,
  ): Handled {
    const approved = APPROVALS.has(verdict.code);
    const slots = transactionReply(kind, request, verdict, approved, course, time);
    return this.#replied(request, slots, approved ? "good" : "none", course, verdict.code);
  }

  #reverse(request: HostRequest, course: Course, time: HostTime): Handled {
    const { books } = this.#parts;
    const original = books.find(request.de41, request.batch, request.stan);
    const code = course.code ?? judgeReversal(original, request, time.day).code;
    if (code === "00") {
      if (original === undefined) books.reversedUnknown(request);
      else books.reverse(original, time.at);
    }
    const slots = reversalReply(request, { code, rrn: this.#nextRrn() }, time);
    return this.#replied(request, slots, code === "00" ? "good" : "none", course, code);
  }

  #settle(request: HostRequest, course: Course, time: HostTime): Handled {
    const { books, sides } = this.#parts;
    const de48 = request.message.digits(48) ?? "";
    const held = totalsOf(books.ofBatch(request.de41, request.batch), sides);
    const claimed = readTotals(de48);
    const verdict: { domestic: SettlementVerdict; foreign: SettlementVerdict } = course.verdict ?? {
      domestic: compare(claimed.domestic, held.domestic),
      foreign: compare(claimed.foreign, held.foreign),
    };
    const code = course.code ?? "00";
    const figures = settlementFigures(withVerdict(de48, verdict), request, time);
    const slots = managementReply(request, { code, rrn: this.#nextRrn() }, time, figures);
    return this.#replied(request, slots, "none", course, code);
  }

  #manage(request: HostRequest, course: Course, time: HostTime): Handled {
    const { random, uploads } = this.#parts;
    const code = course.code ?? (request.kind === "unknown" ? "30" : "00");
    const verdict = { code, rrn: this.#nextRrn() };
    if (code === "00") this.#noteSession(request);
    if (request.kind === "batchUpload") uploads.detail(request);
    if (request.kind === "batchEnd") uploads.end(request);
    const isSignIn = request.kind === "signIn";
    const extra =
      code !== "00"
        ? []
        : isSignIn
          ? [keyBlock(request.networkCode, random)]
          : request.kind === "download"
            ? [parameters()]
            : [];
    return this.#replied(request, managementReply(request, verdict, time, extra), "none", course, code);
  }

  #noteSession(request: HostRequest): void {
    if (request.kind === "signIn") this.#signedIn.add(request.de41);
    if (request.kind === "signOff") this.#signedIn.delete(request.de41);
  }

  /** Why the terminal may not transact at all: not signed in, or a MAC that does not fit. */
  #objection(request: HostRequest): string | undefined {
    if (this.#parts.requireSignIn && !this.#signedIn.has(request.de41)) return "77";
    const mac = request.message.text(64);
    if (mac === undefined || mac === NO_MAC) return undefined;
    return mac === dummyMac(request.message.macScope()) ? undefined : "A0";
  }

  #replied(
    request: HostRequest,
    slots: Parameters<typeof writeReply>[1],
    mac: Envelope["mac"],
    course: Course,
    code: string,
  ): Handled {
    return { request, course, code, reply: writeReply(request, slots, mac, course, code, this.#parts.hand) };
  }

  #nextRrn(): string {
    this.#answers += 1;
    return this.#parts.rrn(this.#answers);
  }
}
