import { z } from "zod";
import { TERMINAL_STATES } from "../domain/terminal.ts";
import { OUTCOMES, TRANSACTION_KINDS } from "../domain/transaction.ts";
import { drivenTerminalFields } from "./driven-terminal.ts";
import { timeWord } from "./words.ts";

const count = z.int().min(0);
const minor = z.int().min(0);
const share = z.number().min(0).max(1);
const { since, reason, advice, pause, serial, model, firmware, group, utilisation } = drivenTerminalFields;

/**
 * Retained on `terminals/{terminal}`, one for each terminal of the config. After `expiresAt` it says nothing about the
 * present any more. Removed when the terminal leaves the config.
 */
export const terminalStateSchema = z.object({
  terminal: z.string(),
  /** `relay` where the terminal talks to its acquirer by itself. */
  family: z.string(),
  asOf: timeWord,
  expiresAt: timeWord,
  /** Whether `asOf`, and the ages below, can be believed. */
  clockSynced: z.boolean(),
  /**
   * A relayed terminal is asked by nobody how it is: it is `idle` when it was seen since the gateway's start, else `unknown`;
   * `paused` where the config says so.
   */
  state: z.enum(TERMINAL_STATES),
  since,
  reason,
  advice,
  pause,
  group,
  lastSeenAt: timeWord.exactOptional(),
  /** The one that it began last. */
  lastTransaction: z
    .object({
      at: timeWord,
      kind: z.enum(TRANSACTION_KINDS),
      /** Absent while it is under way. */
      outcome: z.enum(OUTCOMES).exactOptional(),
      amount: minor.exactOptional(),
      currency: z.string().exactOptional(),
    })
    .exactOptional(),
  /** Transactions whose money may have moved on one side only. */
  unresolved: count,
  /** Of the newest 50 that have ended; a declined card is no failure. Absent before the first. */
  failureRate: share.exactOptional(),
  /** How many transactions `failureRate` is over. */
  failureRateOver: z.int().min(1).exactOptional(),
  utilisation,
  serial,
  model,
  firmware,
  /** When its batch was closed last; absent where the ledger does not know. */
  settlement: z.object({ at: timeWord, ageS: count }).exactOptional(),
  /** Transactions that headquarters has not confirmed; absent while that is not known. Money as in `exposure`. */
  unsent: z
    .object({
      count,
      sums: z.array(z.object({ currency: z.string(), count, debit: minor, credit: minor, hold: minor })).readonly(),
    })
    .exactOptional(),
});
