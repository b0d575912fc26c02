/** Where the cause of an answer lies. `none`: nothing is wrong. `unknown`: nobody may guess. */
export const CODE_LAYERS = [
  "none",
  "merchant",
  "terminal",
  "card",
  "limit",
  "issuer",
  "network",
  "security",
  "operator",
  "settlement",
  "format",
  "unknown",
] as const;
export type CodeLayer = (typeof CODE_LAYERS)[number];

/** What may be done after an answer. */
export const RETRY_POLICIES = [
  "ok",
  "retryNow",
  "retryLater",
  "fixThenRetry",
  "otherCard",
  "noRetry",
  "reSignIn",
  "escalateAcquirer",
  "keepCard",
  "checkBeforeRetry",
] as const;
export type RetryPolicy = (typeof RETRY_POLICIES)[number];

/**
 * How an acquirer reads the codes that sources read differently (78, A8, B1, P1; reference response-codes.md, 2.2).
 * `standard` takes no side; `cardCodes` reads them as told of the card, `terminalCodes` as told of the terminal.
 */
export const CODE_PROFILES = ["standard", "cardCodes", "terminalCodes"] as const;
export type CodeProfile = (typeof CODE_PROFILES)[number];

/** What this shop's acquirer says a code means: goes before everything else. */
export interface CodeOverride {
  readonly meaning: { readonly en: string; readonly zh: string };
  readonly layer: Exclude<CodeLayer, "none">;
  readonly retry: Exclude<RetryPolicy, "ok">;
}
