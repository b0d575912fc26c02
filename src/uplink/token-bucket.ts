export interface Rate {
  /** Tokens a second; 0 means that nothing is limited. */
  readonly perS: number;
  /** Tokens that may be spent at once; at least 1. */
  readonly burst: number;
}

export interface TokenBucket {
  readonly tokens: number;
  /** ms, monotonic: up to when it was filled. */
  readonly at: number;
}

export function fullBucket(rate: Rate, at: number): TokenBucket {
  return { tokens: rate.burst, at };
}

export function refill(bucket: TokenBucket, rate: Rate, at: number): TokenBucket {
  const gained = (Math.max(0, at - bucket.at) * rate.perS) / 1000;
  return { tokens: Math.min(rate.burst, bucket.tokens + gained), at };
}

/** The bucket with one token less; `undefined` when there is none to take. */
export function take(bucket: TokenBucket): TokenBucket | undefined {
  return bucket.tokens >= 1 ? { tokens: bucket.tokens - 1, at: bucket.at } : undefined;
}
