/**
 * Chance of `hits` or more in `tries` independent tries that each hit with `chance`: the upper tail of the binomial
 * distribution, summed term by term in logarithms so that a thousand tries do not underflow.
 *
 * @param chance  0 < chance < 1.
 * @returns 0..1; 1 for `hits` ≤ 0.
 */
export function binomialTail(hits: number, tries: number, chance: number): number {
  if (hits <= 0) return 1;
  let logTerm = tries * Math.log1p(-chance);
  let below = 0;
  for (let k = 0; k < hits && k <= tries; k += 1) {
    below += Math.exp(logTerm);
    logTerm += Math.log((tries - k) / (k + 1)) + Math.log(chance) - Math.log1p(-chance);
  }
  return Math.min(1, Math.max(0, 1 - below));
}
