/**
 * Damps what is told of a stage that comes and goes, in the shape of RFC 2439: each fall costs 1000, which halves in 15
 * minutes. Only telling is damped: buffering, routes and the state itself never are.
 */
export interface Damper {
  readonly penalty: number;
  /** ms, monotonic, as of which `penalty` is. */
  readonly at: number;
  readonly isSuppressed: boolean;
}

const PER_FALL = 1_000;
/** Routers suppress at 2000 or 3000; the later one, because tight damping was found to do harm (RIPE-378). */
const SUPPRESS_AT = 3_000;
const REUSE_BELOW = 750;
const HALF_LIFE_MS = 900_000;
/** An hour from the last fall: four half-lives above where it is told again. */
const CEILING = REUSE_BELOW * 2 ** 4;

export const UNDAMPED: Damper = { penalty: 0, at: 0, isSuppressed: false };

/** As of now, after another fall if there was one. @param speed  Of the clock: 1 in the field. */
export function damped(damper: Damper, at: number, hasFallen: boolean, speed = 1): Damper {
  const decayed = damper.penalty * 2 ** (-((at - damper.at) * speed) / HALF_LIFE_MS);
  const penalty = Math.min(CEILING, decayed + (hasFallen ? PER_FALL : 0));
  const isSuppressed = damper.isSuppressed ? penalty >= REUSE_BELOW : penalty >= SUPPRESS_AT;
  return { penalty, at, isSuppressed };
}
