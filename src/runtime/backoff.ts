export interface BackoffPolicy {
  /** ms. No delay is shorter. */
  readonly floorMs: number;
  /** ms. The first delay is drawn from `floorMs` to this. */
  readonly firstMs: number;
  /** ms. No delay is longer. */
  readonly ceilingMs: number;
}

/**
 * Delays before each next attempt, with full jitter: `random(floor, min(ceiling, first × 2ⁿ))`, so that
 * a thousand gateways that lost one broker do not come back in the same second.
 *
 * @param random  0 ≤ x < 1.
 */
export function* backoff(policy: BackoffPolicy, random: () => number): Generator<number, never> {
  for (let bound = policy.firstMs; ; bound = Math.min(policy.ceilingMs, bound * 2)) {
    yield policy.floorMs + random() * Math.max(0, bound - policy.floorMs);
  }
}
