import type { SettlementVerdict } from "../../domain/settlement.ts";

/**
 * How the answer travels. `silent`: not at all; `twice`: the same answer two times; `wrongTerminal`: with another
 * DE41; `close`: the connection ends instead; `reset`: RST instead; `midMessage`: half of it, then the end.
 */
export type Delivery = "answer" | "silent" | "twice" | "wrongTerminal" | "close" | "reset" | "midMessage";

/** What the host is told to do with one request. */
export interface Course {
  /** DE39 to answer with, whatever the rules say. */
  readonly code?: string;
  /** With code 10: how much of DE4. */
  readonly approvedAmount?: number;
  readonly delivery: Delivery;
  /** ms between request and answer. The terminal may have given up by then. */
  readonly afterMs: number;
  /** The answer also waits for this. */
  readonly released?: Promise<void>;
  /** False: as if the request had been lost on its way; the books never see it. */
  readonly booked: boolean;
  readonly mac: "good" | "wrong";
  /** An approval by chip brings an issuer script, whose result the terminal must report. */
  readonly script?: boolean;
  /** What the 0510 claims instead of the truth. */
  readonly verdict?: { readonly domestic: SettlementVerdict; readonly foreign: SettlementVerdict };
}

export const PLAIN_COURSE: Course = { delivery: "answer", afterMs: 0, booked: true, mac: "good" };
