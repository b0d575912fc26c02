import type { DerivedDraft } from "../domain/derived.ts";
import type { DiagnosisCause } from "../domain/diagnosis.ts";
import type { TransactionKind } from "../domain/transaction.ts";
import { type Incident, isOpen } from "./incident.ts";

/** A payment as far as incidents look at it. */
export interface Payment {
  readonly id: string;
  readonly terminal: string;
  readonly kind: TransactionKind;
  readonly acquirer?: string;
  readonly bin?: string;
  readonly operator?: string;
  readonly original?: string;
  /** Wall clock, ms. */
  readonly at: number;
  readonly cause?: DiagnosisCause;
  /** The incident that it belongs to. */
  readonly n?: number;
}

/** A cause may be named again within minutes; whoever joins later brings its own payment. */
const PAYMENTS_MOST = 400;
/** Closed ones are looked at again after 30 days, and kept that long. ms. */
const CLOSED_MS = 45 * 86_400_000;
const INCIDENTS_MOST = 500;

interface Packed {
  readonly upTo: number;
  readonly next: number;
  readonly incidents: readonly Incident[];
  readonly payments: readonly Payment[];
  readonly lineFaults: readonly string[];
}
const MEMBERS: readonly (keyof Packed)[] = ["upTo", "next", "incidents", "payments", "lineFaults"];

/** What is remembered of the ledger. Maps, because every sale passes here. */
export class IncidentsState {
  upTo = 0;
  next = 1;
  /** By number. */
  readonly incidents = new Map<number, Incident>();
  /** By id, newest last. */
  readonly payments = new Map<string, Payment>();
  /** What the ladder and the channels find wrong right now. */
  readonly lineFaults = new Set<string>();
  /** What the newest record wants written. */
  wanted: readonly DerivedDraft[] = [];
  /** Numbers of those that are not closed: few, and looked at for every sale. */
  readonly #open = new Set<number>();

  put(incident: Incident): void {
    this.incidents.set(incident.n, incident);
    if (isOpen(incident)) this.#open.add(incident.n);
    else this.#open.delete(incident.n);
  }

  open(): readonly Incident[] {
    return this.#open.size === 0 ? [] : [...this.#open].flatMap((n) => this.incidents.get(n) ?? []);
  }

  /** As the newest payment; the oldest makes room. */
  pay(payment: Payment): void {
    this.payments.delete(payment.id);
    this.payments.set(payment.id, payment);
    for (const id of this.payments.keys()) {
      if (this.payments.size <= PAYMENTS_MOST) break;
      this.payments.delete(id);
    }
  }

  /** The same payment, at the place that it has; nothing when it is forgotten. */
  replace(payment: Payment): void {
    if (this.payments.has(payment.id)) this.payments.set(payment.id, payment);
  }

  /** The oldest closed ones make room; an open one never does. */
  forget(now: number): void {
    for (const { n, closedAt } of this.incidents.values()) {
      const isOld = closedAt !== undefined && closedAt < now - CLOSED_MS;
      if (isOld || (closedAt !== undefined && this.incidents.size > INCIDENTS_MOST)) this.incidents.delete(n);
    }
  }

  pack(): string {
    const packed: Packed = {
      upTo: this.upTo,
      next: this.next,
      incidents: [...this.incidents.values()],
      payments: [...this.payments.values()],
      lineFaults: [...this.lineFaults],
    };
    return JSON.stringify(packed);
  }

  static unpack(text: string): IncidentsState | undefined {
    const read: unknown = JSON.parse(text);
    if (!isPacked(read)) return undefined;
    const state = new IncidentsState();
    state.upTo = read.upTo;
    state.next = read.next;
    for (const incident of read.incidents) state.put(incident);
    for (const payment of read.payments) state.pay(payment);
    for (const fault of read.lineFaults) state.lineFaults.add(fault);
    return state;
  }
}

function isPacked(read: unknown): read is Packed {
  return typeof read === "object" && read !== null && MEMBERS.every((name) => Object.hasOwn(read, name));
}
