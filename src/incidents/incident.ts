import type { DiagnosisCause } from "../domain/diagnosis.ts";
import type {
  ContactChannel,
  IncidentKind,
  IncidentPlace,
  IncidentState,
  PersonsEvent,
  Severity,
  Situation,
} from "../domain/incident.ts";
import type { TransactionKind } from "../domain/transaction.ts";
import type { IncidentRule } from "./rules.ts";

/** What somebody did with it, and when by the wall clock, ms. */
export interface IncidentNote {
  readonly at: number;
  readonly event: PersonsEvent | "closed" | "escalated";
  readonly who: string;
  readonly why?: string;
  readonly channel?: ContactChannel;
  readonly result?: string;
}

/** One cause of trouble, with all payments that have met it. */
export interface Incident {
  readonly n: number;
  readonly kind: IncidentKind;
  readonly situation: Situation;
  readonly place: IncidentPlace;
  readonly severity: Severity;
  /** What ends it by itself. */
  readonly endedBy: IncidentRule["endedBy"];
  readonly state: IncidentState;
  /** Times are wall clock, ms. */
  readonly openedAt: number;
  readonly changedAt: number;
  readonly closedAt?: number;
  /** How often it came back after it was closed. */
  readonly reopened: number;
  /** The newest cause; others of the same rule may have been named before. */
  readonly cause: DiagnosisCause;
  /** The kind of transaction that ends it when it is approved. */
  readonly transactionKind?: TransactionKind;
  /** Payments in all; ids of the newest. */
  readonly payments: number;
  readonly transactions: readonly string[];
  readonly terminals: readonly string[];
  readonly notes: readonly IncidentNote[];
}

/** Whether somebody still has to do something. */
export function isOpen({ state }: Incident): boolean {
  return state !== "closed";
}

/** Two of one kind and place are one. */
export function placeKey(
  kind: IncidentKind,
  { acquirer, terminal, bin, operator, transaction }: IncidentPlace,
): string {
  return JSON.stringify([kind, acquirer, terminal, bin, operator, transaction]);
}
