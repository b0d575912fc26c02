/** One-sided 95 %: what is claimed is wrong once in twenty (link-health.md 1.5). */
const Z = 1.64;

/**
 * The lowest share of losses that so many looks allow to claim: Wilson's bound. One loss among thirty is 3.3 %, and proves
 * 0.7 %. 0 without looks.
 */
export function lossAtLeast(lost: number, looks: number): number {
  if (looks === 0) return 0;
  const share = lost / looks;
  const z2 = Z * Z;
  const middle = share + z2 / (2 * looks);
  const spread = Z * Math.sqrt((share * (1 - share)) / looks + z2 / (4 * looks * looks));
  return Math.max(0, (middle - spread) / (1 + z2 / looks));
}
