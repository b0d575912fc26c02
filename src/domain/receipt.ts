export const RECEIPT_TYPES = ["merchant", "customer", "administration"] as const;

/** What the terminal printed, line by line; card numbers and IBANs masked before it left the codec. */
export interface Receipt {
  readonly type: (typeof RECEIPT_TYPES)[number];
  readonly lines: readonly string[];
}
