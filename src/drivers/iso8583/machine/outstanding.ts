import type { TransactionId } from "../../../domain/transaction.ts";
import type { TerminalId } from "../../../domain/terminal.ts";
import type { BatchDetail, Observation } from "../codec/observation.ts";

/** What an answer will be about. */
export type Subject =
  | { readonly about: "transaction"; readonly id: TransactionId }
  | { readonly about: "reversal"; readonly id: TransactionId }
  | { readonly about: "settlement" }
  | { readonly about: "batchDetail"; readonly details: readonly BatchDetail[] }
  | { readonly about: "batchEnd"; readonly count?: number | undefined }
  | {
      readonly about: "management";
      readonly event: "signedIn" | "signedOff" | "echo" | "parameterDownload" | "scriptNotice";
    };

/** A request that went, or is about to go, to the acquirer. */
export interface Asked {
  readonly connection: number;
  readonly terminal: TerminalId;
  readonly request: Observation;
  readonly subject: Subject;
  /** ms, monotonic. */
  readonly askedAtMs: number;
  /** Which endpoint its first byte was written to. Absent: not one byte of it has left yet. */
  endpoint?: string;
  forwardedBeforeDurable?: true;
  /** Its connection is gone; only a late answer can still come. */
  orphaned?: true;
}

/** Requests that wait for an answer, all connections together. Beyond it the oldest is forgotten; the ledger still has it. */
const KEPT = 4_096;

/**
 * Finds the request that an answer belongs to: MTI + 10, DE11 and DE41 (jPOS QMUX's default key), on the same connection
 * first, then on any other, because a late approval is money wherever it arrives.
 */
export class Outstanding {
  /** In the order they were asked. */
  readonly #all = new Set<Asked>();
  readonly #byConnection = new Map<number, Set<Asked>>();
  readonly #byKey = new Map<string, Set<Asked>>();

  get size(): number {
    return this.#all.size;
  }

  add(asked: Asked): void {
    this.#all.add(asked);
    addTo(this.#byConnection, asked.connection, asked);
    addTo(this.#byKey, keyOf(asked), asked);
    const oldest = this.#all.size > KEPT ? this.#all.values().next().value : undefined;
    if (oldest !== undefined) this.forget(oldest);
  }

  /** Takes the request out that this answer belongs to. A request that was never sent has no answer. */
  take(connection: number, answer: Observation): Asked | undefined {
    const asked = this.#here(connection, answer) ?? this.#elsewhere(answer);
    if (asked !== undefined) this.forget(asked);
    return asked;
  }

  forget(asked: Asked): void {
    if (!this.#all.delete(asked)) return;
    removeFrom(this.#byConnection, asked.connection, asked);
    removeFrom(this.#byKey, keyOf(asked), asked);
  }

  onConnection(connection: number): readonly Asked[] {
    return [...(this.#byConnection.get(connection) ?? [])];
  }

  /** Asked before that time, oldest first. */
  askedBefore(monotonicMs: number): readonly Asked[] {
    const old: Asked[] = [];
    for (const asked of this.#all) {
      if (asked.askedAtMs >= monotonicMs) break;
      old.push(asked);
    }
    return old;
  }

  #here(connection: number, answer: Observation): Asked | undefined {
    for (const asked of this.#byConnection.get(connection) ?? []) {
      if (asked.endpoint === undefined || !answers(asked.request.mti, answer.mti)) continue;
      if (asked.request.stan !== answer.stan) continue;
      if (answer.de41 === undefined || asked.request.de41 === answer.de41) return asked;
    }
    return undefined;
  }

  #elsewhere(answer: Observation): Asked | undefined {
    if (answer.de41 === undefined) return undefined;
    for (const asked of this.#byKey.get(`${answer.stan ?? ""} ${answer.de41}`) ?? []) {
      if (asked.endpoint !== undefined && answers(asked.request.mti, answer.mti)) return asked;
    }
    return undefined;
  }
}

/** 0200 is answered by 0210, 0221 by 0230 or 0231: the last digit marks a repeat and does not count. */
function answers(requestMti: string, answerMti: string): boolean {
  return requestMti.slice(0, 2) === answerMti.slice(0, 2) && Number(requestMti[2]) + 1 === Number(answerMti[2]);
}

function keyOf(asked: Asked): string {
  return `${asked.request.stan ?? ""} ${asked.request.de41 ?? ""}`;
}

function addTo<K>(index: Map<K, Set<Asked>>, key: K, asked: Asked): void {
  const same = index.get(key);
  if (same === undefined) index.set(key, new Set([asked]));
  else same.add(asked);
}

function removeFrom<K>(index: Map<K, Set<Asked>>, key: K, asked: Asked): void {
  const same = index.get(key);
  same?.delete(asked);
  if (same?.size === 0) index.delete(key);
}
