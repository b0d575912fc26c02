import type { CodeLayer, RetryPolicy } from "../../domain/code-words.ts";
import type { Words } from "../../domain/words.ts";

/** A approved · B failed, may be repeated · C failed, not to be repeated · D somebody must act · E fault of the system. */
export type CodeCategory = "A" | "B" | "C" | "D" | "E";

/**
 * The situation a code is evidence of: M invalid merchant, T terminal disabled, F too frequent, P pre-authorisation without
 * a card number; X exception, of which Xt time-out, Xn network, Xd decline, Xh hardware, Xo operator.
 */
export type CodeTopic = "M" | "T" | "F" | "P" | "X" | "Xt" | "Xn" | "Xd" | "Xh" | "Xo";

/** Short and in the imperative, for each who acts. */
export interface CodeAdvice {
  /** May be shown at the till, before the customer. */
  readonly staff: Words;
  readonly technician: Words;
  readonly hq: Words;
}

/** Which list the entry was found in. */
export type CodeSource =
  | "override"
  | "profile"
  | "scheme"
  | "unionpay"
  | "international"
  | "iso8583"
  | "reversal"
  | "device"
  | "none";

export interface CodeEntry {
  readonly code: string;
  readonly source: CodeSource;
  /** Absent where the sources give none. */
  readonly category?: CodeCategory;
  readonly layer: CodeLayer;
  /** For technician and headquarters; a till shows `advice.staff`. */
  readonly meaning: Words;
  readonly topics: readonly CodeTopic[];
  readonly retry: RetryPolicy;
  /** Seconds to wait before it is tried again, where that is known. */
  readonly waitS?: number;
  /** It helps only after this. */
  readonly waitUntil?: "nextDay";
  /** 1 never again, 2 later, 3 after correction, 4 others (Visa, by way of acquirers' documents). */
  readonly visaCategory?: 1 | 2 | 3 | 4;
  /** The same card and the same answer twice: tell the cashier to stop. */
  readonly pointlessToRepeat: boolean;
  readonly advice: CodeAdvice;
  /** What the host or the terminal wrote, kept as it was. */
  readonly hostText?: string;
}

/** One line of a table of codes. `topics`: separated by spaces. */
export type CodeRow = readonly [
  code: string,
  category: CodeCategory | "-",
  layer: CodeLayer,
  retry: RetryPolicy,
  topics: string,
  en: string,
  zh: string,
];
