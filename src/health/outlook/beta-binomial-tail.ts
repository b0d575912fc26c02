/**
 * Chance of `hits` or more in `tries`, when the share itself is only known as Beta(`alpha`, `beta`): the upper tail of the
 * beta-binomial distribution, summed term by term in logarithms.
 *
 * @param alpha  > 0. @param beta  > 0.
 * @returns 0..1.
 */
export function betaBinomialTail(hits: number, tries: number, alpha: number, beta: number): number {
  if (hits <= 0) return 1;
  let logTerm = 0;
  for (let n = 0; n < tries; n += 1) logTerm += Math.log(beta + n) - Math.log(alpha + beta + n);
  let tail = 0;
  for (let k = 0; k <= tries; k += 1) {
    if (k >= hits) tail += Math.exp(logTerm);
    logTerm += Math.log(((tries - k) * (alpha + k)) / ((k + 1) * (beta + tries - k - 1)));
  }
  return Math.min(1, tail);
}
